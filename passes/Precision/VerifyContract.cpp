//===- VerifyContract.cpp - Where bf16 may be ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEConventions.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "passes/Precision/Passes.h"

using namespace mlir;

namespace moec::precision {
#define GEN_PASS_DEF_VERIFYPRECISIONPASS
#include "passes/Precision/Passes.h.inc"

namespace {
struct VerifyPrecisionPass
    : impl::VerifyPrecisionPassBase<VerifyPrecisionPass> {
  void runOnOperation() override {
    StringAttr asked = moe::attr::precision.get(getOperation());
    markAllAnalysesPreserved();
    if (asked && asked == "bf16")
      return;
    auto isBF16 = [](Type type) { return getElementTypeOrSelf(type).isBF16(); };
    WalkResult walk = getOperation().walk([&](Operation *op) {
      bool found = llvm::any_of(op->getResultTypes(), isBF16);
      for (Region &region : op->getRegions())
        for (Block &block : region)
          found |= llvm::any_of(block.getArgumentTypes(), isBF16);
      if (!found)
        return WalkResult::advance();
      op->emitOpError("has a value of bf16, but moe.precision of the module is "
                      "not \"bf16\"");
      return WalkResult::interrupt();
    });
    if (walk.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
} // namespace moec::precision
