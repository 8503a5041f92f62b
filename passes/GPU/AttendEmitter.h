//===- AttendEmitter.h - kernel.attend for GPU threads ---------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_GPU_ATTENDEMITTER_H
#define MOEC_PASSES_GPU_ATTENDEMITTER_H

#include "passes/GPU/BlockCode.h"
#include "passes/GPU/MmaTile.h"
#include "passes/GPU/SimtTile.h"
#include "passes/GPU/TileEpilogue.h"

namespace moec::gpu {

/// Emits `kernel.attend` as the code of one thread: see the description of
/// moec-gpu-lower-attend. A block has `sTile` rows of the query of one group
/// and `eTile` columns of its result. The lanes of a warp that have the same
/// rows, `across` of them side by side, share the keys of a tile and the
/// columns. In shared memory:
///   query:   a tile [sTile][dTile]
///   stages:  one or two of a tile of keys [tTile][dTile] and of values
///            [tTile][eTile]
///   weights: simt alone, f32 [tTile][sTile]
/// A thread has, in registers, of each of its rows the largest score so far,
/// its own part of the total of exp(score - largest), and the sums.
class AttendEmitter : codegen::IndexMath {
public:
  AttendEmitter(kernel::AttendOp op, KernelFunction &kernel,
                kernel::GpuAttr machine)
      : IndexMath(op, mlir::IntegerType::get(op.getContext(), 32)), op(op),
        kernel(kernel), machine(machine), stager(op, operands), mma(op, stager),
        epilogue(op, operands, op.getEpilogue(), op.getSDim(), op.getEDim()) {}

  /// Emits everything before the op and finishes the kernel function.
  mlir::LogicalResult emit();

private:
  kernel::AttendOp op;
  KernelFunction &kernel;
  kernel::GpuAttr machine;
  KernelOperands operands;
  PanelStager stager;
  MmaTile mma;
  TileEpilogue epilogue;

  int64_t S, E, T, D;                 ///< extents
  int64_t sTile, tTile, eTile, dTile; ///< of a block
  int64_t sTiles, tTiles, eTiles, dTiles;
  bool tensorCores; ///< mma.sync
  /// Of a thread: rows, scores and sums of each.
  int64_t rows, keys, columns;
  int64_t across; ///< threads that share rows
  int64_t threads, stages;
  int64_t stageBytes, weightsAt, sharedBytes;
  Panel query, key, value;
  SharedMemory shared;

  mlir::Value tid;      ///< i32
  mlir::Value number;   ///< i32, among the threads that share rows
  mlir::Value firstRow; ///< i32, of the thread in the tile
  mlir::Value group, eTileIndex, sBegin, sEnd, eBegin, eEnd; ///< i32
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
  mlir::InFlightDiagnostic scheduleError();
  mlir::LogicalResult plan();
  mlir::LogicalResult planSimt(llvm::ArrayRef<int64_t> micro);
  mlir::LogicalResult planMma(llvm::ArrayRef<int64_t> micro);
  mlir::LogicalResult planPanel(Panel &panel, mlir::Region &region,
                                unsigned rowDim, unsigned depthDim,
                                int64_t rows, int64_t depth);
  void remarkOperands();
  void decodeBlock(mlir::Value block);
  PanelPart queryPart();
  PanelPart keyPart(mlir::Value tBegin);
  PanelPart valuePart();
  /// Brings the tile of a panel from step `k` on to byte `at`.
  void stage(Panel &panel, const PanelPart &part, llvm::ArrayRef<Piece> pieces,
             mlir::Value k, mlir::Value at);
  /// What is in flight has landed, and all threads are here.
  void settle();
  void emitBlock();
  /// The scores of the keys from `tBegin` on; those at byte `at`, or, if the
  /// depth takes several tiles, staged one after the other.
  llvm::SmallVector<mlir::Value> emitScores(mlir::Value tBegin, mlir::Value at);
  bool isAsync() const { return query.async || key.async || value.async; }

  // AttendSoftmax.cpp
  State startRows();
  /// Scores become weights of values, not yet divided by their total; what was
  /// summed before is brought to the new maximum.
  void emitSoftmax(mlir::Value tBegin, llvm::SmallVector<mlir::Value> &scores,
                   State &state);
  /// Divides the sums, and stores the statistic.
  void finishRows(State &state);
  /// The place of a score or sum among the registers of a thread, which has
  /// `count` of each row.
  int64_t registerOf(int64_t row, int64_t column, int64_t count) const {
    return tensorCores ? column / 2 * 4 + row * 2 + column % 2
                       : row * count + column;
  }
  /// Row (i32) of the tile that is number `row` of the thread.
  mlir::Value rowOf(int64_t row) {
    return add(firstRow, row * (tensorCores ? 8 : 1));
  }

  // AttendSimt.cpp
  void simtScores(mlir::Value at, llvm::SmallVector<mlir::Value> &scores);
  void simtProduct(mlir::Value at, mlir::ValueRange weights, State &state);
  void simtEpilogue(const State &state);
  /// multiplySimt() over `depth` steps, of which so many are written out as
  /// divide it and `written`.
  void accumulate(const SimtFactor &left, const SimtFactor &right,
                  int64_t depth, int64_t written,
                  llvm::SmallVector<mlir::Value> &sums);
  /// Weights of neighbouring rows lie side by side for each key; where there
  /// are many, they change places every four keys, so that threads of different
  /// keys store in different banks.
  int64_t turns() const;

  // AttendMma.cpp
  void mmaScores(mlir::Value at, llvm::SmallVector<mlir::Value> &scores);
  void mmaProduct(mlir::Value at, mlir::ValueRange weights, State &state);
  void mmaEpilogue(const State &state);
  void loadQuery();
  llvm::SmallVector<mlir::Value> splitWeights(mlir::ValueRange weights);

  // The keys of a thread in a tile lie, from the first on, at these positions.
  mlir::Value firstKey();
  int64_t keyOffset(int64_t key) const;

  void emitEpilogue(const TileEpilogue::Chunk &chunk);
  mlir::Value number32(double value);
};

} // namespace moec::gpu

#endif // MOEC_PASSES_GPU_ATTENDEMITTER_H
