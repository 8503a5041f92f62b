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
#include "test/passes/Codegen/HarnessBase.h"

namespace moec::test {

/// The module around a kernel's source, for a CPU with such vectors.
inline std::string onCpu(int64_t lanes, int64_t registers,
                         const std::string &source) {
  return "module attributes {kernel.machine = #kernel.cpu<cores = 8, "
         "vector_bytes = " +
         std::to_string(4 * lanes) +
         ", vector_registers = " + std::to_string(registers) + ">} {\n" +
         source + "}\n";
}

/// Compiles the one kernel function in a piece of MLIR for this machine and
/// runs it over its grid.
class KernelHarness : public HarnessBase {
public:
  /// `pipeline` is run before the CPU pipeline (e.g. to choose a schedule).
  explicit KernelHarness(llvm::StringRef source,
                         const std::string &pipeline = "",
                         const std::string &cpu = "native");

  bool compiled() const override { return jit != nullptr; }
  KernelJit &kernel() { return *jit; }
  /// All blocks at once.
  testing::AssertionResult
  run(const std::vector<unsigned> &alias = {}) override;

protected:
  /// The blocks in several uneven ranges, the last first.
  testing::AssertionResult runAgain() override;

private:
  std::unique_ptr<KernelJit> jit;
};

} // namespace moec::test

#endif // MOEC_TEST_PASSES_CPU_KERNELHARNESS_H
