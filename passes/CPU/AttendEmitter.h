//===- AttendEmitter.h - Emits the code of one attention -------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_CPU_ATTENDEMITTER_H
#define MOEC_PASSES_CPU_ATTENDEMITTER_H

#include "passes/CPU/RegisterTile.h"
#include "passes/Codegen/KernelFunction.h"

namespace moec::cpu {

/// Emits `kernel.attend`: see the description of moec-lower-attend. A block of
/// the grid is ST rows of the query of one group; it takes the keys TT at a
/// time. In scratch, all f32:
///   query:   [ST][stride]                  times the scale
///   keys:    [key block][TT / nr][d][nr]   the right operand of the scores
///   values:  [key block][E / nr][TT][nr]   the right operand of the result
///   scores:  [ST][stride]                  then their exponentials: the left
///   one sums:    [E / nr][ST / mr][mr][nr], or one [mr][nr] maxima, totals,
///   factors: [ST]          see AttendSoftmax.cpp
class AttendEmitter : IndexMath {
public:
  AttendEmitter(kernel::AttendOp op, KernelFunction &kernel, int64_t lanes)
      : IndexMath(op, mlir::IndexType::get(op.getContext())), op(op),
        kernel(kernel), vl(lanes), packer(op, operands, lanes),
        scratch(kernel.scratch) {}

  /// Emits everything before the op and finishes the kernel function.
  mlir::LogicalResult emit();

private:
  kernel::AttendOp op;
  KernelFunction &kernel;
  KernelOperands operands;
  int64_t vl; ///< f32 lanes of a vector
  PanelPacker packer;
  ScratchAllocator scratch;
  bool broken = false; ///< an error was reported

  int64_t S, E, T, D;              ///< extents
  int64_t sTile, tTile;            ///< rows of a block, keys at a time
  int64_t sTiles, tBlocks, eTiles; ///< how many of them; strips of columns
  RegisterTile tile;
  int64_t mr, nr; ///< its rows and columns
  bool single;    ///< one block of keys: nothing is computed twice
  bool resident;  ///< all keys and values stay packed from block to block
  Panel query, key, value;
  int64_t keyElements, valueElements; ///< of one block of keys
  int64_t scoreStride;
  mlir::Value scores, sums, maxima, totals, factors;

  /// A block of the grid.
  struct Rows {
    llvm::SmallVector<mlir::Value> dims; ///< the group's, null for the others
    mlir::Value begin, end, tiles;       ///< of s; register tiles of them
  };
  /// A block of keys.
  struct Keys {
    mlir::Value begin, count, keyBase, valueBase;
  };

  mlir::LogicalResult plan();
  void remarkSlowOperands();
  void emitBlocks();
  /// Returns the number of the group whose keys are packed now.
  mlir::Value emitBlock(mlir::Value block, mlir::Value packed);
  /// Calls `body` for each block of keys; packs none of them.
  void overKeys(llvm::function_ref<void(const Keys &)> body);
  void packKeys(const Rows &rows, const Keys &keys);
  void emitScores(const Rows &rows, const Keys &keys);
  void emitProduct(const Rows &rows, const Keys &keys);
  void emitEpilogue(const Rows &rows, mlir::Value i, mlir::Value j);
  mlir::Value sumBase(mlir::Value i, mlir::Value j);
  PanelRange pieceOf(const Rows &rows, mlir::Value rowBegin, mlir::Value rowEnd,
                     mlir::Value depthBegin, mlir::Value depthEnd);

  // AttendSoftmax.cpp
  void startRows();
  void emitSoftmax(const Rows &rows, const Keys &keys);
  void finishRows(const Rows &rows);
  mlir::Value overColumns(mlir::Value count, kernel::Combiner combiner,
                          llvm::function_ref<mlir::Value(mlir::Value)> body);

  mlir::VectorType vectorType() {
    return mlir::VectorType::get({vl}, b.getF32Type());
  }
  mlir::Value loadVector(mlir::Value buffer, mlir::Value at);
  void fill(mlir::Value buffer, int64_t count, mlir::Value vector);
  void loop(mlir::Value from, mlir::Value to, int64_t step,
            llvm::function_ref<void(mlir::Value)> body) {
    emitLoop(b, loc, from, to, step, body);
  }
};

} // namespace moec::cpu

#endif // MOEC_PASSES_CPU_ATTENDEMITTER_H
