//===- VerifyContract.cpp - Which moe op was left -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "passes/Fusion/Passes.h"

using namespace mlir;
using namespace moec;

namespace moec::fusion {
#define GEN_PASS_DEF_VERIFYFUSIONPASS
#include "passes/Fusion/Passes.h.inc"
} // namespace moec::fusion

namespace {

struct VerifyFusionPass : fusion::impl::VerifyFusionPassBase<VerifyFusionPass> {
  void runOnOperation() override {
    bool ok = true;
    getOperation().walk([&](Operation *op) {
      if (isa_and_nonnull<moe::MoEDialect>(op->getDialect()) &&
          !isa<moe::RepeatOp, moe::YieldOp, moe::VariableOp>(op)) {
        op->emitOpError("is left after lowering to kernels; only moe.repeat "
                        "and moe.yield may be (run moec-lower-to-kernel)");
        ok = false;
        return;
      }
      auto isPlan = [](Type type) { return isa<moe::RoutingType>(type); };
      bool plan = llvm::any_of(op->getResultTypes(), isPlan);
      for (Region &region : op->getRegions())
        for (Block &block : region)
          plan |= llvm::any_of(block.getArgumentTypes(), isPlan);
      if (plan) {
        op->emitOpError("still has a value of type !moe.routing; after "
                        "lowering to kernels a plan is a tensor of i32");
        ok = false;
      }
    });
    if (!ok)
      signalPassFailure();
  }
};

} // namespace
