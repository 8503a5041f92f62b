//===- RowSpace.h ------- The loops of a row or map kernel -----*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_CODEGEN_ROWSPACE_H
#define MOEC_PASSES_CODEGEN_ROWSPACE_H

#include "passes/Codegen/OperandAccess.h"

namespace moec::codegen {

/// One loop of the nest that a kernel becomes.
struct LoopDim {
  int64_t extent;
  bool reduction;
  bool ragged;
};

/// What the loops do with an operand.
struct OperandUse {
  /// Element number as a function of the loops; for a row gather without the
  /// part of the gathered row.
  mlir::AffineExpr address;
  /// Input that holds the row, or -1.
  int gather = -1;
  /// Read in some region (inputs).
  bool used = false;
  /// Read, or stored, where the innermost loop runs (phases, emit, body).
  bool perElement = false;
};

/// The iteration space of a `kernel.rows` or `kernel.map` on memrefs, written
/// anew so that every operand has a simple address: a dimension that is taken
/// apart with floordiv and mod becomes two loops, and loops that are contiguous
/// together for all operands become one.
class RowSpace {
public:
  /// Dimensions beyond the grid of the op are reduced.
  RowSpace(kernel::StructuredKernelOpInterface op,
           const KernelOperands &operands);

  llvm::SmallVector<LoopDim> dims;
  /// The dimensions of the op as functions of the loops.
  llvm::SmallVector<mlir::AffineExpr> original;
  /// Inputs, then outs.
  llvm::SmallVector<OperandUse> operands;
  unsigned numInputs = 0;

  /// How the address of operand `i` moves along loop `d`; Irregular where a
  /// gathered row changes.
  LaneInfo along(unsigned i, unsigned d) const;
  llvm::SmallVector<int64_t> extents() const;
  llvm::SmallVector<mlir::AffineExpr> addresses() const;
  int raggedDim() const;
  /// Points of the space; a ragged loop is counted once for all groups.
  int64_t volume() const;
  /// The same, in units of the time that it takes to move an element: 16 ops in
  /// the regions take as long.
  int64_t work() const { return volume() * (1 + ops / 16); }
  /// Ops of all regions at a point, functions counted several times.
  int64_t opsPerPoint() const { return ops; }
  /// The loop that runs in vector lanes: the one with the cheapest accesses. A
  /// loop of extent 1 is added where there is none.
  unsigned chooseVectorDim(unsigned lanes);
  /// Loops in ascending order that are (not) reduced, without `except`.
  llvm::SmallVector<unsigned> select(bool reduction, int except = -1) const;

private:
  void split(unsigned d, int64_t inner);
  void drop(unsigned d);
  void join(unsigned outer, unsigned inner);
  bool joinable(unsigned outer, unsigned inner) const;
  void rewrite(llvm::ArrayRef<mlir::AffineExpr> replacements,
               llvm::ArrayRef<int64_t> extents);
  mlir::MLIRContext *context;
  int64_t ops = 0;
};

} // namespace moec::codegen

#endif // MOEC_PASSES_CODEGEN_ROWSPACE_H
