//===- PanelPacker.h - Matrices, packed for a register tile ----*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_CPU_PANELPACKER_H
#define MOEC_PASSES_CPU_PANELPACKER_H

#include "passes/CPU/Passes.h"
#include "passes/Codegen/IndexMath.h"
#include "passes/Codegen/OperandAccess.h"

namespace moec::cpu {

/// A piece of a matrix, the values of a region over `rowDim` (m of a left
/// operand, n of a right one) and `depthDim` (k), as f32 in scratch. Element
/// (row, k) of the piece, `row` in strip row / width, lies at
///
///   row / width * stripElements + row % width * rowElements + k * stepElements
struct Panel {
  mlir::Region *region;
  unsigned rowDim, depthDim;
  bool alongDepth; ///< the operand is read by vectors along k, else along rows
  bool isRight;    ///< a strip's rows lie side by side: its columns
  /// Rows of a strip. A panel with `rowElements` of 1 and one strip is
  /// [k][row].
  int64_t width;
  int64_t stripElements, rowElements, stepElements;
  bool cutsRows = true; ///< vectors along rows may reach past the last
  /// The depth that is packed, where it is always the same.
  std::optional<int64_t> depth = std::nullopt;
  double scale = 1; ///< what elements are multiplied by on the way
  mlir::Value buffer{};
};

/// Sets where the elements of a panel of `rows` x `depth`, in strips of `width`
/// rows, lie; returns how many there are. A left panel is read row by row where
/// it is packed along k, else step by step.
int64_t layOutPanel(Panel &panel, int64_t width, int64_t rows, int64_t depth,
                    int64_t lanes);

/// A missed remark if the operand, of the part `where` of the op, has to be
/// moved element by element along `dim`.
void remarkSlowOperand(mlir::Operation *op, const KernelOperands &operands,
                       unsigned operand, unsigned dim, llvm::StringRef where,
                       int64_t lanes);

/// Where the rows of a panel come from: the positions in the group's dims, null
/// for the others, and half-open ranges.
struct PanelRange {
  llvm::SmallVector<mlir::Value> dims;
  mlir::Value rowBegin, rowEnd, depthBegin, depthEnd;
};

/// Where rows of the inputs that a region uses begin, null for the others.
using Cursors = llvm::SmallVector<std::optional<RowCursor>>;
Cursors cursorsOf(mlir::OpBuilder &b, mlir::Location loc,
                  const KernelOperands &operands, mlir::Region &region,
                  mlir::ValueRange dims, unsigned laneDim);

/// for (i = from; i < to; i += step) body(i), with `b` inside of the loop.
void emitLoop(mlir::OpBuilder &b, mlir::Location loc, mlir::Value from,
              mlir::Value to, int64_t step,
              llvm::function_ref<void(mlir::Value)> body);

/// Emits the loops that pack panels.
class PanelPacker : IndexMath {
public:
  /// `operands` are those of `op`, and outlive this.
  PanelPacker(mlir::Operation *op, const KernelOperands &operands,
              int64_t lanes)
      : IndexMath(op, mlir::IndexType::get(op->getContext())),
        operands(operands), vl(lanes) {}

  /// Packs a piece to `base` of the panel's buffer, at `at`. Sets `failed` at a
  /// region that has no vector form.
  void pack(mlir::OpBuilder &at, const Panel &panel, const PanelRange &range,
            mlir::Value base);
  bool failed = false;

private:
  const KernelOperands &operands;
  int64_t vl;

  void packRowsAlongDepth(const Panel &panel, const PanelRange &range,
                          mlir::Value base);
  void packRowsAlongRows(const Panel &panel, const PanelRange &range,
                         mlir::Value base);
  void packColumnsAlongRows(const Panel &panel, const PanelRange &range,
                            mlir::Value base);
  void packColumnsAlongDepth(const Panel &panel, const PanelRange &range,
                             mlir::Value base);
  llvm::SmallVector<mlir::Value> pointOf(const Panel &panel,
                                         const PanelRange &range,
                                         mlir::Value row, mlir::Value k);
  Cursors cursors(const Panel &panel, mlir::ValueRange dims, unsigned laneDim);
  mlir::Value elements(const Panel &panel, const Cursors &rows,
                       const Lanes &lanes);
  /// Where the inputs of a panel begin that lie side by side along `laneDim`,
  /// at a point that is packed soon: pieces of rows far from each other are
  /// nothing that a hardware prefetcher sees coming.
  Cursors cursorsAhead(const Panel &panel, mlir::ValueRange point,
                       unsigned laneDim);
  /// Asks for what lies there at `position` of that dimension.
  void askFor(const Cursors &ahead, mlir::Value position);
  /// Vectors of `vl` steps over the depth, the last one masked.
  void overDepth(const Panel &panel, mlir::Value depth,
                 llvm::function_ref<void(mlir::Value, bool)> body);
  mlir::VectorType vectorType() {
    return mlir::VectorType::get({vl}, b.getF32Type());
  }
  void loop(mlir::Value from, mlir::Value to, int64_t step,
            llvm::function_ref<void(mlir::Value)> body) {
    emitLoop(b, loc, from, to, step, body);
  }
};

/// Transposes vl vectors of vl lanes (a power of two) with two-source shuffles.
llvm::SmallVector<mlir::Value>
transposeSquare(mlir::OpBuilder &b, mlir::Location loc, mlir::ValueRange rows);

} // namespace moec::cpu

#endif // MOEC_PASSES_CPU_PANELPACKER_H
