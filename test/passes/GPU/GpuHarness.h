//===- GpuHarness.h - Holds GPU kernels to their meaning -------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_PASSES_GPU_GPUHARNESS_H
#define MOEC_TEST_PASSES_GPU_GPUHARNESS_H

#include "PtxKernel.h"
#include "mlir/IR/OwningOpRef.h"
#include "runtime/ptxsim/Counters.h"
#include <gtest/gtest.h>

namespace moec::test {

/// Compiles the one kernel function in a piece of MLIR to PTX, runs it on the
/// simulator and compares every output with KernelReference. The simulator
/// finds reads and writes outside of the operands, and races.
class GpuHarness {
public:
  /// `pipeline` is run before the GPU pipeline (e.g. to choose a schedule).
  explicit GpuHarness(llvm::StringRef source, const std::string &arch = "sm_80",
                      const std::string &pipeline = "");
  ~GpuHarness();

  /// Fills every float operand from U(-1, 1), integers with 0.
  void randomize(uint32_t seed = 1);
  /// Elements of operand `number` (inputs, then outs), to be set by the test.
  template <typename T> T *data(unsigned number) {
    return reinterpret_cast<T *>(operands[number].data.data());
  }
  int64_t size(unsigned number) const { return operands[number].count; }
  unsigned numInputs() const { return inputs; }
  bool compiled() const { return kernel.has_value(); }
  const PtxKernel &ptx() const { return *kernel; }

  /// Launches the kernel once; outs that it does not write keep their value.
  /// `alias` gives for each operand the operand whose memory it uses.
  testing::AssertionResult run(const std::vector<unsigned> &alias = {});
  /// Runs it against the reference, |got - want| <= tolerance * (1 + |want|);
  /// then again, which must give the same bits; elements that the kernel does
  /// not define must keep their value.
  testing::AssertionResult check(double tolerance = 1e-5);
  /// What the last launch did.
  const rt::ptxsim::Counters &counters() const { return last; }

private:
  struct Operand {
    mlir::Type type;
    int64_t count, bytes;
    std::vector<char> data;
  };
  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module; // before the pipeline
  mlir::Operation *op = nullptr;            // the kernel op in it
  std::optional<PtxKernel> kernel;
  std::string error;
  std::vector<Operand> operands;
  unsigned inputs = 0;
  rt::ptxsim::Counters last;

  void poisonOuts();
  std::vector<std::vector<char>> snapshotOuts();
  testing::AssertionResult compare(double tolerance);
};

} // namespace moec::test

#endif // MOEC_TEST_PASSES_GPU_GPUHARNESS_H
