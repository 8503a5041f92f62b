//===- FuseAttention.cpp - Attention as one kernel ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Before:
//   %y, %w = moe.attention %q, %k, %v : ..
//
// After, if nobody reads %w and the machine has code for it:
//   %y = kernel.attend dims [b, h, s, e, t, d] ins(%q, %k, %v) .. scale 0.125
//
// Heads of the query that share one of the key read it by a map.
//
// Test: test/passes/Fusion/fuse-attention.mlir
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelBuilder.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Fusion/AttentionNorm.h"
#include "passes/Fusion/LowerToKernel.h"
#include "passes/Fusion/Passes.h"
#include "passes/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

namespace moec::fusion {
#define GEN_PASS_DEF_FUSEATTENTIONPASS
#include "passes/Fusion/Passes.h.inc"
} // namespace moec::fusion

using namespace mlir;
using namespace moec;
using namespace moec::fusion;

namespace {

void fuse(moe::AttentionOp op) {
  OpBuilder b(op);
  Value query = queryForScores(b, op), key = keyForScores(b, op);
  ArrayRef<int64_t> ofQuery = shapeOf(query), ofKey = shapeOf(key);
  int64_t heads = ofQuery[2], width = shapeOf(op.getValue())[3];
  kernel::KernelSpec spec(op.getLoc(), {ofQuery[0], heads, ofQuery[1], width,
                                        ofKey[1], ofQuery[3]});
  AffineExpr batch = spec.dim(0), head = spec.dim(1), s = spec.dim(2),
             e = spec.dim(3), t = spec.dim(4), d = spec.dim(5);
  AffineExpr group = head.floorDiv(heads / ofKey[2]);
  spec.input(query, {batch, s, head, d});
  spec.input(key, {batch, t, group, d});
  spec.input(op.getValue(), {batch, t, group, e});
  spec.result(b, shapeOf(op.getResult()), {batch, s, head, e});
  Value result = spec.attend(b, op.getScoreScale()).front();
  remark::passed(op.getLoc(), remarkAbout(op, "FuseAttention", "Fusion"))
      << llvm::formatv("one kernel, which does not store {0} scores",
                       llvm::product_of(shapeOf(op.getWeights())))
             .str();
  op.getResult().replaceAllUsesWith(result);
  op.erase();
}

struct FuseAttentionPass
    : fusion::impl::FuseAttentionPassBase<FuseAttentionPass> {
  void runOnOperation() override {
    auto missed = [](moe::AttentionOp op, StringRef reason) {
      remark::missed(op.getLoc(), remarkAbout(op, "FuseAttention", "Fusion"))
          << remark::reason("{0}", reason);
    };
    // The texts of this phase may be for every machine.
    kernel::MachineInterface machine = kernel::findMachine(getOperation());
    getOperation().walk([&](moe::AttentionOp op) {
      if (!machine || !machine.canAttend())
        missed(op, "the machine has no kernel for it");
      else if (!op.getWeights().use_empty())
        missed(op, "its weights are read, by its gradient or another");
      else
        fuse(op);
    });
  }
};

} // namespace
