//===- HarnessBase.cpp - What the kernel harnesses share ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HarnessBase.h"
#include "KernelReference.h"
#include "dialects/Kernel/KernelOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
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

HarnessBase::HarnessBase(std::unique_ptr<MLIRContext> owned,
                         llvm::StringRef source)
    : context(std::move(owned)) {
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
}

HarnessBase::~HarnessBase() {
  for (Operand &o : operands)
    munmap(o.mapping, o.mapped);
}

std::vector<void *> HarnessBase::arguments() const {
  std::vector<void *> all;
  for (const Operand &o : operands)
    all.push_back(o.data);
  return all;
}

int64_t HarnessBase::totalBytes() const {
  int64_t bytes = 0;
  for (const Operand &o : operands)
    bytes += o.bytes;
  return bytes;
}

void HarnessBase::randomize(uint32_t seed) {
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

void HarnessBase::poisonOuts() {
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

std::vector<std::vector<char>> HarnessBase::snapshotOuts() {
  std::vector<std::vector<char>> all;
  for (unsigned i = inputs; i < operands.size(); ++i) {
    const char *p = data<char>(i);
    all.emplace_back(p, p + operands[i].bytes);
  }
  return all;
}

testing::AssertionResult HarnessBase::compare(double tolerance) {
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
    double lastPlace = operands[i].type.isBF16() ? 0x1p-7 : 0;
    for (int64_t j = 0; j < operands[i].count; ++j) {
      Scalar s = read(i, j), want = buffers[i][j];
      double size = std::fabs(want.f);
      double allowed = std::max(tolerance * (1 + size), lastPlace * size);
      bool same = isFloat ? std::fabs(s.f - want.f) <= allowed ||
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

testing::AssertionResult HarnessBase::check(double tolerance) {
  if (!compiled())
    return testing::AssertionFailure() << "does not compile: " << error;
  poisonOuts();
  if (auto result = run(); !result)
    return result;
  auto whole = snapshotOuts();
  if (auto result = compare(tolerance); !result)
    return result << "\n" << code();
  poisonOuts();
  if (auto result = runAgain(); !result)
    return result;
  if (snapshotOuts() != whole)
    return testing::AssertionFailure() << "the second run gives other bits";
  return testing::AssertionSuccess();
}

} // namespace moec::test
