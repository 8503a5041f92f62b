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
///   query:   [ST / nr][d][nr]     scaled: right of the scores
///   keys:    [key block][TT][d]   left of the scores, in strips of mr
///   values:  [key block][E][TT]   left of the result, in strips of mr
///   scores:  [TT][nr]             then their exponentials: right of it
///   sums:    [ST / nr][E][nr], or one [E][nr]
///   turned:  [nr][columns]        rows of the result
///   maxima, totals: [ST]          see AttendSoftmax.cpp
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
  int64_t sTiles, tBlocks, eTiles; ///< how many of them; tiles of columns
  RegisterTile tile;               ///< of the strip that is emitted
  int64_t mr, nr;      ///< its rows and columns, but for the last strip
  RegisterTile stored; ///< a row of columns of the result
  bool single;         ///< one block of keys: nothing is computed twice
  bool resident;       ///< all keys and values stay packed from block to block
  /// What tells the keys and values of groups apart, over the dims: heads of
  /// the query that share them have the same numbers.
  llvm::SmallVector<mlir::AffineExpr> identity;
  Panel query, key, value;
  int64_t keyElements, valueElements; ///< of one block of keys
  int64_t sumElements;                ///< of a strip
  mlir::Value scores, sums, turned, maxima, totals;

  /// A block of the grid.
  struct Rows {
    llvm::SmallVector<mlir::Value> dims; ///< the group's, null for the others
    mlir::Value begin, end;              ///< of s; nr of them a strip
  };
  /// A block of keys.
  struct Keys {
    mlir::Value begin, count, keyBase, valueBase;
  };

  mlir::LogicalResult plan();
  void remarkSlowOperands();
  /// Takes and returns the `identity` of what is packed.
  llvm::SmallVector<mlir::Value> emitBlock(mlir::Value block,
                                           mlir::ValueRange packed);
  /// Emits `body` for strips of whole tiles and for a narrower last one.
  void overStrips(const Rows &rows, llvm::function_ref<void(mlir::Value)> body);
  using Vectors = llvm::SmallVector<mlir::Value>;
  /// Stores the scores; returns the largest of each row, `before` included.
  Vectors emitScores(mlir::Value strip, const Keys &keys,
                     mlir::ValueRange before);
  void emitProduct(mlir::Value strip, const Keys &keys,
                   llvm::ArrayRef<mlir::Value> factors);
  void emitEpilogue(const Rows &rows, mlir::Value strip,
                    llvm::ArrayRef<mlir::Value> quotients);
  mlir::Value sumBase(mlir::Value strip);
  PanelRange pieceOf(const Rows &rows, mlir::Value rowBegin, mlir::Value rowEnd,
                     mlir::Value depthBegin, mlir::Value depthEnd);

  // AttendKeys.cpp
  llvm::SmallVector<mlir::AffineExpr> identifyKeys();
  /// Packs all keys, if they may stay and have another `identity` than
  /// `packed`.
  llvm::SmallVector<mlir::Value> packIfChanged(const Rows &rows,
                                               mlir::ValueRange packed);
  /// Calls `body` for each block of keys; packs none of them.
  void overKeys(llvm::function_ref<void(const Keys &)> body);
  void packKeys(const Rows &rows, const Keys &keys);

  // AttendSoftmax.cpp
  /// Whether scores are in units of log 2: times log2(e), by which the query is
  /// scaled as it is packed, so that exp is a power of 2. Not where a gradient
  /// reads the statistic: it computes the scores again and has to get the same.
  bool isInLog2Units() { return !op.getStatistic(); }
  /// Of each row of a strip, one a lane.
  struct Softmax {
    Vectors maxima, totals; ///< so far
    Vectors factors;        ///< of the sums before; none if there are none
  };
  void startRows();
  /// exp(score - largest), in the units of both.
  mlir::Value
  power(mlir::Value score, mlir::Value largest,
        mlir::arith::FastMathFlags flags = mlir::arith::FastMathFlags::none);
  /// The softmax of a strip so far: of no keys, or as it was left.
  Softmax startSoftmax();
  Softmax loadSoftmax(mlir::Value strip);
  /// That with these keys, which make `largest` of its maxima.
  Softmax emitSoftmax(mlir::Value strip, const Keys &keys, Softmax before,
                      const Vectors &largest);
  /// Stores the statistic; returns what sums are multiplied by.
  Vectors finishRows(const Rows &rows, mlir::Value strip,
                     const Softmax &softmax);
  Vectors loadStrip(mlir::Value perRow, mlir::Value strip);
  Vectors
  overKeysOf(const Keys &keys, mlir::ValueRange start,
             llvm::function_ref<Vectors(mlir::Value, mlir::ValueRange)> body);

  mlir::VectorType vectorType() {
    return mlir::VectorType::get({vl}, b.getF32Type());
  }
  mlir::Value loadVector(mlir::Value buffer, mlir::Value at);
  void storeVector(mlir::Value vector, mlir::Value buffer, mlir::Value at);
  void loop(mlir::Value from, mlir::Value to, int64_t step,
            llvm::function_ref<void(mlir::Value)> body) {
    emitLoop(b, loc, from, to, step, body);
  }
};

} // namespace moec::cpu

#endif // MOEC_PASSES_CPU_ATTENDEMITTER_H
