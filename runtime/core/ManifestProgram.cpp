//===- ManifestProgram.cpp - Read entries and programs --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/ManifestProgram.h"
#include "runtime/core/Fail.h"
#include "runtime/core/Limits.h"
#include "runtime/core/ManifestGpu.h"
#include "runtime/core/ManifestVariables.h"

#include <algorithm>
#include <limits>
#include <set>

namespace moec::rt {

static InputSource readSource(const JsonView &view) {
  std::string source = view.string();
  if (source != "field" && source != "host")
    view.error(fmt::format("expected field or host, got \"{}\"", source));
  return source == "field" ? InputSource::Field : InputSource::Host;
}

static OutputKind readKind(const JsonView &view) {
  std::string kind = view.string();
  if (kind != "output" && kind != "metric")
    view.error(fmt::format("expected output or metric, got \"{}\"", kind));
  return kind == "output" ? OutputKind::Output : OutputKind::Metric;
}

static void readInputs(const JsonView &view, Entry &entry) {
  std::set<std::pair<InputSource, std::string>> names;
  for (const JsonView &item : view.items()) {
    InputInfo input;
    readTensor(item, input);
    input.source = readSource(item.at("source"));
    if (!names.emplace(input.source, input.name).second)
      item.error(fmt::format("\"{}\" stands twice", input.name));
    entry.inputs.push_back(std::move(input));
  }
}

static void readOutputs(const JsonView &view, Entry &entry) {
  std::set<std::string> names;
  for (const JsonView &item : view.items()) {
    OutputInfo output;
    readTensor(item, output);
    output.kind = readKind(item.at("kind"));
    if (!names.insert(output.name).second)
      item.error(fmt::format("\"{}\" stands twice", output.name));
    entry.outputs.push_back(std::move(output));
  }
}

/// "in12" with the prefix "in" gives 12; anything else gives -1.
static int64_t suffixIndex(const std::string &text, const char *prefix) {
  std::string_view rest(text);
  std::string_view start(prefix);
  if (rest.substr(0, start.size()) != start)
    return -1;
  rest.remove_prefix(start.size());
  if (rest.empty() || rest.size() > 9 ||
      !std::all_of(rest.begin(), rest.end(),
                   [](char c) { return c >= '0' && c <= '9'; }))
    return -1;
  return std::stoll(std::string(rest));
}

/// Sets block and index; returns the block's size in bytes.
static int64_t readBlock(const JsonView &view, const Manifest &manifest,
                         const Entry &entry, Argument &argument) {
  std::string name = view.string();
  if (name == "arena") {
    argument.block = BlockKind::Arena;
    return entry.arena;
  }
  for (size_t i = 0; i < manifest.blocks.size(); ++i)
    if (manifest.blocks[i].name == name) {
      argument.block = BlockKind::Variables;
      argument.index = int64_t(i);
      return manifest.blocks[i].bytes;
    }
  auto pick = [&](BlockKind kind, const char *prefix, size_t count) {
    argument.index = suffixIndex(name, prefix);
    if (argument.index < 0)
      return false;
    if (argument.index >= int64_t(count))
      view.error(fmt::format("\"{}\" does not exist: the entry has {} of this "
                             "kind",
                             name, count));
    argument.block = kind;
    return true;
  };
  if (pick(BlockKind::In, "in", entry.inputs.size()))
    return entry.inputs[argument.index].bytes();
  if (pick(BlockKind::Out, "out", entry.outputs.size()))
    return entry.outputs[argument.index].bytes();
  view.error(fmt::format("unknown block \"{}\": expected one of the module's "
                         "blocks, arena, in<i> or out<i>",
                         name));
}

static void checkAddresses(const JsonView &view, const Argument &argument,
                           int64_t repeat, int64_t extent, int64_t blockBytes) {
  if (repeat == 0)
    return;
  for (int64_t it :
       extremeIterations(repeat, argument.shift, argument.modulus)) {
    int64_t ring = ((it + argument.shift) % argument.modulus) * argument.size;
    __int128 address = __int128(argument.offset) +
                       __int128(it) * argument.stride + __int128(ring);
    if (address < 0 || address + extent > blockBytes)
      view.error(fmt::format("bytes {} to {} in iteration {} lie outside the "
                             "block of {} bytes",
                             int64_t(address), int64_t(address + extent), it,
                             blockBytes));
  }
}

static Argument readArgument(const JsonView &view, const Manifest &manifest,
                             const Entry &entry, int64_t repeat, bool inRepeat,
                             int64_t leastExtent) {
  Argument argument;
  int64_t blockBytes = readBlock(view.at("block"), manifest, entry, argument);
  if (auto offset = view.find("offset"))
    argument.offset = offset->integer(0, maxBytes);
  if (auto stride = view.find("stride"))
    argument.stride = stride->integer(-maxBytes, maxBytes);
  if (auto ring = view.find("ring")) {
    std::vector<JsonView> values = ring->items();
    if (values.size() != 3)
      ring->error(fmt::format("expected [shift, modulus, size], got {} values",
                              values.size()));
    argument.shift = values[0].integer(0, maxRepeat);
    argument.modulus = values[1].integer(1, maxRepeat);
    argument.size = values[2].integer(0, maxBytes / argument.modulus);
  }
  if (!inRepeat && argument.stride != 0)
    view.at("stride").error("a stride needs an enclosing repeat");
  argument.bytes = view.at("bytes").integer(0, maxBytes);
  checkAddresses(view, argument, repeat, std::max(argument.bytes, leastExtent),
                 blockBytes);
  return argument;
}

static Launch readLaunch(const JsonView &view, const Manifest &manifest,
                         const Entry &entry, int64_t repeat, bool inRepeat) {
  if (manifest.kernels.empty())
    view.error("the program launches a kernel, but the module has none");
  Launch launch;
  launch.kernel =
      view.at("launch").integer(0, int64_t(manifest.kernels.size()) - 1);
  const Kernel &kernel = manifest.kernels[launch.kernel];
  for (const JsonView &item : view.at("args").items())
    launch.args.push_back(
        readArgument(item, manifest, entry, repeat, inRepeat,
                     tensorMapExtent(kernel.gpu, int64_t(launch.args.size()))));
  if (manifest.isGpu())
    checkGpuLaunch(view, kernel, launch);
  return launch;
}

Entry readEntry(const JsonView &view, const Manifest &manifest) {
  Entry entry;
  entry.name = view.at("name").string();
  if (auto batch = view.find("batch"))
    entry.batch = batch->integer(0, int64_t(1) << 31);
  for (const Entry &other : manifest.entries)
    if (other.name == entry.name && other.batch == entry.batch)
      view.error(fmt::format("entry \"{}\" with batch {} stands twice",
                             entry.name, entry.batch));
  entry.arena = view.at("arena").integer(0, maxBytes);
  if (auto flops = view.find("model_flops"))
    entry.modelFlops = flops->number();
  for (const JsonView &role : view.at("writes").items())
    entry.writes.push_back(readRole(role));
  readInputs(view.at("inputs"), entry);
  readOutputs(view.at("outputs"), entry);
  for (const JsonView &item : view.at("program").items()) {
    ProgramItem step;
    if (auto repeat = item.find("repeat")) {
      step.repeat = repeat->integer(0, maxRepeat);
      for (const JsonView &inner : item.at("body").items()) {
        if (inner.find("repeat"))
          inner.error("a repeat cannot stand inside a repeat");
        step.body.push_back(
            readLaunch(inner, manifest, entry, step.repeat, true));
      }
    } else {
      step.body.push_back(readLaunch(item, manifest, entry, 1, false));
    }
    entry.program.push_back(std::move(step));
  }
  return entry;
}

} // namespace moec::rt
