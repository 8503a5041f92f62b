//===- Manifest.cpp - Read the parts of a manifest ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Manifest.h"
#include "moec/Runtime/Version.h"
#include "runtime/core/Fail.h"
#include "runtime/core/JsonView.h"
#include "runtime/core/ManifestGpu.h"
#include "runtime/core/ManifestProgram.h"
#include "runtime/core/ManifestVariables.h"

#include <algorithm>

namespace moec::rt {

int64_t dtypeBytes(DType dtype) {
  return dtype == DType::U8 ? 1 : dtype == DType::BF16 ? 2 : 4;
}

const char *dtypeName(DType dtype) {
  switch (dtype) {
  case DType::U8:
    return "u8";
  case DType::I32:
    return "i32";
  case DType::BF16:
    return "bf16";
  case DType::F32:
    break;
  }
  return "f32";
}

const char *roleName(Role role) {
  switch (role) {
  case Role::Parameter:
    return "parameter";
  case Role::Statistic:
    return "statistic";
  case Role::Moment:
    return "moment";
  case Role::Shadow:
    return "shadow";
  case Role::Derived:
    break;
  }
  return "derived";
}

int64_t Entry::findInput(std::string_view name, InputSource source) const {
  for (size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].name == name && inputs[i].source == source)
      return int64_t(i);
  return -1;
}

int64_t Entry::findInput(std::string_view name) const {
  int64_t field = findInput(name, InputSource::Field);
  return field >= 0 ? field : findInput(name, InputSource::Host);
}

/// Index of what has that name, or -1.
template <typename Named>
static int64_t findNamed(const std::vector<Named> &items,
                         std::string_view name) {
  for (size_t i = 0; i < items.size(); ++i)
    if (items[i].name == name)
      return int64_t(i);
  return -1;
}

int64_t Entry::findOutput(std::string_view name) const {
  return findNamed(outputs, name);
}

int64_t Manifest::findVariable(std::string_view name) const {
  return findNamed(variables, name);
}

std::string Entry::text() const {
  return batch ? fmt::format("{} batch {}", name, batch) : name;
}

bool Entry::preparesDerived() const {
  return !writes.empty() &&
         std::all_of(writes.begin(), writes.end(),
                     [](Role role) { return role == Role::Derived; });
}

bool Entry::outdatesDerived() const {
  // Who writes derived variables too keeps all of them current.
  return !writes.empty() &&
         std::find(writes.begin(), writes.end(), Role::Derived) == writes.end();
}

bool Manifest::usesDerived(const Entry &entry) const {
  for (const ProgramItem &item : entry.program)
    for (const Launch &launch : item.body)
      for (const Argument &argument : launch.args)
        if (argument.block == BlockKind::Variables &&
            blocks[size_t(argument.index)].name == roleName(Role::Derived))
          return true;
  return false;
}

int64_t Manifest::countOf(Role role) const {
  return std::count_if(
      variables.begin(), variables.end(),
      [&](const Variable &variable) { return variable.role == role; });
}

int64_t Manifest::elementsOf(Role role) const {
  int64_t elements = 0;
  for (const Variable &variable : variables)
    if (variable.role == role)
      elements += variable.elements;
  return elements;
}

int64_t Manifest::findEntry(std::string_view name, int64_t batch) const {
  for (size_t i = 0; i < entries.size(); ++i)
    if (entries[i].name == name && (batch == 0 || entries[i].batch == batch))
      return int64_t(i);
  return -1;
}

int64_t Manifest::findPreparing() const {
  for (size_t i = 0; i < entries.size(); ++i)
    if (entries[i].preparesDerived())
      return int64_t(i);
  return -1;
}

static void readTarget(const JsonView &target, Manifest &manifest) {
  std::string device = "cpu";
  if (auto view = target.find("device"))
    device = view->string();
  if (device == "cuda") {
    readGpuTarget(target, manifest);
    return;
  }
  if (device != "cpu")
    target.at("device").error(
        fmt::format("expected cpu or cuda, got \"{}\"", device));
  manifest.triple = target.at("triple").string();
  if (auto cpu = target.find("cpu"))
    manifest.cpu = cpu->string();
  manifest.features = target.at("features").strings();
}

static void readKernels(const JsonView &root, Manifest &manifest) {
  for (const JsonView &view : root.at("kernels").items()) {
    Kernel kernel;
    kernel.symbol = view.at("symbol").string();
    kernel.blocks = view.find("blocks")
                        ? view.at("blocks").integer(0, int64_t(1) << 40)
                        : 1;
    if (auto scratch = view.find("scratch"))
      kernel.scratch = scratch->integer(0, int64_t(1) << 40);
    if (auto flops = view.find("flops"))
      kernel.flops = flops->number();
    if (auto bytes = view.find("bytes"))
      kernel.bytes = bytes->number();
    if (auto kind = view.find("kind"))
      kernel.kind = kind->string();
    if (auto variant = view.find("variant"))
      kernel.variant = variant->string();
    if (auto nodes = view.find("nodes"))
      kernel.nodes = nodes->strings();
    if (auto attributes = view.find("attributes"))
      kernel.attributes = attributes->dump();
    if (manifest.isGpu())
      readGpuKernel(view, kernel);
    if (kernel.isHostCall() && kernel.blocks != 1)
      view.error(fmt::format("a builtin has one block, got {}", kernel.blocks));
    manifest.kernels.push_back(std::move(kernel));
  }
}

