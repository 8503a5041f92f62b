//===- VerifyContract.cpp - What is launched, and with what -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "dialects/Kernel/KernelOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Memory/Passes.h"

using namespace mlir;

namespace moec::memory {
#define GEN_PASS_DEF_VERIFYMEMORYPASS
#include "passes/Memory/Passes.h.inc"

namespace {
struct VerifyMemoryPass : impl::VerifyMemoryPassBase<VerifyMemoryPass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    WalkResult walk = getOperation().walk([&](Operation *op) {
      if (auto launch = dyn_cast<kernel::LaunchOp>(op))
        return failed(check(launch, symbols)) ? WalkResult::interrupt()
                                              : WalkResult::advance();
      if (auto function = dyn_cast<func::FuncOp>(op);
          function && failed(checkOuts(function)))
        return WalkResult::interrupt();
      auto isTensor = [](Type type) { return isa<TensorType>(type); };
      bool found = llvm::any_of(op->getResultTypes(), isTensor) ||
                   llvm::any_of(op->getOperandTypes(), isTensor);
      for (Region &region : op->getRegions())
        for (Block &block : region)
          found |= llvm::any_of(block.getArgumentTypes(), isTensor);
      if (!found)
        return WalkResult::advance();
      op->emitOpError("still works on a tensor; after planning every value has "
                      "its place in memory");
      return WalkResult::interrupt();
    });
    if (walk.wasInterrupted())
      return signalPassFailure();
    markAllAnalysesPreserved();
  }

  /// What a program writes is known by this number from here on.
  static LogicalResult checkOuts(func::FuncOp function) {
    if (!kernel::attr::function.isOn(function))
      return success();
    IntegerAttr outs = kernel::attr::outs.get(function);
    for (auto op : function.getOps<kernel::KernelOpInterface>())
      if (!outs || outs.getInt() != int64_t(op.getOuts().size())) {
        InFlightDiagnostic diag = function.emitOpError("expected ")
                                  << kernel::attr::outs.name << " = "
                                  << op.getOuts().size()
                                  << ", the operands that its kernel writes";
        if (outs)
          diag << ", got " << outs.getInt();
        return diag;
      }
    return success();
  }

  static LogicalResult check(kernel::LaunchOp launch, SymbolTable &symbols) {
    StringAttr name = launch.getKernelAttr().getAttr();
    auto function = symbols.lookup<func::FuncOp>(name);
    if (!function || !kernel::attr::function.isOn(function))
      return launch.emitOpError("launches @")
             << name.getValue() << ", which is no kernel function";
    // begin, end and scratch are no operands.
    size_t operands = function.getNumArguments() - 3;
    if (launch.getArgs().size() == operands)
      return success();
    InFlightDiagnostic diag = launch.emitOpError("gives ")
                              << launch.getArgs().size() << " addresses for "
                              << operands << " operands";
    diag.attachNote(function.getLoc()) << "of @" << name.getValue();
    return diag;
  }
};
} // namespace
} // namespace moec::memory
