//===- ContractEmitter.h - Emits the code of one contraction ---*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_CPU_CONTRACTEMITTER_H
#define MOEC_PASSES_CPU_CONTRACTEMITTER_H

#include "passes/CPU/RegisterTile.h"
#include "passes/Codegen/ContractBlocks.h"

namespace moec::cpu {

/// A packed operand, and when it is packed.
struct ContractPanel : Panel {
  bool resident = false;     ///< holds all of k, survives from block to block
  bool everyGroup = true;    ///< the same for all groups
  int64_t blockElements = 0; ///< elements of one k block
  int32_t direct = -1;       ///< input that is read in place, not packed; or -1
};

/// Emits `kernel.contract` as blocked, packed, register-tiled code: see the
/// description of moec-lower-contract. Layouts in scratch:
///   left, right:          [k block] panels, see layOutPanel()
///   sums:                 [NT / nr][MT / mr][mr][nr], or one [mr][nr]
class ContractEmitter : ContractBlocks {
public:
  ContractEmitter(kernel::ContractOp op, KernelFunction &kernel, int64_t lanes)
      : ContractBlocks(op, kernel, mlir::IndexType::get(op.getContext())),
        vl(lanes), packer(op, operands, lanes), scratch(kernel.scratch) {}

  /// Emits everything before the op and finishes the kernel function.
  mlir::LogicalResult emit();

private:
  int64_t vl; ///< f32 lanes of a vector
  PanelPacker packer;
  ScratchAllocator scratch;
  bool broken = false; ///< an error was reported

  RegisterTile tile; ///< of the strip that is emitted
  int64_t mr, nr;    ///< its rows and columns, but for the last strip
  int64_t kBlocks;
  bool single;    ///< one k block: the sums never leave the registers
  bool cutsTiles; ///< a register tile may reach past the last row
  ContractPanel left, right;
  mlir::Value sums;

  // LowerContract.cpp: the plan and the loop over blocks.
  mlir::LogicalResult plan();
  ContractPanel planPanel(mlir::Region &region, unsigned rowDim);
  int32_t directLeft();
  int32_t directRight();
  void remarkSlowOperands();
  void emitBlocks();
  mlir::SmallVector<mlir::Value> emitBlock(mlir::Value block,
                                           mlir::ValueRange keys);
  BlockRange decodeBlock(mlir::Value block, mlir::Value &mIndex,
                         mlir::Value &nIndex);
  mlir::Value packIfChanged(ContractPanel &panel, const BlockRange &range,
                            mlir::Value tileIndex, mlir::Value oldKey);
  /// Emits `body` for the register tiles (i, j) of a block, and how many
  /// columns the last strip has, 0 in others.
  void
  emitTiles(const BlockRange &range,
            llvm::function_ref<void(mlir::Value, mlir::Value, int64_t)> body);

  /// Packs [kBegin, kEnd) of a panel; `blockIndex` is its k block.
  void pack(const ContractPanel &panel, const BlockRange &range,
            mlir::Value kBegin, mlir::Value kEnd, mlir::Value blockIndex);

  // ContractTile.cpp
  /// The first row that register tile i multiplies. The last tile of a left
  /// operand that is read in place begins before the first row that it stores,
  /// so that it ends with the last one.
  mlir::Value firstRow(const BlockRange &range, mlir::Value i);
  /// Register tile (i, j) over k block `blockIndex`, `depth` elements from
  /// `kBegin`.
  void emitTile(const BlockRange &range, mlir::Value i, mlir::Value j,
                mlir::Value blockIndex, mlir::Value kBegin, mlir::Value depth);
  /// Lets register tile (i, j) ask for a part of the right strip behind its
  /// own, `strip(number)`, where that comes from beyond L1: the first row tile
  /// of a strip would wait for each of its lines.
  void askAhead(TileFactors &factors, const BlockRange &range, mlir::Value i,
                mlir::Value j,
                llvm::function_ref<mlir::Value(mlir::Value)> strip);
  /// Asks for the input rows that the epilogue of a tile will read.
  void prefetchEpilogue(const BlockRange &range, mlir::Value i, mlir::Value j);
  void emitEpilogue(const BlockRange &range, mlir::Value i, mlir::Value j,
                    int64_t rest);
  mlir::Value tileBase(mlir::Value i, mlir::Value j);
  void zeroSums();

  mlir::VectorType vectorType() {
    return mlir::VectorType::get({vl}, b.getF32Type());
  }
  /// for (i = from; i < to; i += step) body(i)
  void loop(mlir::Value from, mlir::Value to, int64_t step,
            llvm::function_ref<void(mlir::Value)> body);
};

} // namespace moec::cpu

#endif // MOEC_PASSES_CPU_CONTRACTEMITTER_H
