//===- AttendTile.h - Scores of attention in GPU threads -------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_GPU_ATTENDTILE_H
#define MOEC_PASSES_GPU_ATTENDTILE_H

#include "passes/GPU/BlockCode.h"
#include "passes/GPU/MmaTile.h"
#include "passes/GPU/SimtTile.h"
#include "passes/GPU/TileEpilogue.h"

namespace moec::gpu {

/// What the code of attention and that of its gradient share: a block of
/// `sTile` rows that meets keys `tTile` at a time, with the scores of a tile in
/// registers. The lanes of a warp that have the same rows, `across` of them
/// side by side, share the keys of a tile, and the columns of the products of
/// its weights. Factors lie in shared memory, as PanelStager brings them there.
/// In the blocks of a gradient that belong to keys, rows and keys change
/// places.
class AttendTile : protected codegen::IndexMath {
protected:
  /// `isGradient`: the depth of scores are columns as well, and there are two
  /// products of each kind.
  AttendTile(kernel::StructuredKernelOpInterface op, kernel::GpuAttr machine,
             bool isGradient)
      : IndexMath(op, mlir::IntegerType::get(op->getContext(), 32)),
        machine(machine), stager(op, operands), mma(op, stager), structured(op),
        isGradient(isGradient) {}

  kernel::GpuAttr machine;
  KernelOperands operands;
  PanelStager stager;
  MmaTile mma;

  int64_t sTile, tTile, eTile, dTile; ///< of a block
  bool tensorCores;                   ///< mma.sync
  int64_t rows, keys;                 ///< of a thread: scores of a tile
  int64_t across;                     ///< threads that share rows
  int64_t threads;
  int64_t weightsAt; ///< byte of f32 [tTile][sTile], simt alone
  SharedMemory shared;

  mlir::Value tid;      ///< i32
  mlir::Value number;   ///< i32, among the threads that share rows
  mlir::Value firstRow; ///< i32, of the thread in the tile

  // AttendTile.cpp
  mlir::InFlightDiagnostic scheduleError();
  /// Reads the schedule; an error at the op if there is no code for it.
  mlir::LogicalResult planTile();
  mlir::LogicalResult planPanel(Panel &panel, mlir::Region &region,
                                unsigned rowDim, unsigned depthDim,
                                int64_t rows, int64_t depth);
  /// An error if a block takes more than `bytes` of shared memory.
  mlir::LogicalResult checkShared(int64_t bytes);
  /// A remark if tensor cores have to wait for registers.
  void remarkStaged(const Panel &panel, llvm::StringRef name);
  /// The numbers of the thread, at the position of the builder.
  void startThread();
  /// Brings the tile of a panel from step `k` on to byte `at`.
  void stage(Panel &panel, const PanelPart &part, llvm::ArrayRef<Piece> pieces,
             mlir::Value k, mlir::Value at);
  /// What is in flight has landed, and all threads are here.
  void settle(bool isAsync);
  /// A panel, and what of it is brought to shared memory.
  struct Factor {
    Panel &panel;
    PanelPart part;
  };
  /// left * right over `depth`: those at byte 0 and at byte `at`, or, if it
  /// takes several tiles, staged one after the other. Left fragments may be in
  /// registers (mma.sync).
  llvm::SmallVector<mlir::Value> emitScores(const Factor &left,
                                            const Factor &right, mlir::Value at,
                                            int64_t depth,
                                            mlir::ValueRange fragments = {});
  /// sums += weights * right, whose rows are the columns and whose depth are
  /// the keys. With simt weights pass through shared memory, inside of a warp.
  void addProduct(mlir::ValueRange weights, const Panel &right, mlir::Value at,
                  llvm::SmallVector<mlir::Value> &sums);
  /// Takes the sums of the block to the epilogue, whose memory nobody uses.
  void storeSums(mlir::ValueRange sums, TileEpilogue &epilogue,
                 const TileEpilogue::Part &part);

  /// Sums of a thread in a tile of so many columns.
  int64_t sumsOfThread(int64_t columns) const {
    return rows * columns / across;
  }
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
  /// The keys of a thread in a tile lie, from the first on, at these positions,
  /// so many beside each other.
  mlir::Value firstKey();
  int64_t keyOffset(int64_t key) const;
  int64_t keysTogether() const {
    return tensorCores ? 2 : SimtFactor::groupSize(keys);
  }
  mlir::Value number32(double value);

  // AttendMma.cpp
  /// The left fragments of all steps of the rows of the warp.
  llvm::SmallVector<mlir::Value> loadFragments(const Panel &left);

private:
  kernel::StructuredKernelOpInterface structured;
  bool isGradient;

  mlir::LogicalResult planSimt(llvm::ArrayRef<int64_t> micro);
  mlir::LogicalResult planMma(llvm::ArrayRef<int64_t> micro);

  // AttendSimt.cpp
  void simtScores(const Panel &left, const Panel &right, mlir::Value at,
                  llvm::SmallVector<mlir::Value> &scores);
  void simtProduct(mlir::ValueRange weights, const Panel &right, mlir::Value at,
                   llvm::SmallVector<mlir::Value> &sums);
  TileEpilogue::Chunk simtSums(mlir::ValueRange sums, TileEpilogue &epilogue);
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
  void mmaScores(const Panel &left, const Panel &right, mlir::Value at,
                 mlir::ValueRange fragments,
                 llvm::SmallVector<mlir::Value> &scores);
  void mmaProduct(mlir::ValueRange weights, const Panel &right, mlir::Value at,
                  llvm::SmallVector<mlir::Value> &sums);
  TileEpilogue::Chunk mmaSums(mlir::ValueRange sums, TileEpilogue &epilogue);
  llvm::SmallVector<mlir::Value> splitWeights(mlir::ValueRange weights);
};

} // namespace moec::gpu

#endif // MOEC_PASSES_GPU_ATTENDTILE_H
