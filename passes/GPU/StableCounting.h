//===- StableCounting.h - Places by bin and position -----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_GPU_STABLECOUNTING_H
#define MOEC_PASSES_GPU_STABLECOUNTING_H

#include "passes/GPU/BlockCode.h"

namespace moec::gpu {

/// What routing is made of: elements fall into bins, and each learns how many
/// of its bin come before it. Every warp of the one block owns a contiguous
/// chunk of the elements, which it walks 32 neighbours at a time, and a row of
/// counts; lanes of one bin are ranked by match.any. So the result does not
/// depend on the order in which threads run, and no atomics are needed.
class StableCounting : public BlockCode {
public:
  /// `counts`: memref<warps * bins x i32>, `totals`: memref<bins x i32>, for
  /// the most bins that are counted at a time; threads / 32 warps.
  StableCounting(mlir::ImplicitLocOpBuilder &b, mlir::Value counts,
                 mlir::Value totals, int64_t threads);

  using Values = llvm::SmallVector<mlir::Value>;
  /// The bins (i32) of element i (index); none where negative. Those of one
  /// element must differ.
  using Bins = llvm::function_ref<Values(mlir::Value i)>;

  /// Counts the bins of 0 .. elements. Ends with a barrier; then `totals` holds
  /// the sizes of the bins, and place() may follow.
  void count(int64_t bins, int64_t elements, Bins binsOf);
  /// Calls `body` once for each element with the number of elements before it
  /// in each of its bins (i32), `exists` (i1) and the bins. What count() was
  /// told must still hold. All lanes of a warp run it together.
  void place(int64_t bins, int64_t elements, Bins binsOf,
             llvm::function_ref<void(mlir::Value i, mlir::Value exists,
                                     Values bins, Values tickets)>
                 body);
  /// A loop over this warp's chunk of 0 .. elements: `first` is the element of
  /// lane 0, `i` that of this lane, or the last if it does not exist.
  void forChunk(int64_t elements,
                llvm::function_ref<void(mlir::Value first, mlir::Value i,
                                        mlir::Value exists)>
                    body);
  /// buffer[i] = sum of buffer[0 .. i), computed by the first warp. Returns the
  /// sum of all, which holds in that warp. No barriers.
  mlir::Value prefix(mlir::Value buffer, int64_t count);

private:
  mlir::Value counts, totals;

  /// The lanes with the same bin, and how many of them come before this one.
  struct Peers {
    mlir::Value mask, rank;
  };
  Peers peersOf(mlir::Value bin);
  /// Adds the peers of each bin to its count; the first of them does it.
  void add(mlir::Value bin, Peers peers, mlir::Value count, mlir::Value at);
  mlir::Value placeOf(int64_t bins, mlir::Value bin);
  Values existing(Values bins, mlir::Value exists);
};

} // namespace moec::gpu

#endif // MOEC_PASSES_GPU_STABLECOUNTING_H
