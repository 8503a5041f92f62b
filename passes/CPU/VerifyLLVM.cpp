//===- VerifyLLVM.cpp - What LLVM's code generator takes ------------------===//
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
#define GEN_PASS_DEF_VERIFYLLVMPASS
#include "passes/CPU/Passes.h.inc"

namespace {
struct VerifyLLVMPass : impl::VerifyLLVMPassBase<VerifyLLVMPass> {
  void runOnOperation() override {
    if (failed(expectDialects(getOperation(), {"llvm"})) ||
        failed(checkLaunches(getOperation(), getOperation(), check)))
      return signalPassFailure();
    markAllAnalysesPreserved();
  }

  static LogicalResult check(kernel::LaunchOp launch, Operation *op) {
    if (op && kernel::attr::builtin.isOn(op))
      return success();
    auto function = dyn_cast_if_present<LLVM::LLVMFuncOp>(op);
    if (!function || !kernel::attr::blocks.isOn(function) ||
        !kernel::attr::scratch.isOn(function))
      return notLowered(launch);
    Builder b(function.getContext());
    Type pointer = LLVM::LLVMPointerType::get(b.getContext());
    auto type = LLVM::LLVMFunctionType::get(
        LLVM::LLVMVoidType::get(b.getContext()),
        {pointer, b.getI64Type(), b.getI64Type(), pointer});
    if (function.getFunctionType() == type && !function.isExternal() &&
        function.getLinkage() == LLVM::Linkage::External)
      return success();
    InFlightDiagnostic diag =
        function.emitOpError("is launched: expected a body and the type ")
        << type << " that the runtime calls, visible from outside";
    diag.attachNote(launch.getLoc()) << "the launch";
    return diag;
  }
};
} // namespace
} // namespace moec::cpu
