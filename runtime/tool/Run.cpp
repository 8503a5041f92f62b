//===- Run.cpp - The command run ------------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Fail.h"
#include "runtime/core/Threads.h"
#include "runtime/data/Npy.h"
#include "runtime/data/Weights.h"
#include "runtime/tool/OutputPaths.h"
#include "runtime/tool/Say.h"
#include "runtime/tool/Tool.h"
#include "runtime/train/Feed.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

namespace moec::rt {

const DeviceInfo &chosenDevice(const Module &module,
                               const CommonOptions &options) {
  return options.device.empty() ? defaultDevice(module.manifest())
                                : requireDevice(options.device);
}

std::unique_ptr<Session> makeSession(std::shared_ptr<const Module> module,
                                     const CommonOptions &options,
                                     bool measure) {
  SessionOptions wanted;
  wanted.threads = options.threads;
  wanted.profile = options.profile || measure;
  wanted.device = options.device;
  wanted.debugLaunches = options.debugLaunches;
  auto session = std::make_unique<Session>(std::move(module), wanted);
  if (int asked = wantedThreads(options.threads); session->threads() < asked)
    fmt::print(stderr,
               "warning: {} of {} threads can be had (OMP_THREAD_LIMIT, "
               "OMP_STACKSIZE and `ulimit -u` set limits); results are the "
               "same, slower\n",
               session->threads(), asked);
  // What the weights leave as it is has its start value.
  if (options.weights.empty() || !options.choice.fresh.empty())
    session->initVariables(
        options.seed.value_or(session->manifest().training.seed));
  if (!options.weights.empty())
    loadWeights(*session, options.weights, options.choice);
  return session;
}

/// Index of tensor -> file, for "@x.npy" (by position) and "name=@x.npy".
/// `find` gives the index of a name, or -1.
template <typename Tensor, typename Find>
static std::map<int64_t, std::string>
assignFiles(const std::vector<std::string> &texts,
            const std::vector<Tensor> &tensors, const Find &find,
            const char *flag) {
  std::map<int64_t, std::string> files;
  int64_t next = 0;
  for (const std::string &text : texts) {
    size_t at = text.find('@');
    if (at == std::string::npos || (at > 0 && text[at - 1] != '='))
      throw Error(fmt::format("{} {}: expected @file.npy or name=@file.npy",
                              flag, text),
                  ErrorCode::Usage);
    int64_t index = next;
    if (at == 0) {
      ++next;
      if (index >= int64_t(tensors.size()))
        fail("{} {}: the entry has only {} of them", flag, text,
             tensors.size());
    } else {
      std::string name = text.substr(0, at - 1);
      index = find(name);
      std::vector<std::string> names;
      for (const TensorInfo &tensor : tensors)
        names.push_back(tensor.name);
      if (index < 0)
        fail("{} {}: there is no \"{}\"; there are: {}", flag, text, name,
             fmt::join(names, ", "));
    }
    if (!files.emplace(index, text.substr(at + 1)).second)
      fail("{} {}: \"{}\" is given twice", flag, text, tensors[index].name);
  }
  return files;
}

static void checkArray(const NpyArray &array, const std::string &file,
                       const TensorInfo &tensor, const char *what) {
  if (array.dtype != tensor.dtype || array.shape != tensor.shape)
    fail("{}: {} \"{}\" is {} {}, the file holds {} {}{}", file, what,
         tensor.name, dtypeName(tensor.dtype), shapeText(tensor.shape),
         dtypeName(array.dtype), shapeText(array.shape),
         channelsStandFirst(array.shape, tensor.shape)
             ? fmt::format("; fix: {}", putChannelsLast)
             : std::string());
}

/// Says which batches there are where only the batch is another one.
static void checkBatch(const Manifest &manifest, const Entry &entry,
                       const NpyArray &array, const std::string &file,
                       const TensorInfo &tensor) {
  std::vector<int64_t> shape = array.shape;
  if (shape.empty() || tensor.shape.empty() || shape == tensor.shape ||
      tensor.shape[0] != entry.batch)
    return;
  shape[0] = tensor.shape[0];
  if (shape != tensor.shape || array.dtype != tensor.dtype)
    return;
  std::vector<int64_t> batches;
  for (const Entry &other : manifest.entries)
    if (other.name == entry.name)
      batches.push_back(other.batch);
  fail("{}: a batch of {} for input \"{}\"; entry {} takes {}: compile with "
       "--batch {}, or fill the array up",
       file, array.shape[0], tensor.name, entry.name,
       fmt::join(batches, " or "), array.shape[0]);
}

static double elementAt(DType dtype, const void *data, int64_t i) {
  switch (dtype) {
  case DType::U8:
    return static_cast<const uint8_t *>(data)[i];
  case DType::I32:
    return static_cast<const int32_t *>(data)[i];
  case DType::F32:
  case DType::BF16: // no output is
    break;
  }
  return static_cast<const float *>(data)[i];
}

static std::string indexText(int64_t flat, const std::vector<int64_t> &shape) {
  std::vector<int64_t> index(shape.size());
  for (size_t d = shape.size(); d-- > 0; flat /= shape[d])
    index[d] = flat % shape[d];
  return shapeText(index);
}

/// Prints the verdict; true when all elements are near enough.
static bool compare(const TensorInfo &tensor, const void *got,
                    const void *expected, const RunOptions &options) {
  int64_t bad = 0, first = -1, worst = -1;
  double worstError = -1;
  for (int64_t i = 0; i < tensor.elements; ++i) {
    double a = elementAt(tensor.dtype, got, i);
    double b = elementAt(tensor.dtype, expected, i);
    bool same = a == b || (std::isnan(a) && std::isnan(b));
    double error = same ? 0 : std::fabs(a - b);
    // A comparison with NaN is false, hence a mismatch.
    if (!same && !(error <= options.atol + options.rtol * std::fabs(b))) {
      ++bad;
      first = first < 0 ? i : first;
    }
    if (std::isnan(error))
      error = INFINITY;
    if (error > worstError) {
      worstError = error;
      worst = i;
    }
  }
  if (bad == 0) {
    say("{}: matches, largest error {:.3g}\n", tensor.name,
        std::max(worstError, 0.0));
    return true;
  }
  auto describe = [&](const char *label, int64_t i) {
    say("  {} at {}: expected {:.9g}, got {:.9g}\n", label,
        indexText(i, tensor.shape), elementAt(tensor.dtype, expected, i),
        elementAt(tensor.dtype, got, i));
  };
  say("{}: MISMATCH in {} of {} elements (atol {:g}, rtol {:g}), "
      "largest error {:.3g}\n",
      tensor.name, bad, tensor.elements, options.atol, options.rtol,
      worstError);
  describe("first", first);
  describe("largest", worst);
  return false;
}

static void print(const TensorInfo &tensor, const void *data) {
  say("{}: {} {}", tensor.name, dtypeName(tensor.dtype),
      shapeText(tensor.shape));
  constexpr int64_t most = 1000;
  int64_t line = tensor.shape.empty() ? 1 : tensor.shape.back();
  for (int64_t i = 0; i < std::min(tensor.elements, most); ++i)
    say("{}{:.6g}", i % line == 0 ? "\n  " : " ",
        elementAt(tensor.dtype, data, i));
  if (tensor.elements > most)
    say("\n  ... {} more; write all with --output=@file.npy",
        tensor.elements - most);
  say("\n");
}

/// The entry that is named, or the infer entry that fits the first array.
static int64_t pickEntry(const Module &module, const RunOptions &options) {
  std::string name = options.entry.empty() ? "infer" : options.entry;
  int64_t index = module.requireEntry(name, options.batch);
  if (options.batch || options.inputs.empty())
    return index;
  size_t at = options.inputs[0].find('@');
  if (at == std::string::npos)
    return index;
  NpyArray array = readNpy(options.inputs[0].substr(at + 1));
  if (!array.shape.empty() && array.shape[0] > 0) {
    int64_t fitting = module.manifest().findEntry(name, array.shape[0]);
    if (fitting >= 0)
      return fitting;
  }
  return index;
}

int runCommand(std::shared_ptr<const Module> module,
               const RunOptions &options) {
  int64_t index = pickEntry(*module, options);
  const Entry &entry = module->manifest().entries[index];
  auto findInput = [&](const std::string &name) {
    return entry.findInput(name);
  };
  auto findOutput = [&](const std::string &name) {
    return entry.findOutput(name);
  };
  auto inputs = assignFiles(options.inputs, entry.inputs, findInput, "--input");
  auto outputs =
      assignFiles(options.outputs, entry.outputs, findOutput, "--output");
  auto expected = assignFiles(options.expected, entry.outputs, findOutput,
                              "--expected-output");
  std::vector<NamedPath> written, read = options.sources;
  read.push_back({"--weights", options.weights});
  for (auto &[i, file] : outputs)
    written.push_back({"--output", file});
  for (auto &[i, file] : inputs)
    read.push_back({"--input", file});
  for (auto &[i, file] : expected)
    read.push_back({"--expected-output", file});
  checkOutputs(written, read);
  for (size_t i = 0; i < entry.inputs.size(); ++i)
    if (!inputs.count(int64_t(i)))
      fail("input \"{}\" of entry {} is missing: give --input={}=@file.npy "
           "({} {})",
           entry.inputs[i].name, entry.name, entry.inputs[i].name,
           dtypeName(entry.inputs[i].dtype), shapeText(entry.inputs[i].shape));
  // All files are checked before anything runs or is written.
  std::map<int64_t, NpyArray> references;
  for (auto &[i, file] : expected) {
    references[i] = readNpy(file);
    checkArray(references[i], file, entry.outputs[i], "output");
  }
  if (options.weights.empty() && !options.seed &&
      module->manifest().countOf(Role::Parameter) > 0)
    warn("run: without --weights the parameters have their start values, from "
         "the model's seed");
  std::unique_ptr<Session> session = makeSession(module, options);
  for (auto &[i, file] : inputs) {
    NpyArray array = readNpy(file);
    checkBatch(module->manifest(), entry, array, file, entry.inputs[i]);
    checkArray(array, file, entry.inputs[i], "input");
    // By its index: a field and an input of the host may share a name.
    if (!array.bytes.empty())
      std::memcpy(session->input(index, i), array.bytes.data(),
                  array.bytes.size());
  }
  session->run(index);
  bool good = true;
  for (size_t i = 0; i < entry.outputs.size(); ++i) {
    const TensorInfo &tensor = entry.outputs[i];
    const void *data = session->output(index, int64_t(i));
    if (outputs.count(int64_t(i)))
      writeNpy(outputs[int64_t(i)], tensor.dtype, tensor.shape, data);
    if (references.count(int64_t(i)))
      good &=
          compare(tensor, data, references[int64_t(i)].bytes.data(), options);
    else if (!outputs.count(int64_t(i)))
      print(tensor, data);
  }
  if (options.profile)
    say("{}", profileTable(*session, 1));
  return good ? 0 : int(ErrorCode::Mismatch);
}

} // namespace moec::rt
