//===- VerifyContract.cpp - What the runtime can call -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "passes/CPU/Passes.h"

using namespace mlir;

namespace moec::cpu {
#define GEN_PASS_DEF_VERIFYCPUPASS
#include "passes/CPU/Passes.h.inc"

namespace {
struct VerifyCPUPass : impl::VerifyCPUPassBase<VerifyCPUPass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    WalkResult walk = getOperation().walk([&](kernel::LaunchOp launch) {
      StringAttr name = launch.getKernelAttr().getAttr();
      Operation *function = symbols.lookup(name);
      if (function && kernel::attr::builtin.isOn(function))
        return WalkResult::advance();
      if (function && kernel::attr::blocks.isOn(function) &&
          kernel::attr::scratch.isOn(function))
        return WalkResult::advance();
      launch.emitOpError("launches @")
          << name.getValue() << ", which no pass of this phase lowered";
      return WalkResult::interrupt();
    });
    if (walk.wasInterrupted())
      return signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
} // namespace moec::cpu
