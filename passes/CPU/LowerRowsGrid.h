//===- LowerRowsGrid.h - The grid of a row or map kernel -------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_CPU_LOWERROWSGRID_H
#define MOEC_PASSES_CPU_LOWERROWSGRID_H

#include "passes/CPU/Passes.h"
#include "passes/Codegen/KernelFunction.h"
#include "passes/Codegen/PointEmitter.h"

namespace moec::cpu {

/// Elements below which a block is not worth its launch, and blocks that are
/// enough for any machine.
constexpr int64_t minBlockElements = 16 * 1024, maxBlocks = 64;

/// Blocks that work of `elements` elements should have.
int64_t targetBlocks(int64_t elements);

/// Vector lanes for a kernel whose vector loop has `extent` steps: no more than
/// it needs.
unsigned lanesFor(int64_t extent, unsigned hardwareLanes);

/// Units of work: the points of the parallel loops `loops` and of `chunks`
/// pieces of the vector loop (the fastest). A parallel ragged loop counts in
/// pieces, too, as its rows are known at run time only.
class UnitGrid {
public:
  UnitGrid(const RowSpace &space, llvm::ArrayRef<unsigned> loops,
           int64_t chunks);
  int64_t blocks() const { return numBlocks; }

  /// Emits the loop over the units of blocks [begin, end). `body` gets a point
  /// where `loops` are bound and the number of the chunk.
  void emit(PointEmitter &emitter, mlir::Value begin, mlir::Value end,
            llvm::function_ref<void(Point &, mlir::Value)> body) const;

private:
  const RowSpace &space;
  llvm::SmallVector<unsigned> loops;
  int64_t chunks, raggedChunk = 1, units = 1, unitsPerBlock = 1, numBlocks = 1;
};

/// Reports every operand that is read or written one element at a time, from
/// cache line to cache line.
void remarkSlowAccesses(mlir::Operation *op, const RowSpace &space,
                        unsigned vectorDim);

} // namespace moec::cpu

#endif // MOEC_PASSES_CPU_LOWERROWSGRID_H
