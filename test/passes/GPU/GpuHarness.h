//===- GpuHarness.h - Holds GPU kernels to their meaning -------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_PASSES_GPU_GPUHARNESS_H
#define MOEC_TEST_PASSES_GPU_GPUHARNESS_H

#include "PtxKernel.h"
#include "lib/PtxSim/Counters.h"
#include "test/passes/Codegen/HarnessBase.h"

namespace moec::test {

/// Compiles the one kernel function in a piece of MLIR to PTX and runs it on
/// the simulator, which finds reads and writes outside of the operands, and
/// races.
class GpuHarness : public HarnessBase {
public:
  /// `pipeline` is run before the GPU pipeline (e.g. to choose a schedule).
  explicit GpuHarness(llvm::StringRef source, const std::string &arch = "sm_80",
                      const std::string &pipeline = "");

  bool compiled() const override { return kernel.has_value(); }
  const PtxKernel &ptx() const { return *kernel; }
  testing::AssertionResult
  run(const std::vector<unsigned> &alias = {}) override {
    return launch(alias, /*stacked=*/false, last);
  }
  /// What the last run() did.
  const ptxsim::Counters &counters() const { return last; }

protected:
  /// Every operand is the second slice of a stack, as in a repeated block: it
  /// begins where as many elements end, not at the start of an allocation.
  testing::AssertionResult runAgain() override {
    ptxsim::Counters unused;
    return launch({}, /*stacked=*/true, unused);
  }
  std::string code() const override { return kernel->ptx; }

private:
  std::optional<PtxKernel> kernel;
  ptxsim::Counters last;

  testing::AssertionResult launch(const std::vector<unsigned> &alias,
                                  bool stacked, ptxsim::Counters &did);
};

} // namespace moec::test

#endif // MOEC_TEST_PASSES_GPU_GPUHARNESS_H
