//===- ReverseSweep.h - Gradients of a block of moe ops --------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_AUTODIFF_REVERSESWEEP_H
#define MOEC_PASSES_AUTODIFF_REVERSESWEEP_H

#include "dialects/MoE/MoEOps.h"
#include "passes/Autodiff/Recomputation.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"

namespace moec::autodiff {

/// The gradients of a block's values, as far as they are known. Iterates in
/// the order in which values got their first gradient, so that the same input
/// always gives the same output.
class GradientMap {
public:
  /// The gradient of `value`, or null where none has arrived.
  mlir::Value lookup(mlir::Value value) const {
    return gradients.lookup(value);
  }
  /// Adds `gradient` (of the type of `value`) to what `value` has; the sum of
  /// several is built with `moe.add`.
  void add(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value,
           mlir::Value gradient);
  /// Replaces the gradient of `value`.
  void set(mlir::Value value, mlir::Value gradient) {
    gradients[value] = gradient;
  }
  /// Forgets `value`, which is about to be erased.
  void erase(mlir::Value value) { gradients.erase(value); }
  auto begin() const { return gradients.begin(); }
  auto end() const { return gradients.end(); }

private:
  llvm::MapVector<mlir::Value, mlir::Value> gradients;
};

/// Reverse-mode differentiation of straight-line moe code with `moe.repeat`.
class ReverseSweep {
public:
  /// `recomputation` decides what repeats keep.
  explicit ReverseSweep(Recomputation &recomputation)
      : recomputation(recomputation) {}

  /// Marks `root` as a value that gradients are wanted for. Mark all roots
  /// before `analyze`.
  void addRoot(mlir::Value root) { varied.insert(root); }

  /// Finds the values of a block's ops from `begin` to before `end` that
  /// depend on a root; only those get gradients.
  void analyze(mlir::Block::iterator begin, mlir::Block::iterator end);

  /// Walks the same ops, as they are now, from last to first and builds the
  /// gradients of their operands with `builder`. `gradients` holds those of
  /// the results to start from. Fails, with an error at the op, where a
  /// gradient arrives at an op that has no rule.
  llvm::LogicalResult run(mlir::Block::iterator begin,
                          mlir::Block::iterator end, GradientMap &gradients,
                          mlir::OpBuilder &builder);

private:
  bool isVaried(mlir::Value value) const { return varied.contains(value); }
  void analyzeRepeat(moe::RepeatOp op);
  /// Builds the backward `moe.repeat` of `op`, and replaces `op` by one that
  /// also yields what the backward one reads.
  llvm::LogicalResult runRepeat(moe::RepeatOp op, GradientMap &gradients,
                                mlir::OpBuilder &builder);

  Recomputation &recomputation;
  llvm::DenseSet<mlir::Value> varied;
};

/// Erases the ops of `block` whose results nobody uses.
void eraseDeadOps(mlir::Block &block);

/// `moe.fill` of `value`, for a static tensor type.
mlir::Value buildFill(mlir::OpBuilder &builder, mlir::Location loc,
                      mlir::Type type, double value);

} // namespace moec::autodiff

#endif // MOEC_PASSES_AUTODIFF_REVERSESWEEP_H
