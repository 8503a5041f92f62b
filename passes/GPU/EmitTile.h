//===- EmitTile.h - Rows that are emitted across ---------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_GPU_EMITTILE_H
#define MOEC_PASSES_GPU_EMITTILE_H

#include "passes/GPU/RowTeam.h"

namespace moec::gpu {

/// How a block emits rows that are read along the reduction and written across
/// it, such as a normalisation whose result is transposed: it takes
/// neighbouring rows, and what they emit passes through shared memory.
struct EmitTile {
  unsigned reduced; ///< the loop that is reduced
  unsigned across;  ///< the loop along which outs are contiguous
  int64_t rows;     ///< neighbours along `across` in a block
  int64_t columns;  ///< elements of each row in shared memory at a time
  int64_t pitch;    ///< from one element of a row to the next there
  RowTeam team;     ///< its rows are `rows`, rounded up to whole warps
  /// Numbers of the outs that pass through shared memory.
  llvm::SmallVector<unsigned> outs;

  bool isStaged(unsigned out) const { return llvm::is_contained(outs, out); }
};

/// Nothing if all that is emitted is contiguous along what is read, or if there
/// are groups.
std::optional<EmitTile> chooseEmitTile(const codegen::RowSpace &space,
                                       const codegen::KernelOperands &operands);

} // namespace moec::gpu

#endif // MOEC_PASSES_GPU_EMITTILE_H
