//===- GpuHarness.cpp - Holds GPU kernels to their meaning ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GpuHarness.h"
#include "lib/PtxSim/Simulator.h"
#include "lib/PtxSim/TensorMap.h"
#include <cstring>

using namespace mlir;
namespace sim = moec::ptxsim;

namespace moec::test {

GpuHarness::GpuHarness(llvm::StringRef source, const std::string &arch,
                       const std::string &pipeline)
    : HarnessBase(makeGpuContext(), source) {
  if (!op)
    return;
  OwningOpRef<ModuleOp> copy(module->clone());
  kernel = PtxKernel::compile(*copy, arch, error, pipeline);
}

testing::AssertionResult GpuHarness::launch(const std::vector<unsigned> &alias,
                                            bool stacked, sim::Counters &did) {
  if (!kernel)
    return testing::AssertionFailure() << "does not compile: " << error;
  try {
    sim::Module code = sim::Module::parse(kernel->ptx, kernel->name);
    sim::Simulator gpu;
    sim::LaunchConfig config;
    config.grid = kernel->grid;
    config.threads = kernel->threads;
    config.cluster = kernel->cluster;
    config.sharedBytes = kernel->shared;
    std::vector<uint64_t> parameters;
    for (auto [i, o] : llvm::enumerate(operands)) {
      unsigned home = alias.empty() ? i : alias[i];
      if (home != i) {
        parameters.push_back(parameters[home]);
        continue;
      }
      std::string name = "operand " + std::to_string(i);
      uint64_t address = stacked ? gpu.allocate(2 * o.bytes, name) + o.bytes
                                 : gpu.allocate(o.bytes, name);
      gpu.copyIn(address, o.data, o.bytes);
      parameters.push_back(address);
    }
    if (kernel->workspace)
      parameters.push_back(gpu.allocate(kernel->workspace, "workspace"));
    std::vector<char> block(parameters.size() * sizeof(uint64_t));
    std::memcpy(block.data(), parameters.data(), block.size());
    for (const TensorMap &map : kernel->tensorMaps) {
      sim::TensorMap encoded;
      encoded.address = parameters[map.operand];
      encoded.type = map.dtype == "bf16" ? sim::TensorMapType::BF16
                                         : sim::TensorMapType::F32;
      encoded.rank = map.shape.size();
      encoded.swizzle = map.swizzle;
      std::copy(map.shape.begin(), map.shape.end(), encoded.dims.begin());
      std::copy(map.strides.begin(), map.strides.end(),
                encoded.strides.begin());
      std::copy(map.box.begin(), map.box.end(), encoded.box.begin());
      auto bytes = sim::encodeTensorMap(encoded);
      block.resize(llvm::alignTo(block.size(), 64));
      block.insert(block.end(), bytes.begin(), bytes.end());
    }
    did = gpu.launch(code, kernel->name, config, block.data(), block.size());
    for (auto [i, o] : llvm::enumerate(operands))
      gpu.copyOut(o.data, parameters[i], o.bytes);
  } catch (const std::exception &e) {
    return testing::AssertionFailure() << e.what() << "\n" << kernel->ptx;
  }
  return testing::AssertionSuccess();
}

} // namespace moec::test
