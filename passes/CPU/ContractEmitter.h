//===- ContractEmitter.h - Emits the code of one contraction ---*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_CPU_CONTRACTEMITTER_H
#define MOEC_PASSES_CPU_CONTRACTEMITTER_H

#include "passes/CPU/Passes.h"
#include "passes/Codegen/ContractBlocks.h"

namespace moec::cpu {

/// Where a packed operand lies in scratch and how it got there.
struct Panel {
  mlir::Region *region;  ///< `lhs` or `rhs`
  unsigned rowDim;       ///< m or n
  bool lanesAlongK;      ///< elements are loaded along k, else along rowDim
  bool resident;         ///< holds all of k and survives from block to block
  bool everyGroup;       ///< the same for all groups
  int64_t blockElements; ///< elements of one k block
  mlir::Value buffer;    ///< memref<N x f32>
  int32_t direct = -1;   ///< input that is read in place, not packed; or -1
};

/// Emits `kernel.contract` as blocked, packed, register-tiled code: see the
/// description of moec-lower-contract. Layouts in scratch:
///   left, lanes along k:  [k block][MT][kStride]   (rows, broadcast scalars)
///   left, lanes along m:  [k block][MT / mr][kPad][mr], or with rows that do
///                         not fill vectors evenly [k block][kPad][mStride]
///   right:                [k block][NT / nr][kPad][nr]
///   sums:                 [NT / nr][MT / mr][mr][nr], or one [mr][nr]
class ContractEmitter : ContractBlocks {
public:
  ContractEmitter(kernel::ContractOp op, KernelFunction &kernel, int64_t lanes)
      : ContractBlocks(op, kernel, mlir::IndexType::get(op.getContext())),
        vl(lanes), scratch(kernel.scratch) {}

  /// Emits everything before the op and finishes the kernel function.
  mlir::LogicalResult emit();

private:
  int64_t vl; ///< f32 lanes of a vector
  ScratchAllocator scratch;
  bool broken = false; ///< an error was reported

  int64_t mr, nr, nv; // the register tile; nv = nr / vl
  int64_t kBlocks;
  int64_t kPad, kStride;
  // Left panel packed along m: how far the next k and the next register tile
  // is.
  int64_t mStride, stripElements;
  bool strips; ///< the rows of a register tile lie in a strip of their own
  bool single; ///< one k block: the sums never leave the registers
  Panel left, right;
  mlir::Value sums;

  // LowerContract.cpp: the plan and the loop over blocks.
  mlir::LogicalResult plan();
  Panel planPanel(mlir::Region &region, unsigned rowDim);
  int32_t directRight();
  void remarkSlowOperands();
  void emitBlocks();
  mlir::SmallVector<mlir::Value> emitBlock(mlir::Value block,
                                           mlir::ValueRange keys);
  BlockRange decodeBlock(mlir::Value block, mlir::Value &mIndex,
                         mlir::Value &nIndex);
  mlir::Value packIfChanged(Panel &panel, const BlockRange &range,
                            mlir::Value tileIndex, mlir::Value oldKey);
  void emitTiles(const BlockRange &range,
                 llvm::function_ref<void(mlir::Value, mlir::Value)> body);

  // ContractPack.cpp
  /// Packs [kBegin, kEnd) of a panel; `blockIndex` is its k block.
  void pack(const Panel &panel, const BlockRange &range, mlir::Value kBegin,
            mlir::Value kEnd, mlir::Value blockIndex);
  void packLeftRows(const BlockRange &range, mlir::Value kBegin,
                    mlir::Value kEnd, mlir::Value base);
  void packLeftColumns(const BlockRange &range, mlir::Value kBegin,
                       mlir::Value kEnd, mlir::Value base);
  void packRightRows(const BlockRange &range, mlir::Value kBegin,
                     mlir::Value kEnd, mlir::Value base);
  void packRightTransposed(const BlockRange &range, mlir::Value kBegin,
                           mlir::Value kEnd, mlir::Value base);
  using Cursors = llvm::SmallVector<std::optional<RowCursor>>;
  Cursors cursors(mlir::Region &region, mlir::ValueRange dims,
                  unsigned laneDim);
  mlir::Value elements(mlir::Region &region, const Cursors &rows,
                       const Lanes &lanes);

  // ContractTile.cpp
  /// Register tile (i, j) over k block `blockIndex`, `depth` elements from
  /// `kBegin`.
  void emitTile(const BlockRange &range, mlir::Value i, mlir::Value j,
                mlir::Value blockIndex, mlir::Value kBegin, mlir::Value depth);
  /// Asks for the input rows that the epilogue of a tile will read.
  void prefetchEpilogue(const BlockRange &range, mlir::Value i, mlir::Value j);
  void emitEpilogue(const BlockRange &range, mlir::Value i, mlir::Value j);
  mlir::Value tileBase(mlir::Value i, mlir::Value j);
  void zeroSums();

  mlir::VectorType vectorType() {
    return mlir::VectorType::get({vl}, b.getF32Type());
  }
  /// for (i = from; i < to; i += step) body(i)
  void loop(mlir::Value from, mlir::Value to, int64_t step,
            llvm::function_ref<void(mlir::Value)> body);
};

/// Transposes vl vectors of vl lanes (a power of two) with two-source shuffles.
llvm::SmallVector<mlir::Value>
transposeSquare(mlir::OpBuilder &b, mlir::Location loc, mlir::ValueRange rows);

} // namespace moec::cpu

#endif // MOEC_PASSES_CPU_CONTRACTEMITTER_H
