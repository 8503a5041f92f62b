//===- AttendGradEmitter.h - Gradients of attention on GPUs ----*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_GPU_ATTENDGRADEMITTER_H
#define MOEC_PASSES_GPU_ATTENDGRADEMITTER_H

#include "passes/GPU/AttendTile.h"

namespace moec::gpu {

/// Emits the blocks of one kind, those of keys or those of rows. Such a block
/// owns `sTile` of them and meets the others `tTile` at a time. In shared
/// memory:
///   own:     tiles [sTile][dTile] and [sTile][eTile] of its two factors
///   stages:  one or two of those of the others, [tTile][dTile] and
///            [tTile][eTile]; simt, or if the depth takes several tiles: those
///            of them that are multiplied with weights once more, as
///            [columns][tTile]; of keys alone: the others' statistics
///   weights: simt alone, f32 [tTile][sTile]
/// A thread has, in registers, the sums of its rows, and for the time of a tile
/// its scores and slopes.
class AttendGradEmitter : AttendTile {
public:
  AttendGradEmitter(kernel::AttendGradOp op, kernel::GpuAttr machine,
                    bool ofKeys)
      : AttendTile(op, machine, /*isGradient=*/true), op(op), ofKeys(ofKeys) {}

  mlir::LogicalResult plan();
  /// Emits block number `block` (i32) of the kind where `at` stands.
  mlir::LogicalResult emit(mlir::OpBuilder &at, mlir::Value block);
  /// Of a launch of these blocks alone.
  LaunchShape launch();

private:
  kernel::AttendGradOp op;
  bool ofKeys;
  unsigned ownDim, otherDim;
  int64_t ownExtent, otherExtent;
  int64_t ownTiles, columnTiles;
  int64_t stages, stageBytes, statisticsAt, sharedBytes;

  /// Scores (query and key) or slopes (gradient and value), and what they are
  /// multiplied with.
  struct Pair {
    unsigned dim; ///< the depth, and the columns of the sums
    int64_t extent;
    int64_t tile = 0;
    Panel own, other;
    /// The others as right factor of the sums; where they lie as such in
    /// `other` already, that.
    Panel columns;
    bool inPlace = false;
    std::optional<TileEpilogue> epilogue; ///< null: no sums
    // i32, and of the columns what a thread stages.
    mlir::Value begin, end;
    llvm::SmallVector<Piece> pieces;
    bool isWhole() const { return extent <= tile; }
    bool hasColumns() const { return epilogue && !inPlace; }
  };
  Pair ofScores, ofSlopes;
  Pair *pairs[2] = {&ofScores, &ofSlopes};

  mlir::Value ownBegin, ownEnd;                      ///< i32
  llvm::SmallVector<mlir::Value> dims;               ///< of the group
  llvm::SmallVector<mlir::Value> logSumExps, deltas; ///< of own rows, negative

  mlir::LogicalResult planPair(Pair &pair, unsigned number);
  bool isAsync();
  void decodeBlock(mlir::Value block);
  PanelPart ownPart(const Pair &pair);
  PanelPart otherPart(const Pair &pair, mlir::Value begin);
  PanelPart columnsPart(const Pair &pair);
  /// The others from `begin` on to byte `at`.
  void fill(mlir::Value begin, mlir::Value at);
  /// What `statistics` yields at a row (i32), both negative.
  std::pair<mlir::Value, mlir::Value> statisticsOf(mlir::Value s);
  void stageStatistics(mlir::Value begin, mlir::Value at);
  /// Scores become weights, slopes changes.
  void emitChanges(mlir::Value begin, mlir::Value at,
                   llvm::SmallVector<mlir::Value> &scores,
                   llvm::SmallVector<mlir::Value> &slopes);
  bool broken = false; ///< an error was reported
};

} // namespace moec::gpu

#endif // MOEC_PASSES_GPU_ATTENDGRADEMITTER_H
