//===- TileEpilogue.h - From sums to results -------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_GPU_TILEEPILOGUE_H
#define MOEC_PASSES_GPU_TILEEPILOGUE_H

#include "passes/GPU/PanelStager.h"

namespace moec::gpu {

/// Applies the epilogue of a product to a tile of sums, some rows of it at a
/// time, which lie in shared memory as [parts][rows][stride] f32; parts are
/// added in order.
class TileEpilogue : codegen::IndexMath {
public:
  /// The last argument of `region` is the sum; it yields a value for each of
  /// the outs from `firstOut` on.
  TileEpilogue(mlir::Operation *op, const KernelOperands &operands,
               mlir::Region &region, unsigned rowDim, unsigned columnDim,
               unsigned firstOut = 0)
      : IndexMath(op, mlir::IntegerType::get(op->getContext(), 32)),
        operands(operands), region(region), rowDim(rowDim),
        columnDim(columnDim), firstOut(firstOut) {}

  int64_t columns = 0; ///< of the tile, a multiple of 4
  int64_t parts = 1;
  int64_t offset = 0; ///< bytes, where the sums lie
  SharedMemory memory;
  bool failed = false; ///< an error was reported

  /// Pairs of columns are written in 4 rows at a time, whole vectors read along
  /// the rows. Where a row is half of all banks both find each bank once only
  /// if the halves of a row, 8 columns each, trade places in every other pair
  /// of rows; longer rows lie 8 apart.
  bool trades() const { return columns % 32 == 16; }
  int64_t stride() const { return trades() ? columns : columns + 8; }
  int64_t bytes(int64_t rows) const { return parts * rows * stride() * 4; }
  /// Byte of element (row, column) of a chunk of sums. What is added to the
  /// column later has to be a multiple of 16, to the row of 4.
  mlir::Value place(mlir::OpBuilder &at, mlir::Value row, mlir::Value column);

  /// Where the tile lies.
  struct Part {
    /// Positions in the dims of the op (index), null at those that vary.
    llvm::SmallVector<mlir::Value> dims;
    mlir::Value rowBegin, rowEnd, columnBegin, columnEnd; ///< i32
  };
  /// Rows of the tile that pass through shared memory at a time.
  struct Chunk {
    int64_t rows;
    /// Row i of the chunk is row
    /// first + i / group * groupStep + i % group * step of the tile.
    int64_t first, group, groupStep, step;
  };
  /// Emits it at the position of `at` for `workers` threads, of which this is
  /// number `worker` (i32).
  void emit(mlir::OpBuilder &at, const Part &part, const Chunk &chunk,
            mlir::Value worker, int64_t workers);

private:
  const KernelOperands &operands;
  mlir::Region &region;
  unsigned rowDim, columnDim, firstOut;

  void follow(mlir::OpBuilder &at) {
    b.restoreInsertionPoint(at.saveInsertionPoint());
  }
  unsigned numOuts() const {
    return region.front().getTerminator()->getNumOperands();
  }
  /// The operand that yielded value number `value` is stored in.
  unsigned outOf(unsigned value) const {
    return operands.numInputs() + firstOut + value;
  }
  mlir::Value place(mlir::Value row, mlir::Value column);
  bool storesAlongRows() const;
  int64_t width() const;
};

} // namespace moec::gpu

#endif // MOEC_PASSES_GPU_TILEEPILOGUE_H
