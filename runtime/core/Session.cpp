//===- Session.cpp - Memory and state of a run ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Session.h"
#include "runtime/core/Fail.h"

#include <algorithm>
#include <cstring>
#include <omp.h>

namespace moec::rt {

Session::Session(std::shared_ptr<const Module> module,
                 const SessionOptions &wanted)
    : owner(std::move(module)), options(wanted) {
  if (options.threads <= 0)
    options.threads = omp_get_max_threads();
  if (options.threads > 1024)
    fail("expected at most 1024 threads, got {}", options.threads);
  const Manifest &contents = owner->manifest();
  size_t bytes = size_t(contents.parameterElements) * 4;
  int64_t states = 0;
  bool grads = false;
  for (const Entry &entry : contents.entries) {
    states = std::max(states, entry.state);
    grads |= entry.usesGrads;
  }
  parameterBlock = Block(bytes, "the parameters");
  if (grads)
    gradientBlock = Block(bytes, "the gradients");
  for (int64_t i = 0; i < states; ++i)
    stateBlocks.emplace_back(bytes, "the optimizer state");
  entries.resize(contents.entries.size());
  if (options.profile)
    kernelCosts.resize(contents.kernels.size());
}

Session::~Session() = default;

void Session::clearState() {
  gradientBlock.zero();
  for (Block &block : stateBlocks)
    block.zero();
}

void Session::clearCosts() {
  std::fill(kernelCosts.begin(), kernelCosts.end(), KernelCost());
}

Session::EntryMemory &Session::ready(int64_t index) {
  EntryMemory &memory = entries.at(index);
  if (memory.executor)
    return memory;
  const Entry &entry = manifest().entries[index];
  memory.arena = Block(entry.arena, "the arena");
  memory.inputs.clear();
  memory.outputs.clear();
  for (const TensorInfo &tensor : entry.inputs)
    memory.inputs.emplace_back(tensor.bytes(), "an input");
  for (const TensorInfo &tensor : entry.outputs)
    memory.outputs.emplace_back(tensor.bytes(), "an output");
  auto address = [&](BlockKind kind, int64_t i) -> char * {
    switch (kind) {
    case BlockKind::Params:
      return parameterBlock.data();
    case BlockKind::Grads:
      return gradientBlock.data();
    case BlockKind::State:
      return stateBlocks[i].data();
    case BlockKind::Arena:
      return memory.arena.data();
    case BlockKind::In:
      return memory.inputs[i].data();
    case BlockKind::Out:
      break;
    }
    return memory.outputs[i].data();
  };
  auto executor = std::make_unique<Executor>(owner, index, address);
  // A page between the threads keeps their writes apart.
  int64_t stride = (executor->scratchBytes() + 4095) / 4096 * 4096;
  if (stride > scratchStride || !scratchBlock.data()) {
    stride = std::max<int64_t>({stride, scratchStride, 4096});
    scratchBlock = Block(size_t(stride) * options.threads, "thread scratch");
    scratchStride = stride;
  }
  memory.executor = std::move(executor);
  return memory;
}

void Session::prepare(int64_t entry) { ready(entry); }

void *Session::input(int64_t entry, int64_t index) {
  return ready(entry).inputs.at(index).data();
}

const void *Session::output(int64_t entry, int64_t index) {
  return ready(entry).outputs.at(index).data();
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

void Session::setScalar(int64_t entryIndex, const std::string &name,
                        double value) {
  const Entry &entry = manifest().entries.at(entryIndex);
  const TensorInfo &tensor = entry.inputs[requireInput(entry, name)];
  if (tensor.dtype == DType::I32) {
    int32_t number = int32_t(value);
    setInput(entryIndex, name, &number, sizeof(number));
  } else {
    float number = float(value);
    setInput(entryIndex, name, &number, sizeof(number));
  }
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
    break;
  }
  return *static_cast<const float *>(data);
}

void Session::run(int64_t entry) {
  EntryMemory &memory = ready(entry);
  memory.executor->run(options.threads, options.dealing, scratchBlock.data(),
                       scratchStride,
                       kernelCosts.empty() ? nullptr : &kernelCosts);
}

int64_t Session::bytesHeld() const {
  size_t sum =
      parameterBlock.size() + gradientBlock.size() + scratchBlock.size();
  for (const Block &block : stateBlocks)
    sum += block.size();
  for (const EntryMemory &memory : entries) {
    sum += memory.arena.size();
    for (const Block &block : memory.inputs)
      sum += block.size();
    for (const Block &block : memory.outputs)
      sum += block.size();
  }
  return int64_t(sum);
}

} // namespace moec::rt
