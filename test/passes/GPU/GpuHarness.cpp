//===- GpuHarness.cpp - Holds GPU kernels to their meaning ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GpuHarness.h"
#include "dialects/Kernel/KernelOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "runtime/ptxsim/Simulator.h"
#include "runtime/ptxsim/TensorMap.h"
#include "test/passes/Codegen/KernelReference.h"
#include <cmath>
#include <cstring>
#include <random>

using namespace mlir;
namespace sim = moec::rt::ptxsim;

namespace moec::test {

GpuHarness::GpuHarness(llvm::StringRef source, const std::string &arch,
                       const std::string &pipeline)
    : context(makeGpuContext()) {
  {
    ScopedDiagnosticHandler handler(context.get(), [&](Diagnostic &d) {
      error += d.str() + "\n";
      return success();
    });
    module = parseSourceString<ModuleOp>(source, context.get());
  }
  if (!module)
    return;
  module->walk([&](Operation *inner) {
    if (!isa_and_nonnull<func::FuncOp>(inner->getParentOp()) ||
        !isa<kernel::KernelDialect>(inner->getDialect()))
      return;
    op = inner;
    auto structured = dyn_cast<kernel::StructuredKernelOpInterface>(inner);
    inputs = structured ? structured.getInputs().size() : 1;
  });
  if (!op) {
    error += "no kernel op in the source\n";
    return;
  }
  for (Value v : op->getOperands()) {
    auto type = cast<MemRefType>(v.getType());
    Operand o;
    o.type = type.getElementType();
    o.count = type.getNumElements();
    o.bytes = o.count * (o.type.getIntOrFloatBitWidth() / 8);
    o.data.resize(o.bytes);
    operands.push_back(o);
  }
  OwningOpRef<ModuleOp> copy(module->clone());
  kernel = PtxKernel::compile(*copy, arch, error, pipeline);
}

GpuHarness::~GpuHarness() = default;

void GpuHarness::randomize(uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  for (Operand &o : operands) {
    std::fill(o.data.begin(), o.data.end(), 0);
    for (int64_t i = 0; i < o.count; ++i)
      if (o.type.isF32()) {
        reinterpret_cast<float *>(o.data.data())[i] = uniform(random);
      } else if (o.type.isBF16()) {
        float f = uniform(random);
        uint32_t bits;
        std::memcpy(&bits, &f, 4);
        reinterpret_cast<uint16_t *>(o.data.data())[i] = bits >> 16;
      }
  }
}

void GpuHarness::poisonOuts() {
  for (unsigned i = inputs; i < operands.size(); ++i)
    for (int64_t j = 0; j < operands[i].count; ++j) {
      if (operands[i].type.isF32())
        data<float>(i)[j] = -12345.0f;
      else if (operands[i].type.isBF16())
        data<uint16_t>(i)[j] = 0xc640;
      else if (operands[i].type.isInteger(32))
        data<int32_t>(i)[j] = -12345;
      else
        data<uint8_t>(i)[j] = 123;
    }
}

std::vector<std::vector<char>> GpuHarness::snapshotOuts() {
  std::vector<std::vector<char>> all;
  for (unsigned i = inputs; i < operands.size(); ++i)
    all.push_back(operands[i].data);
  return all;
}

testing::AssertionResult GpuHarness::run(const std::vector<unsigned> &alias) {
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
      uint64_t address = gpu.allocate(o.bytes, name);
      gpu.copyIn(address, o.data.data(), o.bytes);
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
    last = gpu.launch(code, kernel->name, config, block.data(), block.size());
    for (auto [i, o] : llvm::enumerate(operands))
      gpu.copyOut(o.data.data(), parameters[i], o.bytes);
  } catch (const std::exception &e) {
    return testing::AssertionFailure() << e.what() << "\n" << kernel->ptx;
  }
  return testing::AssertionSuccess();
}

testing::AssertionResult GpuHarness::compare(double tolerance) {
  std::vector<ScalarBuffer> buffers;
  auto read = [&](unsigned i, int64_t j) {
    Scalar s;
    if (operands[i].type.isF32()) {
      s.f = data<float>(i)[j];
    } else if (operands[i].type.isBF16()) {
      uint32_t bits = uint32_t(data<uint16_t>(i)[j]) << 16;
      float f;
      std::memcpy(&f, &bits, 4);
      s.f = f;
    } else if (operands[i].type.isInteger(32)) {
      s.i = data<uint32_t>(i)[j];
    } else {
      s.i = data<uint8_t>(i)[j];
    }
    return s;
  };
  auto got = snapshotOuts();
  poisonOuts();
  for (unsigned i = 0; i < operands.size(); ++i) {
    buffers.emplace_back(operands[i].count);
    for (int64_t j = 0; j < operands[i].count; ++j)
      buffers[i][j] = read(i, j);
  }
  evaluateKernel(op, buffers);
  for (unsigned i = inputs; i < operands.size(); ++i)
    operands[i].data = got[i - inputs];
  for (unsigned i = inputs; i < operands.size(); ++i) {
    bool isFloat = isa<FloatType>(operands[i].type);
    int64_t wrong = 0, first = -1;
    for (int64_t j = 0; j < operands[i].count; ++j) {
      Scalar s = read(i, j), want = buffers[i][j];
      bool same = isFloat ? std::fabs(s.f - want.f) <=
                                    tolerance * (1 + std::fabs(want.f)) ||
                                (std::isnan(s.f) && std::isnan(want.f)) ||
                                s.f == want.f
                          : s.i == want.i;
      if (!same && ++wrong == 1)
        first = j;
    }
    if (!wrong)
      continue;
    auto result = testing::AssertionFailure()
                  << "out " << i - inputs << ": " << wrong << " of "
                  << operands[i].count << " elements differ, first at "
                  << first;
    if (isFloat)
      return result << ": got " << read(i, first).f << ", expected "
                    << buffers[i][first].f;
    return result << ": got " << read(i, first).i << ", expected "
                  << buffers[i][first].i;
  }
  return testing::AssertionSuccess();
}

testing::AssertionResult GpuHarness::check(double tolerance) {
  poisonOuts();
  if (auto result = run(); !result)
    return result;
  auto whole = snapshotOuts();
  if (auto result = compare(tolerance); !result)
    return result << "\n" << kernel->ptx;
  poisonOuts();
  if (auto result = run(); !result)
    return result;
  if (snapshotOuts() != whole)
    return testing::AssertionFailure() << "two runs differ";
  return testing::AssertionSuccess();
}

} // namespace moec::test
