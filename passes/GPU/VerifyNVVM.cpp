//===- VerifyNVVM.cpp - What LLVM's code generator takes ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "passes/Codegen/Promises.h"
#include "passes/GPU/Passes.h"

using namespace mlir;

namespace moec::gpu {
#define GEN_PASS_DEF_VERIFYNVVMPASS
#include "passes/GPU/Passes.h.inc"

namespace {
struct VerifyNVVMPass : impl::VerifyNVVMPassBase<VerifyNVVMPass> {
  void runOnOperation() override {
    auto modules = getOperation().getOps<mlir::gpu::GPUModuleOp>();
    Operation *table = modules.empty() ? nullptr : *modules.begin();
    if (table && failed(expectDialects(table, {"llvm", "nvvm"})))
      return signalPassFailure();
    if (failed(checkLaunches(getOperation(), table, check)))
      return signalPassFailure();
    markAllAnalysesPreserved();
  }

  /// Parameters are pointers: one for each address of the launch, one to the
  /// workspace if there is one, and the tensor maps.
  static LogicalResult check(kernel::LaunchOp launch, Operation *op) {
    auto kernel = dyn_cast_if_present<LLVM::LLVMFuncOp>(op);
    if (!kernel || !kernel::attr::grid.isOn(kernel) ||
        !kernel::attr::threads.isOn(kernel))
      return notLowered(launch);
    size_t expected = launch.getArgs().size();
    if (kernel::attr::workspace.number(kernel))
      ++expected;
    if (auto maps = kernel::attr::tensorMaps.get(kernel))
      expected += maps.size();
    Type pointer = LLVM::LLVMPointerType::get(kernel.getContext());
    auto isOther = [=](Type type) { return type != pointer; };
    LLVM::LLVMFunctionType type = kernel.getFunctionType();
    bool isKernel =
        kernel->hasAttr(NVVM::NVVMDialect::getKernelFuncAttrName()) &&
        !kernel.isExternal();
    if (isKernel && type.getNumParams() == expected &&
        isa<LLVM::LLVMVoidType>(type.getReturnType()) &&
        llvm::none_of(type.getParams(), isOther))
      return success();
    InFlightDiagnostic diag =
        kernel.emitOpError("is launched: expected an nvvm.kernel with a body, "
                           "no result and ")
        << expected << " parameters of type " << pointer << ", got " << type;
    diag.attachNote(launch.getLoc()) << "the launch";
    return diag;
  }
};
} // namespace
} // namespace moec::gpu
