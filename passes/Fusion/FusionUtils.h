//===- FusionUtils.h - Questions that fusion passes share -------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_FUSION_FUSIONUTILS_H
#define MOEC_PASSES_FUSION_FUSIONUTILS_H

#include "dialects/Kernel/KernelOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

namespace moec::fusion {

/// Ops in the regions of one kernel, at most: a body that long has enough to do
/// for a trip to memory, and copying it once more for each that joins would
/// take a time that grows with the square of a chain's length.
constexpr size_t maxKernelOps = 256;

/// Why two kernels stay two then.
constexpr llvm::StringLiteral tooLong =
    "a kernel of both would have more than 256 scalar ops";

/// True if one kernel may do the work of both.
inline bool fitOneKernel(mlir::Operation *a, mlir::Operation *b) {
  size_t count = 0;
  for (mlir::Operation *op : {a, b})
    for (mlir::Region &region : op->getRegions())
      for (mlir::Block &block : region)
        count += block.getOperations().size();
  return count <= maxKernelOps;
}

/// Where a kernel that does the work of `producer` and of `consumer`, which
/// reads it, can stand: before one of the two, or null if nowhere in this
/// block. Destinations of `consumer` are moved up if need be. Before
/// `consumer`, nothing but a view for it may read `producer`: see
/// eraseDeadViews().
inline mlir::Operation *findPlace(mlir::Operation *producer,
                                  mlir::Operation *consumer) {
  mlir::Block *block = producer->getBlock();
  bool late = true;
  for (mlir::Operation *user : producer->getUsers()) {
    mlir::Operation *top = block->findAncestorOpInBlock(*user);
    bool view = mlir::isa_and_present<mlir::tensor::ExpandShapeOp,
                                      mlir::tensor::CollapseShapeOp>(top) &&
                top->hasOneUse() && *top->user_begin() == consumer;
    late &= view || (top && !top->isBeforeInBlock(consumer));
  }
  if (late)
    return consumer;
  for (mlir::Value operand : consumer->getOperands()) {
    mlir::Operation *def = operand.getDefiningOp();
    bool late = def && def->getBlock() == block && def != producer &&
                !def->isBeforeInBlock(producer);
    if (late && !mlir::isa<mlir::tensor::EmptyOp>(def))
      return nullptr;
  }
  for (mlir::Value operand : consumer->getOperands())
    if (auto empty = operand.getDefiningOp<mlir::tensor::EmptyOp>())
      if (empty->getBlock() == block && !empty->isBeforeInBlock(producer))
        empty->moveBefore(producer);
  return producer;
}

/// Erases the views of `op`'s results that nothing reads: a kernel that takes
/// its place may stand behind them.
inline void eraseDeadViews(mlir::RewriterBase &rewriter, mlir::Operation *op) {
  for (mlir::Operation *user : llvm::make_early_inc_range(op->getUsers())) {
    if (!mlir::isa<mlir::tensor::ExpandShapeOp, mlir::tensor::CollapseShapeOp>(
            user))
      continue;
    eraseDeadViews(rewriter, user);
    if (user->use_empty())
      rewriter.eraseOp(user);
  }
}

/// Erases `op` and the views of its results, all without readers.
inline void eraseViewsAndOp(mlir::RewriterBase &rewriter, mlir::Operation *op) {
  for (mlir::Operation *user : llvm::make_early_inc_range(op->getUsers()))
    eraseViewsAndOp(rewriter, user);
  rewriter.eraseOp(op);
}

} // namespace moec::fusion

#endif // MOEC_PASSES_FUSION_FUSIONUTILS_H
