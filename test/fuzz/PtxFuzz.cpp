//===- PtxFuzz.cpp - Any text as PTX in the simulator -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What parses is launched under small limits, each kernel once. Everything but
// Error ends the program.
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Simulator.h"
#include "lib/PtxSim/TensorMap.h"

#include <cstdlib>
#include <cstring>

using namespace moec;
using namespace moec::ptxsim;

static constexpr size_t memoryBytes = 65536;

/// Pointers for what is as wide as a pointer, a tensor map for what is as wide
/// as one, a small number for the rest.
static std::vector<uint8_t> parametersFor(const KernelInfo &kernel,
                                          uint64_t memory) {
  ptxsim::TensorMap map;
  map.address = memory;
  map.type = TensorMapType::BF16;
  map.rank = 2;
  map.dims = {96, 40};
  map.strides = {192};
  map.box = {64, 32};
  map.swizzle = 128;
  const auto mapBytes = encodeTensorMap(map);
  std::vector<uint8_t> block(kernel.parameterBytes);
  for (const ptxsim::Parameter &p : kernel.parameters) {
    uint8_t *at = block.data() + p.offset;
    if (p.bytes == mapBytes.size())
      std::memcpy(at, mapBytes.data(), mapBytes.size());
    else if (p.bytes == 8)
      std::memcpy(at, &memory, 8);
    else if (p.bytes)
      *at = 3;
  }
  return block;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Limits limits;
  limits.instructions = 20000;
  limits.deviceMemory = 1 << 20;
  limits.warpInstructions = 3000;
  limits.launchMemory = 16 << 20;
  try {
    const std::string text(reinterpret_cast<const char *>(data), size);
    const ptxsim::Module module = ptxsim::Module::parse(text, "fuzz", limits);
    for (const KernelInfo &kernel : module.kernels()) {
      Simulator gpu(limits);
      const uint64_t memory = gpu.allocate(memoryBytes, "memory");
      LaunchConfig config;
      config.threads = kernel.requiredThreads ? kernel.requiredThreads
                       : kernel.maxThreads    ? kernel.maxThreads
                                              : 32 << (size % 4);
      config.grid = 2;
      config.cluster = 1 + size / 4 % 2;
      config.sharedBytes = 32768;
      const std::vector<uint8_t> block = parametersFor(kernel, memory);
      try {
        gpu.launch(module, kernel.name, config, block.data(), block.size());
      } catch (const Error &) {
      }
    }
  } catch (const Error &) {
  }
  return 0;
}
