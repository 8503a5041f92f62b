//===- ThreadGrid.h - Points dealt out to GPU threads ----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_GPU_THREADGRID_H
#define MOEC_PASSES_GPU_THREADGRID_H

#include "passes/Codegen/PointEmitter.h"

namespace moec::gpu {

/// Sectors of 32 bytes that a warp touches in operand `i` when its threads take
/// neighbouring points of loop `d`; 4 is ideal for f32.
double sectorsPerRequest(const codegen::RowSpace &space,
                         const codegen::KernelOperands &operands, unsigned i,
                         unsigned d);

/// The loop among all (or, with `parallelOnly`, those that are not reduced)
/// along which neighbouring threads touch the fewest sectors. A loop of extent
/// 1 is added where there is none.
unsigned chooseThreadLoop(codegen::RowSpace &space,
                          const codegen::KernelOperands &operands,
                          bool parallelOnly);

/// Reports every operand of which a warp reads or writes one sector a thread.
void remarkUncoalesced(mlir::Operation *op, const codegen::RowSpace &space,
                       const codegen::KernelOperands &operands,
                       unsigned threadLoop);

/// The points of the loops that are not reduced, numbered. With a ragged one
/// the rows of all groups count together and the group is looked up.
class ThreadGrid {
public:
  /// `fastest` is the loop along which neighbouring numbers lie; its points
  /// count in tiles of `tile`, that is, the grid numbers whole tiles.
  ThreadGrid(const codegen::RowSpace &space, int fastest, int64_t tile = 1);

  int64_t points() const { return numPoints; }

  /// Binds the loops of `point` to point (or first point of tile) `number`,
  /// which must be below points(). Returns whether it exists as an i1, or null
  /// where all do: rows behind the last group do not. The loops are bound to
  /// something that can be addressed all the same.
  mlir::Value bind(codegen::PointEmitter &emitter, codegen::Point &point,
                   mlir::Value number) const;

private:
  const codegen::RowSpace &space;
  llvm::SmallVector<unsigned> loops; // slowest first
  int64_t tile, numPoints = 1;
  int ragged = -1;

  int64_t extent(unsigned loop, bool isFastest) const;
  mlir::Value bindGroup(codegen::PointEmitter &emitter, codegen::Point &point,
                        mlir::Value row) const;
};

} // namespace moec::gpu

#endif // MOEC_PASSES_GPU_THREADGRID_H
