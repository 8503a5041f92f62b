//===- RegisterTile.h - The product that fills the registers ---*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_CPU_REGISTERTILE_H
#define MOEC_PASSES_CPU_REGISTERTILE_H

#include "passes/CPU/PanelPacker.h"

namespace moec::cpu {

/// Rows, and columns in vectors of `lanes`, whose sums stay in registers.
struct RegisterTile {
  int64_t rows, vectors, lanes;
  int64_t columns() const { return vectors * lanes; }
  /// Sum (r, v) is number r * vectors + v.
  int64_t sums() const { return rows * vectors; }
  /// Where sum `number` is stored, in rows `stride` apart.
  int64_t place(int64_t number, int64_t stride) const {
    return number / vectors * stride + number % vectors * lanes;
  }
};

/// Emits `body` for the strips of columns of a block of `width`: first the
/// whole ones, of tile.columns() each, then the last one, with as few vectors
/// in `tile` as hold it, if the `extent` of all blocks leaves a rest. `body`
/// gets the number of a strip and that rest, 0 in a whole one.
void emitStrips(mlir::OpBuilder &b, mlir::Location loc, RegisterTile &tile,
                mlir::Value width, int64_t extent,
                llvm::function_ref<void(mlir::Value, int64_t)> body);

/// The `micro` of a schedule in vectors of `lanes`; an error at `op` if it is
/// far larger than any machine's registers, since tiles are written out.
mlir::FailureOr<RegisterTile> readRegisterTile(mlir::Operation *op,
                                               kernel::ScheduleAttr schedule,
                                               int64_t lanes);

/// The factors of a tile in one-dimensional buffers, the left one of f32, the
/// right one of f32 or bf16: row r of the left one at leftBase + r * leftRow +
/// k * leftStep, the row of columns of the right one at rightBase + k *
/// rightStep. If there is an `ahead`, steps ask for what lies in the right
/// buffer from there on, `aheadStep` elements a step, a line at a time: a tile
/// to come will read it.
struct TileFactors {
  mlir::Value left, leftBase;
  int64_t leftRow, leftStep;
  mlir::Value right, rightBase;
  int64_t rightStep;
  mlir::Value ahead = {};
  int64_t aheadStep = 0;
};

/// sums[r, :] += sum over k < depth of left(r, k) * right(k, :), in ascending
/// k: what the loop of FMAs leaves of `sums`, vector<lanes x f32> each.
llvm::SmallVector<mlir::Value>
multiplyTile(mlir::OpBuilder &b, mlir::Location loc, const RegisterTile &tile,
             const TileFactors &factors, mlir::Value depth,
             mlir::ValueRange sums);

/// The columns of a tile in the space of a kernel op, for its epilogue.
struct TileColumns {
  unsigned dim;                                 ///< n
  llvm::SmallVector<mlir::Value> starts, masks; ///< of each vector
};
/// Those from `begin` on: `rest` of them, or all where that is 0.
TileColumns columnsOf(mlir::OpBuilder &b, mlir::Location loc,
                      const RegisterTile &tile, unsigned dim, mlir::Value begin,
                      int64_t rest);

/// Stores what `epilogue` makes of a row of sums, `sum(v)` for vector v of its
/// columns, in the outs from number `firstOut` on. `dims` is the row's point at
/// the first column. Fails at ops that have no vector form.
mlir::LogicalResult
storeTileRow(mlir::OpBuilder &b, mlir::Location loc, const RegisterTile &tile,
             const KernelOperands &operands, mlir::Region &epilogue,
             llvm::SmallVector<mlir::Value> dims, const TileColumns &columns,
             llvm::function_ref<mlir::Value(int64_t)> sum,
             unsigned firstOut = 0);

} // namespace moec::cpu

#endif // MOEC_PASSES_CPU_REGISTERTILE_H
