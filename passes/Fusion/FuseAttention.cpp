//===- FuseAttention.cpp - Attention as one kernel ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Before:
//   %y, %l = moe.attention %q, %k, %v : ..
//   %dq, %dk, %dv = moe.attention_grad %q, %k, %v of %y, %l by %dy : ..
//
// After, where the machine has code for it, %l only if somebody reads it:
//   %y, %l = kernel.attend dims [b, h, s, e, t, d]
//     ins(%q, %k, %v) .. scale 0.125
//   %p = moe.transpose (moe.mul %dy, %y) [0, 2, 1, 3] : ..
//   %delta = moe.reduce %p axes [3] : ..
//   %dq, %dk, %dv = kernel.attend_grad dims [b, g, s, e, t, d]
//     ins(%q, %k, %v, %dy, %l, %delta) .. scale 0.125
//
// Heads of the query that share one of the key read it by a map; the gradient
// has them as rows beside each other: row s * heads / groups + r.
//
// Test: test/passes/Fusion/fuse-attention.mlir
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelBuilder.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Fusion/AttentionParts.h"
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

void report(Operation *op, int64_t scores) {
  remark::passed(op->getLoc(), remarkAbout(op, "FuseAttention", "Fusion"))
      << llvm::formatv("one kernel, which does not store {0} scores", scores)
             .str();
}

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
  Value statistic = op.getLogSumExp();
  if (!statistic.use_empty())
    spec.result(b, shapeOf(statistic), {batch, head, s});
  ValueRange results = spec.attend(b, op.getScoreScale());
  report(op, ofKey[1] * llvm::product_of(shapeOf(statistic)));
  op.getResult().replaceAllUsesWith(results[0]);
  if (!statistic.use_empty())
    statistic.replaceAllUsesWith(results[1]);
  op.erase();
}

void fuse(moe::AttentionGradOp op) {
  OpBuilder b(op);
  Value query = queryForScores(b, op), key = keyForScores(b, op);
  ArrayRef<int64_t> ofQuery = shapeOf(query), ofKey = shapeOf(key);
  int64_t groups = ofKey[2], repeats = ofQuery[2] / groups;
  kernel::KernelSpec spec(op.getLoc(),
                          {ofQuery[0], groups, ofQuery[1] * repeats,
                           shapeOf(op.getValue())[3], ofKey[1], ofQuery[3]});
  AffineExpr batch = spec.dim(0), group = spec.dim(1), row = spec.dim(2),
             e = spec.dim(3), t = spec.dim(4), d = spec.dim(5);
  AffineExpr s = row.floorDiv(repeats), head = group * repeats + row % repeats;
  spec.input(query, {batch, s, head, d});
  spec.input(key, {batch, t, group, d});
  spec.input(op.getValue(), {batch, t, group, e});
  spec.input(op.getOutGrad(), {batch, s, head, e});
  spec.input(op.getLogSumExp(), {batch, head, s});
  spec.input(deltaOf(b, op), {batch, head, s});
  spec.result(b, ofQuery, {batch, s, head, d});
  spec.result(b, ofKey, {batch, t, group, d});
  spec.result(b, shapeOf(op.getValue()), {batch, t, group, e});
  ValueRange grads = spec.attendGrad(b, op.getScoreScale());
  report(op, ofKey[1] * llvm::product_of(shapeOf(op.getLogSumExp())));
  replaceGradients(b, op, grads[0], grads[1], grads[2]);
}

struct FuseAttentionPass
    : fusion::impl::FuseAttentionPassBase<FuseAttentionPass> {
  void runOnOperation() override {
    // The texts of this phase may be for every machine.
    kernel::MachineInterface machine = kernel::findMachine(getOperation());
    auto take = [&](auto op, bool has) {
      if (has)
        return fuse(op);
      remark::missed(op.getLoc(), remarkAbout(op, "FuseAttention", "Fusion"))
          << remark::reason("the machine has no kernel for it");
    };
    getOperation().walk([&](Operation *op) {
      if (auto forward = dyn_cast<moe::AttentionOp>(op))
        take(forward, machine && machine.canAttend());
      else if (auto gradient = dyn_cast<moe::AttentionGradOp>(op))
        take(gradient, machine && machine.canAttendGrad());
    });
  }
};

} // namespace
