//===- VerifyContract.cpp - What the runtime can call ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "passes/CPU/Passes.h"
#include "passes/Codegen/Promises.h"

using namespace mlir;

namespace moec::cpu {
#define GEN_PASS_DEF_VERIFYCPUPASS
#include "passes/CPU/Passes.h.inc"

namespace {
struct VerifyCPUPass : impl::VerifyCPUPassBase<VerifyCPUPass> {
  void runOnOperation() override {
    auto check = [](kernel::LaunchOp launch, Operation *function) {
      bool good = function && (kernel::attr::builtin.isOn(function) ||
                               (kernel::attr::blocks.isOn(function) &&
                                kernel::attr::scratch.isOn(function)));
      return good ? success() : notLowered(launch);
    };
    if (failed(checkLaunches(getOperation(), getOperation(), check)))
      return signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
} // namespace moec::cpu
