//===- AttendEmitter.h - kernel.attend for GPU threads ---------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_GPU_ATTENDEMITTER_H
#define MOEC_PASSES_GPU_ATTENDEMITTER_H

#include "passes/GPU/AttendTile.h"

namespace moec::gpu {

/// Emits `kernel.attend` as the code of one thread: see the description of
/// moec-gpu-lower-attend. A block has `sTile` rows of the query of one group
/// and `eTile` columns of its result. In shared memory:
///   query:   a tile [sTile][dTile]
///   stages:  one or two of a tile of keys [tTile][dTile] and of values
///            [tTile][eTile]
///   weights: simt alone, f32 [tTile][sTile]
/// A thread has, in registers, of each of its rows the largest score so far,
/// its own part of the total of exp(score - largest), and the sums.
class AttendEmitter : AttendTile {
public:
  AttendEmitter(kernel::AttendOp op, KernelFunction &kernel,
                kernel::GpuAttr machine)
      : AttendTile(op, machine, /*isGradient=*/false), op(op), kernel(kernel),
        epilogue(op, operands, op.getEpilogue(), op.getSDim(), op.getEDim()) {}

  /// Emits everything before the op and finishes the kernel function.
  mlir::LogicalResult emit();

private:
  kernel::AttendOp op;
  KernelFunction &kernel;
  TileEpilogue epilogue;

  int64_t S, E, T, D; ///< extents
  int64_t sTiles, tTiles, eTiles, dTiles;
  int64_t stages, stageBytes, sharedBytes;
  Panel query, key, value;

  mlir::Value eTileIndex, sBegin, sEnd, eBegin, eEnd; ///< i32
  llvm::SmallVector<mlir::Value> dims; ///< of the group; null for the others
  /// The fragments of the query, where one tile is all of its depth (mma.sync).
  llvm::SmallVector<mlir::Value> queryFragments;

  /// What a thread knows of its rows.
  struct State {
    llvm::SmallVector<mlir::Value> largest, total; ///< one a row
    llvm::SmallVector<mlir::Value> sums;
    llvm::SmallVector<mlir::Value> values() const;
    void set(mlir::ValueRange values);
  };

  // LowerAttend.cpp
  mlir::LogicalResult plan();
  void decodeBlock(mlir::Value block);
  PanelPart queryPart();
  PanelPart keyPart(mlir::Value tBegin);
  PanelPart valuePart();
  void emitBlock();
  bool isAsync() const { return query.async || key.async || value.async; }

  // AttendSoftmax.cpp
  State startRows();
  /// Scores become weights of values, not yet divided by their total; what was
  /// summed before is brought to the new maximum.
  void emitSoftmax(mlir::Value tBegin, llvm::SmallVector<mlir::Value> &scores,
                   State &state);
  /// Divides the sums, and stores the statistic.
  void finishRows(State &state);
};

} // namespace moec::gpu

#endif // MOEC_PASSES_GPU_ATTENDEMITTER_H
