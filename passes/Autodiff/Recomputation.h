//===- Recomputation.h - Work in the place of memory ------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_AUTODIFF_RECOMPUTATION_H
#define MOEC_PASSES_AUTODIFF_RECOMPUTATION_H

#include "dialects/MoE/MoEOps.h"
#include "llvm/ADT/SetVector.h"
#include <limits>

namespace moec::autodiff {

/// What an iteration of a backward repeat gets from the forward one.
struct Source {
  /// Read from stacks: one value for each iteration is kept.
  llvm::SetVector<mlir::Value> kept;
  /// Computed again, from what is kept and what is there anyway.
  llvm::SetVector<mlir::Value> recomputed;
};

/// The bits of a value of the `moe` dialect.
int64_t getBits(mlir::Value value);

/// Keeps less and computes more, as far as a price allows it: sublinear memory
/// (Chen et al., arXiv 1604.06174), where what is computed again are the ops
/// of the layer that make a value, and what they need. Sums over rows are kept:
/// their order depends on what they are fused with. Other ops may round their
/// last bit otherwise in another kernel.
class Recomputation {
public:
  /// `price` is how many FLOPs a byte is worth that is not kept, 0 or more.
  explicit Recomputation(double price) : price(price) {}

  /// Moves values of the block of `forward` from what is kept to what is
  /// recomputed, the cheapest for its bytes first, as long as none costs more
  /// than the price. At a higher price the same values are moved and others:
  /// what is computed again for one is free for the next.
  void trade(moe::RepeatOp forward, Source &source);

  /// The lowest price at which more would have been moved, in all calls; 0
  /// where there is none.
  double getNext() const {
    return next == std::numeric_limits<double>::infinity() ? 0 : next;
  }

private:
  double price;
  double next = std::numeric_limits<double>::infinity();
};

} // namespace moec::autodiff

#endif // MOEC_PASSES_AUTODIFF_RECOMPUTATION_H
