//===- SavedValues.h - What a backward repeat reads ------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_AUTODIFF_SAVEDVALUES_H
#define MOEC_PASSES_AUTODIFF_SAVEDVALUES_H

#include "dialects/MoE/MoEOps.h"
#include "mlir/IR/IRMapping.h"
#include "passes/Autodiff/Recomputation.h"

namespace moec::autodiff {

/// Gives the block of a backward `moe.repeat` the values of the forward one's
/// block: from a stack, or computed again.
///
/// * A slice of a stacked operand (parameters) is read from that operand.
/// * A carried argument, or the result of an op without the CheapToRecompute
///   trait, is kept: the forward repeat yields it as a stack.
/// * The result of a cheap op is computed again from its operands, down to
///   values that are kept. Where that would need values that nothing else
///   needs and that together are at least as large, the result itself is kept:
///   a residual sum is stored once, not also the branch that was added to it.
///   Reshapes, transposes and broadcasts are never kept.
/// * Then the others too, as far as they are worth their memory
///   (Recomputation).
class SavedValues {
public:
  /// `backward` refers to values of the block of `forward`.
  SavedValues(moe::RepeatOp forward, mlir::Block &backward,
              Recomputation &recomputation)
      : forward(forward), forwardBody(forward.getBody().front()),
        backward(backward), recomputation(recomputation) {}

  /// Rewrites the uses in `backward`, adds arguments to it, and appends to
  /// `stacked` the operand for each new argument. Returns the forward repeat
  /// that yields the stacks and has replaced the given one, or null after an
  /// error.
  moe::RepeatOp apply(llvm::SmallVectorImpl<mlir::Value> &stacked);

private:
  bool isInForward(mlir::Value value) {
    return value.getParentBlock() == &forwardBody;
  }
  /// Whether `value` is a slice of a stacked operand.
  bool isSlice(mlir::Value value);
  bool isAvailable(mlir::Value value);
  void require(mlir::Value value);
  void collectLeaves(mlir::Value value, llvm::SetVector<mlir::Value> &leaves);
  llvm::LogicalResult yieldKept();
  mlir::Value materialize(mlir::Value value, mlir::Operation *before,
                          llvm::SmallVectorImpl<mlir::Value> &stacked);

  moe::RepeatOp forward;
  mlir::Block &forwardBody;
  mlir::Block &backward;
  Recomputation &recomputation;
  Source source;
  /// From a kept value to its stack.
  mlir::IRMapping stacks;
  mlir::IRMapping mapping;
};

} // namespace moec::autodiff

#endif // MOEC_PASSES_AUTODIFF_SAVEDVALUES_H
