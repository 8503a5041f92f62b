//===- TransposeTile.h - The tile of a map that transposes -----*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_GPU_TRANSPOSETILE_H
#define MOEC_PASSES_GPU_TRANSPOSETILE_H

#include "passes/Codegen/RowSpace.h"

namespace moec::gpu {

/// An operand that passes through shared memory: threads walk its part of the
/// tile in the order in which it lies in global memory.
struct StagedOperand {
  unsigned operand;
  /// Loops that its address depends on, slowest first.
  llvm::SmallVector<unsigned> order;
  /// Elements that a step of each loop of the space goes on in shared memory.
  llvm::SmallVector<int64_t> strides;
  /// Elements of the buffer, padding included.
  int64_t elements;
};

/// What one block of a map does at a time.
struct TransposeTile {
  /// Points along each loop of the space; 1 along those that are not tiled.
  llvm::SmallVector<int64_t> sizes;
  /// The tiled loops in the order of the outs, slowest first: the order in
  /// which threads compute.
  llvm::SmallVector<unsigned> order;
  /// Operands that are not coalesced in that order.
  llvm::SmallVector<StagedOperand> staged;

  int64_t volume() const;
  const StagedOperand *find(unsigned operand) const;
};

/// The tile with which a warp touches the fewest sectors, found by counting
/// those of the first tiles; nothing if threads along `threadLoop` alone do
/// nearly as well, or if the addresses are not linear in the loops.
std::optional<TransposeTile>
chooseTransposeTile(const codegen::RowSpace &space,
                    const codegen::KernelOperands &operands,
                    unsigned threadLoop);

} // namespace moec::gpu

#endif // MOEC_PASSES_GPU_TRANSPOSETILE_H
