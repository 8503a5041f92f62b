//===- PanelStager.h - Operands into shared memory -------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_GPU_PANELSTAGER_H
#define MOEC_PASSES_GPU_PANELSTAGER_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "passes/Codegen/IndexMath.h"
#include "passes/Codegen/OperandAccess.h"
#include "passes/GPU/LaunchShape.h"

namespace moec::gpu {

/// How the elements of a tile lie in shared memory.
enum class PanelLayout {
  Steps,  ///< f32, [depth][stride], a row's elements `stride` apart
  Chunks, ///< bf16, lines of 16-byte chunks, [row][depth] or [depth][rows]; the
          ///< chunks of a line are exchanged by the number of the line
          ///< (swizzled), so that neither ldmatrix nor the stores meet bank
          ///< conflicts
  Blocks, ///< bf16 as wgmma wants it
};

/// An operand of a product on its way into shared memory. A tile of it has
/// `rows` rows and `depth` steps of what is summed over. A thread moves
/// `pieces` pieces of `width` elements that lie side by side along the depth or
/// along the rows, whichever is contiguous in memory.
struct Panel {
  mlir::Region *region = nullptr;
  unsigned rowDim = 0, depthDim = 0;
  int64_t rows = 0, depth = 0;
  PanelLayout layout = PanelLayout::Steps;
  bool alongDepth = false; ///< pieces run along the depth, else along the rows
  bool async = false;      ///< moved by cp.async, not through registers
  int64_t width = 1;
  int64_t pieces = 0;
  int64_t stride = 0; ///< of PanelLayout::Steps
  llvm::SmallVector<unsigned> inputs;
  int64_t offset = 0, bytes = 0; ///< inside of a stage
  mlir::Value pointer;           ///< async: the operand as !llvm.ptr<1>
  /// wgmma: moved by TMA along these dimensions, the contiguous one first; the
  /// kernel argument with the tensor map.
  llvm::SmallVector<unsigned> tmaDims;
  mlir::Value tensorMap;

  /// The dimension along which pieces run.
  unsigned lane() const { return alongDepth ? depthDim : rowDim; }
};

/// The part of an operand that tiles are taken from.
struct PanelPart {
  /// Positions in the dims of the op (index), null at those that vary.
  llvm::SmallVector<mlir::Value> dims;
  mlir::Value rowBegin, rowEnd, depthEnd; ///< i32
  bool cutsRows = true;    ///< a tile may reach past the last row
  bool cutsDepth = true;   ///< or past the end of the depth
  bool mayBeEmpty = false; ///< there may be no step at all
};

/// What a thread knows of a piece before the loop over the depth.
struct Piece {
  mlir::Value row;   ///< i32, position along the row dimension, clamped
  mlir::Value k;     ///< i32, position inside of the tile's depth
  mlir::Value place; ///< i32, byte offset inside of a stage
  /// For each input of the panel its row along the depth, and its value if that
  /// does not depend on the depth.
  llvm::SmallVector<RowCursor> cursors;
  llvm::SmallVector<mlir::Value> fixed;
};

/// Whether an operand has one element for a whole tile along `lane`.
bool isRepeated(const KernelOperands &operands, unsigned operand,
                unsigned lane);
/// Whether `width` elements of an operand along `lane`, from a multiple of it,
/// lie side by side and begin at a multiple of `width` elements in memory, also
/// in a slice of stacked operands.
bool isContiguous(const KernelOperands &operands, unsigned operand,
                  unsigned lane, int64_t width);

/// Brings tiles of operands into shared memory: gather, transposition, the
/// region's map and the layout that the multiplication wants happen on the way.
class PanelStager : codegen::IndexMath {
public:
  /// `operands` are those of `op`, and outlive this.
  PanelStager(kernel::StructuredKernelOpInterface op,
              const KernelOperands &operands)
      : IndexMath(op, mlir::IntegerType::get(op->getContext(), 32)), op(op),
        operands(operands) {}

  /// The threads that move elements together, numbered from 0 (`worker`, i32).
  int64_t workers = 0;
  mlir::Value worker;
  SharedMemory memory;
  bool failed = false; ///< an error was reported

  /// Sets what follows from region, dims, sizes, layout and `alongDepth`. The
  /// workers must divide the elements of the tile.
  void plan(Panel &panel) const;

  // All of these emit at the position of `at`.

  /// The position of each piece of this thread; emitted before the loop.
  llvm::SmallVector<Piece> pieces(mlir::OpBuilder &at, const Panel &panel,
                                  const PanelPart &part);
  /// Loads what the region needs for the tile that starts at step `k`.
  llvm::SmallVector<mlir::Value> load(mlir::OpBuilder &at, const Panel &panel,
                                      const PanelPart &part,
                                      llvm::ArrayRef<Piece> pieces,
                                      mlir::Value k);
  /// Applies the region to what was loaded and stores it in the stage at byte
  /// `stage`.
  void store(mlir::OpBuilder &at, const Panel &panel, const PanelPart &part,
             llvm::ArrayRef<Piece> pieces, mlir::Value k,
             mlir::ValueRange loaded, mlir::Value stage);
  /// Starts the copy of a tile of an asynchronous panel.
  void copyAsync(mlir::OpBuilder &at, const Panel &panel, const PanelPart &part,
                 llvm::ArrayRef<Piece> pieces, mlir::Value k,
                 mlir::Value stage);
  /// The base of an input as !llvm.ptr<1>.
  mlir::Value globalPointer(mlir::OpBuilder &at, unsigned input);
  /// Byte of element (row, k) of a tile in a layout of bf16.
  mlir::Value swizzled(mlir::OpBuilder &at, const Panel &panel, mlir::Value row,
                       mlir::Value k);
  /// What load() gives for input number `slot` of the panel: a vector if a
  /// piece has several elements that differ for it.
  mlir::Type loadedType(const Panel &panel, unsigned slot) const;

private:
  kernel::StructuredKernelOpInterface op;
  const KernelOperands &operands;

  void follow(mlir::OpBuilder &at) {
    b.restoreInsertionPoint(at.saveInsertionPoint());
  }
  bool canVectorize(const Panel &panel, int64_t width) const;
  mlir::Value place(const Panel &panel, mlir::Value row, mlir::Value k);
  mlir::Value addressOf(const RowCursor &cursor, mlir::Value k);
  RowCursor cursorAt(const Panel &panel, const Piece &piece, unsigned slot,
                     mlir::Value k);
  mlir::Value loadInput(const Panel &panel, const Piece &piece, unsigned slot,
                        mlir::Value k);
  mlir::Value insideDepth(const PanelPart &part, mlir::Value k);
  mlir::Value clampedDepth(const Panel &panel, const PanelPart &part,
                           mlir::Value k);
  mlir::Value zero(mlir::Type type);
  mlir::Type elementType(const Panel &panel) {
    return panel.layout == PanelLayout::Steps ? mlir::Type(b.getF32Type())
                                              : mlir::Type(b.getBF16Type());
  }
};

} // namespace moec::gpu

#endif // MOEC_PASSES_GPU_PANELSTAGER_H