static ScheduleInfo readSchedule(const JsonView &view) {
  ScheduleInfo schedule;
  JsonView opView = view.isString() ? view : view.at("op");
  schedule.op = opView.string();
  std::vector<std::string_view> known = allSchedules();
  if (std::find(known.begin(), known.end(), schedule.op) == known.end())
    opView.error(fmt::format("expected {}, got \"{}\"",
                             fmt::join(known, " or "), schedule.op));
  if (view.isString())
    return schedule;
  auto read = [&](const char *key, double &number) {
    auto found = view.find(key);
    if (!found)
      return;
    number = found->number();
    if (number < 0)
      found->error("expected a number that is not negative");
  };
  read("warmup", schedule.warmup);
  read("cooldown", schedule.cooldown);
  read("final", schedule.final);
  read("timescale", schedule.timescale);
  if (schedule.final > 1)
    view.at("final").error("expected a fraction from 0 to 1");
  if (schedule.timescale == 0)
    view.at("timescale").error("expected a number of steps above 0");
  return schedule;
}

/// Nobody could fill inputs of an entry that the runtime runs by itself, and
/// without one derived variables would stay zero.
static void checkPreparing(const JsonView &entries, const Manifest &manifest) {
  const int64_t index = manifest.findPreparing();
  for (size_t i = 0; i < manifest.entries.size(); ++i) {
    const Entry &entry = manifest.entries[i];
    if (!entry.preparesDerived())
      continue;
    if (entry.batch || !entry.inputs.empty())
      entries.items()[i].error(fmt::format(
          "the entry \"{}\" writes derived variables alone, so it runs by "
          "itself: expected no batch and no inputs, got batch {} and {} inputs",
          entry.name, entry.batch, entry.inputs.size()));
    if (int64_t(i) != index)
      entries.items()[i].error(fmt::format(
          "the entry \"{}\" writes derived variables alone, as \"{}\" does: "
          "expected one such entry, which runs by itself",
          entry.name, manifest.entries[size_t(index)].name));
  }
  if (index >= 0)
    return;
  for (const Variable &variable : manifest.variables)
    if (variable.role == Role::Derived)
      entries.error(fmt::format("variable \"{}\" is derived, but there is no "
                                "entry that writes derived variables alone",
                                variable.name));
  for (size_t i = 0; i < manifest.entries.size(); ++i)
    if (manifest.usesDerived(manifest.entries[i]))
      entries.items()[i].error(
          fmt::format("the entry \"{}\" uses derived variables, but there is "
                      "no entry that writes derived variables alone",
                      manifest.entries[i].name));
}

static void readHost(const JsonView &host, Manifest &manifest) {
  if (auto view = host.find("training")) {
    TrainingInfo &training = manifest.training;
    training.text = view->dump();
    if (auto rate = view->find("learning_rate"))
      training.learningRate = rate->number();
    if (auto epochs = view->find("epochs"))
      training.epochs = epochs->integer(1, int64_t(1) << 31);
    if (auto steps = view->find("steps"))
      training.steps = steps->integer(1, int64_t(1) << 31);
    if (auto seed = view->find("seed"))
      training.seed = uint64_t(seed->integer(0, INT64_MAX));
    if (auto schedule = view->find("schedule"))
      training.schedule = readSchedule(*schedule);
  }
  if (auto view = host.find("data")) {
    if (auto image = view->find("image"))
      manifest.data.image = image->string();
    if (auto label = view->find("label"))
      manifest.data.label = label->string();
    if (auto logits = view->find("logits"))
      manifest.data.logits = logits->string();
    if (auto classes = view->find("classes"))
      manifest.data.classes = classes->integer(0, int64_t(1) << 31);
    if (auto names = view->find("class_names"))
      manifest.data.classNames = names->strings();
  }
}

Manifest parseManifest(std::string_view text) {
  nlohmann::json document = parseJson(text, "the module's manifest");
  JsonView root(document, "manifest");
  std::string format = root.at("format").string();
  if (format != MOEC_MODULE_FORMAT)
    root.at("format").error(fmt::format(
        "expected \"" MOEC_MODULE_FORMAT "\", got \"{}\"; compile the model "
        "again with the compiler of this runtime",
        format));
  Manifest manifest;
  if (auto model = root.find("model"))
    manifest.model = model->string();
  if (auto compiler = root.find("compiler"))
    manifest.compiler = compiler->string();
  if (auto precision = root.find("precision")) {
    manifest.precision = precision->string();
    if (manifest.precision != "f32" && manifest.precision != "bf16")
      precision->error(fmt::format("expected \"f32\" or \"bf16\", got \"{}\"",
                                   manifest.precision));
  }
  readTarget(root.at("target"), manifest);
  readVariables(root, manifest);
  readKernels(root, manifest);
  for (const JsonView &view : root.at("entries").items())
    manifest.entries.push_back(readEntry(view, manifest));
  checkPreparing(root.at("entries"), manifest);
  if (auto host = root.find("host"))
    readHost(*host, manifest);
  return manifest;
}

} // namespace moec::rt
