//===- Session.cpp - Memory and state of a run ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Session.h"
#include "runtime/core/Devices.h"
#include "runtime/core/Fail.h"
#include "runtime/core/Threads.h"

#include <algorithm>
#include <cstring>

namespace moec::rt {

Session::Session(std::shared_ptr<const Module> module,
                 const SessionOptions &wanted)
    : owner(std::move(module)), options(wanted) {
  options.threads = teamThreads(wantedThreads(options.threads));
  const Manifest &contents = owner->manifest();
  DeviceOptions wantedDevice;
  wantedDevice.threads = options.threads;
  wantedDevice.dealing = options.dealing;
  wantedDevice.debugLaunches = options.debugLaunches;
  place = openDevice(options.device.empty() ? defaultDevice(contents)
                                            : requireDevice(options.device),
                     owner, wantedDevice);
  for (const VariableBlock &block : contents.blocks)
    variableBlocks.push_back(
        allocate(size_t(block.bytes),
                 fmt::format("the variables of role {}", block.name)));
  entries.resize(contents.entries.size());
  for (const Entry &entry : contents.entries)
    usesDerived.push_back(contents.usesDerived(entry));
  if (options.profile)
    kernelCosts.resize(contents.kernels.size());
}

Session::~Session() = default;

void Session::clearCosts() {
  std::fill(kernelCosts.begin(), kernelCosts.end(), KernelCost());
}

Buffer Session::allocate(size_t bytes, const std::string &what) {
  try {
    return Buffer(place, bytes, what.c_str());
  } catch (const Error &e) {
    if (e.code() != ErrorCode::Resources)
      throw;
    throw Error(fmt::format("{}\n{}", e.what(), memoryPlan(manifest())),
                e.code());
  }
}

Session::EntryMemory &Session::ready(int64_t index) {
  if (entries.at(index).program)
    return entries[index];
  const Entry &entry = manifest().entries[index];
  EntryMemory memory; // kept only when it is complete
  memory.arena = allocate(entry.arena, "the arena");
  for (const TensorInfo &tensor : entry.inputs)
    memory.inputs.push_back(allocate(tensor.bytes(), "an input"));
  for (const TensorInfo &tensor : entry.outputs)
    memory.outputs.push_back(allocate(tensor.bytes(), "an output"));
  memory.program = place->prepare(index, [&](BlockKind kind, int64_t i) {
    switch (kind) {
    case BlockKind::Variables:
      return variableBlocks[i].address();
    case BlockKind::Arena:
      return memory.arena.address();
    case BlockKind::In:
      return memory.inputs[i].address();
    case BlockKind::Out:
      break;
    }
    return memory.outputs[i].address();
  });
  entries[index] = std::move(memory);
  return entries[index];
}

void Session::prepare(int64_t entry) {
  ready(entry);
  if (usesDerived.at(size_t(entry)))
    ready(manifest().findPreparing());
}

void *Session::input(int64_t entry, int64_t index) {
  return ready(entry).inputs.at(index).write();
}

const void *Session::output(int64_t entry, int64_t index) {
  return ready(entry).outputs.at(index).read();
}

static int64_t requireInput(const Entry &entry, const std::string &name) {
  int64_t index = entry.findInput(name);
  if (index >= 0)
    return index;
  std::vector<std::string> present;
  for (const TensorInfo &tensor : entry.inputs)
    present.push_back(tensor.name);
  fail("entry {} has no input \"{}\"; it has: {}", entry.name, name,
       fmt::join(present, ", "));
}

void Session::setInput(int64_t entryIndex, const std::string &name,
                       const void *data, int64_t bytes) {
  const Entry &entry = manifest().entries.at(entryIndex);
  int64_t index = requireInput(entry, name);
  const TensorInfo &tensor = entry.inputs[index];
  if (bytes != tensor.bytes())
    fail("input \"{}\" of entry {}: expected {} {} = {} bytes, got {} bytes",
         name, entry.name, dtypeName(tensor.dtype), shapeText(tensor.shape),
         tensor.bytes(), bytes);
  if (bytes)
    std::memcpy(input(entryIndex, index), data, bytes);
}

double Session::scalarOutput(int64_t entryIndex, int64_t index) {
  const TensorInfo &tensor =
      manifest().entries.at(entryIndex).outputs.at(index);
  const void *data = output(entryIndex, index);
  if (tensor.elements < 1)
    fail("output \"{}\" is empty, expected a scalar", tensor.name);
  switch (tensor.dtype) {
  case DType::U8:
    return *static_cast<const uint8_t *>(data);
  case DType::I32:
    return *static_cast<const int32_t *>(data);
  case DType::F32:
  case DType::BF16: // no output is
    break;
  }
  return *static_cast<const float *>(data);
}

/// Kernels compare labels with class numbers: one that is no class would give a
/// loss of some kind, and no error.
void Session::checkLabels(const Entry &entry, EntryMemory &memory) {
  const DataInfo &data = manifest().data;
  int64_t index =
      data.label.empty() ? -1 : entry.findInput(data.label, InputSource::Field);
  if (index < 0 || data.classes == 0 || entry.inputs[index].dtype != DType::I32)
    return;
  const auto *labels = memory.inputs[index].read<int32_t>();
  for (int64_t i = 0; i < entry.inputs[index].elements; ++i)
    if (labels[i] < 0 || labels[i] >= data.classes)
      fail(
          "input \"{}\" of entry {}: label {} at index {} is out of range: the "
          "model has {} classes (0 to {})",
          data.label, entry.name, labels[i], i, data.classes, data.classes - 1);
}

double Session::run(int64_t entry) {
  const Entry &info = manifest().entries.at(size_t(entry));
  checkLabels(info, ready(entry));
  int64_t prepares = manifest().findPreparing();
  if (usesDerived[size_t(entry)] && entry != prepares && !derivedAreCurrent) {
    runProgram(prepares);
    derivedAreCurrent = true;
  }
  double seconds = runProgram(entry);
  if (entry == prepares)
    derivedAreCurrent = true;
  else if (info.outdatesDerived())
    derivedAreCurrent = false;
  return seconds;
}

double Session::runProgram(int64_t entry) {
  EntryMemory &memory = ready(entry);
  std::vector<KernelCost> *costs = kernelCosts.empty() ? nullptr : &kernelCosts;
  if (place->isHost())
    return memory.program->run(costs);
  for (Buffer &block : variableBlocks)
    block.toDevice();
  for (Buffer &block : memory.inputs)
    block.toDevice();
  double seconds = memory.program->run(costs);
  for (Buffer &block : variableBlocks)
    block.changedByDevice();
  for (Buffer &block : memory.outputs)
    block.changedByDevice();
  return seconds;
}

int64_t Session::bytesHeld() const {
  size_t sum = size_t(place->bytesHeld());
  for (const Buffer &block : variableBlocks)
    sum += block.size();
  for (const EntryMemory &memory : entries) {
    sum += memory.arena.size();
    for (const Buffer &block : memory.inputs)
      sum += block.size();
    for (const Buffer &block : memory.outputs)
      sum += block.size();
  }
  return int64_t(sum);
}

} // namespace moec::rt
