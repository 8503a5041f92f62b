//===- KernelHarness.cpp - Holds compiled kernels to their meaning --------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelHarness.h"
#include "dialects/Kernel/KernelOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "test/passes/Codegen/KernelReference.h"
#include <cmath>
#include <cstring>
#include <random>
#include <sys/mman.h>
#include <unistd.h>

using namespace mlir;

namespace moec::test {

/// A bf16 is the upper half of an f32.
static uint16_t upperHalf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return uint16_t(bits >> 16);
}
static float fromUpperHalf(uint16_t half) {
  uint32_t bits = uint32_t(half) << 16;
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

KernelHarness::KernelHarness(llvm::StringRef source,
                             const std::string &pipeline)
    : context(makeContext()) {
  {
    ScopedDiagnosticHandler handler(context.get(), [&](Diagnostic &d) {
      error += d.str() + "\n";
      return success();
    });
    module = parseSourceString<ModuleOp>(source, context.get());
  }
  if (!module)
    return;
  module->walk([&](kernel::StructuredKernelOpInterface k) {
    op = k;
    inputs = k.getInputs().size();
  });
  if (!op) {
    error += "no kernel op in the source\n";
    return;
  }
  size_t page = sysconf(_SC_PAGESIZE);
  for (Value v : op->getOperands()) {
    auto type = cast<MemRefType>(v.getType());
    Operand o;
    o.type = type.getElementType();
    o.count = type.getNumElements();
    o.bytes = o.count * (o.type.getIntOrFloatBitWidth() / 8);
    size_t body = (o.bytes + page - 1) / page * page;
    o.mapped = body + 2 * page;
    o.mapping =
        mmap(nullptr, o.mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *start = static_cast<char *>(o.mapping) + page;
    mprotect(start, body, PROT_READ | PROT_WRITE);
    o.data = start + body - o.bytes;
    operands.push_back(o);
  }
  OwningOpRef<ModuleOp> copy(module->clone());
  jit = KernelJit::compile(*copy, error, pipeline);
}

KernelHarness::~KernelHarness() {
  for (Operand &o : operands)
    munmap(o.mapping, o.mapped);
}

void KernelHarness::randomize(uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  for (Operand &o : operands) {
    std::memset(o.data, 0, o.bytes);
    if (o.type.isF32())
      for (int64_t i = 0; i < o.count; ++i)
        static_cast<float *>(o.data)[i] = uniform(random);
    if (o.type.isBF16())
      for (int64_t i = 0; i < o.count; ++i)
        static_cast<uint16_t *>(o.data)[i] =
            upperHalf(float(roundToBF16(uniform(random))));
  }
}

void KernelHarness::poisonOuts() {
  for (unsigned i = inputs; i < operands.size(); ++i)
    for (int64_t j = 0; j < operands[i].count; ++j) {
      if (operands[i].type.isF32())
        data<float>(i)[j] = -12345.0f;
      else if (operands[i].type.isBF16())
        data<uint16_t>(i)[j] = upperHalf(-12352.0f);
      else if (operands[i].type.isInteger(32))
        data<int32_t>(i)[j] = -12345;
      else
        data<uint8_t>(i)[j] = 123;
    }
}

std::vector<std::vector<char>> KernelHarness::snapshotOuts() {
  std::vector<std::vector<char>> all;
  for (unsigned i = inputs; i < operands.size(); ++i) {
    const char *p = data<char>(i);
    all.emplace_back(p, p + operands[i].bytes);
  }
  return all;
}

testing::AssertionResult KernelHarness::compare(double tolerance) {
  std::vector<ScalarBuffer> buffers;
  auto read = [&](unsigned i, int64_t j) {
    Scalar s;
    if (operands[i].type.isF32())
      s.f = data<float>(i)[j];
    else if (operands[i].type.isBF16())
      s.f = fromUpperHalf(data<uint16_t>(i)[j]);
    else if (operands[i].type.isInteger(32))
      s.i = data<uint32_t>(i)[j];
    else
      s.i = data<uint8_t>(i)[j];
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
    std::memcpy(operands[i].data, got[i - inputs].data(), operands[i].bytes);
  for (unsigned i = inputs; i < operands.size(); ++i) {
    int64_t wrong = 0, first = -1;
    bool isFloat = isa<FloatType>(operands[i].type);
    double allowed =
        operands[i].type.isBF16() ? std::max(tolerance, 0x1p-7) : tolerance;
    for (int64_t j = 0; j < operands[i].count; ++j) {
      Scalar s = read(i, j), want = buffers[i][j];
      bool same =
          isFloat
              ? std::fabs(s.f - want.f) <= allowed * (1 + std::fabs(want.f)) ||
                    (std::isnan(s.f) && std::isnan(want.f)) || s.f == want.f
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

testing::AssertionResult KernelHarness::check(double tolerance) {
  if (!jit)
    return testing::AssertionFailure() << "does not compile: " << error;
  std::vector<void *> args;
  for (Operand &o : operands)
    args.push_back(o.data);
  int64_t blocks = jit->blocks();
  poisonOuts();
  jit->run(args.data(), 0, blocks);
  auto whole = snapshotOuts();
  if (auto result = compare(tolerance); !result)
    return result;
  // Uneven ranges, last first.
  poisonOuts();
  int64_t first = blocks / 3, second = blocks - blocks / 4;
  jit->run(args.data(), second, blocks);
  jit->run(args.data(), first, second);
  jit->run(args.data(), 0, first);
  if (snapshotOuts() != whole)
    return testing::AssertionFailure()
           << "the bits depend on how " << blocks << " blocks are split";
  return testing::AssertionSuccess();
}

} // namespace moec::test
