//===- KernelHarness.h - Holds compiled kernels to their meaning -*- C++
//-*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_PASSES_CPU_KERNELHARNESS_H
#define MOEC_TEST_PASSES_CPU_KERNELHARNESS_H

#include "KernelJit.h"
#include "mlir/IR/OwningOpRef.h"
#include <gtest/gtest.h>

namespace moec::test {

/// Compiles the one kernel function in a piece of MLIR, runs it over its grid
/// and compares every output with KernelReference. Operands end at a page that
/// must not be touched, so a read or write past the end ends the program.
class KernelHarness {
public:
  /// `pipeline` is run before the CPU pipeline (e.g. to choose a schedule).
  explicit KernelHarness(llvm::StringRef source,
                         const std::string &pipeline = "");
  ~KernelHarness();

  /// Fills every f32 and bf16 operand from U(-1, 1), integers with 0.
  void randomize(uint32_t seed = 1);
  /// Elements of operand `number` (inputs, then outs), to be set by the test.
  template <typename T> T *data(unsigned number) {
    return static_cast<T *>(operands[number].data);
  }
  int64_t size(unsigned number) const { return operands[number].count; }
  unsigned numInputs() const { return inputs; }
  bool compiled() const { return jit != nullptr; }
  /// The addresses of all operands, and the bytes that they take together.
  std::vector<void *> arguments() const {
    std::vector<void *> all;
    for (const Operand &o : operands)
      all.push_back(o.data);
    return all;
  }
  int64_t totalBytes() const {
    int64_t bytes = 0;
    for (const Operand &o : operands)
      bytes += o.bytes;
    return bytes;
  }
  KernelJit &kernel() { return *jit; }

  /// All blocks at once against the reference, |got - want| <= tolerance *
  /// (1 + |want|), and a last place of bf16 at outs of that type, which a sum
  /// in another order may move; then again in several ranges, which must give
  /// the same bits; elements that the kernel does not define must keep their
  /// value.
  testing::AssertionResult check(double tolerance = 1e-5);

private:
  struct Operand {
    mlir::Type type;
    int64_t count, bytes;
    void *data, *mapping;
    size_t mapped;
  };
  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module; // before the pipeline
  mlir::Operation *op = nullptr;            // the kernel op in it
  std::unique_ptr<KernelJit> jit;
  std::string error;
  std::vector<Operand> operands;
  unsigned inputs = 0;

  void poisonOuts();
  std::vector<std::vector<char>> snapshotOuts();
  testing::AssertionResult compare(double tolerance);
};

} // namespace moec::test

#endif // MOEC_TEST_PASSES_CPU_KERNELHARNESS_H
