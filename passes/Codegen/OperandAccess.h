//===- OperandAccess.h - Loads and stores of kernel operands ---*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_CODEGEN_OPERANDACCESS_H
#define MOEC_PASSES_CODEGEN_OPERANDACCESS_H

#include "dialects/Kernel/KernelOps.h"
#include "passes/Codegen/AddressExpr.h"

namespace moec::codegen {

/// The loops that a kernel op's dimensions became.
struct LoopSpace {
  llvm::SmallVector<int64_t> extents;
  /// Each dimension of the op as a function of the loops.
  llvm::SmallVector<mlir::AffineExpr> dims;
};

/// A point or a run of lanes in the iteration space: one index value per
/// dimension. Lane `l` of the run lies at `values[laneDim] + l`.
struct Lanes {
  llvm::SmallVector<mlir::Value> values;
  unsigned laneDim = 0;
  int64_t count = 0;  ///< vector length; 0: a single point, scalars
  mlir::Value mask{}; ///< vector<count x i1>; null: all lanes
};

/// An operand whose address is known up to the position along `laneDim`: what
/// a row of work computes once. Made by KernelOperands::row.
struct RowCursor {
  unsigned operand;
  unsigned laneDim;
  LaneInfo lane;
  mlir::Value base;    ///< address at lane position 0; null if irregular or
                       ///< chunked
  mlir::Value present; ///< i1, null if always: the gathered row exists
  llvm::SmallVector<mlir::Value> dims;
};

/// The operands of one kernel op on memrefs, flattened to one dimension each
/// and addressed with one affine expression over the kernel's dims.
class KernelOperands {
public:
  /// Emits the flattening at the builder's position. Operands must be memrefs
  /// of static shape and identity layout, otherwise an error at the op.
  static mlir::FailureOr<KernelOperands>
  create(mlir::OpBuilder &b, kernel::StructuredKernelOpInterface op);

  /// The same operands in an iteration space that was written anew: one address
  /// an operand over loops of `extents`.
  void setSpace(llvm::ArrayRef<int64_t> extents,
                llvm::ArrayRef<mlir::AffineExpr> addresses);

  /// Promises that vectors along `dim` start at multiples of `lanes`.
  void setAligned(unsigned dim, int64_t lanes) {
    alignedDim = dim;
    alignment = lanes;
  }

  llvm::ArrayRef<int64_t> dims() const { return extents; }
  unsigned numInputs() const { return inputs; }
  unsigned numOuts() const { return operands.size() - inputs; }
  mlir::Value buffer(unsigned operand) const {
    return operands[operand].buffer;
  }
  mlir::Type elementType(unsigned operand) const;
  int64_t numElements(unsigned operand) const;

  /// Address without the gathered row number.
  mlir::AffineExpr address(unsigned operand) const {
    return operands[operand].address;
  }
  /// The input that holds the row numbers, or -1.
  int32_t gather(unsigned operand) const { return operands[operand].gather; }
  /// Elements from one row of a gathered operand to the next.
  int64_t rowStride(unsigned operand) const {
    return operands[operand].rowStride;
  }

  /// The offset at which group number `group` (index) of the ragged dimension
  /// begins, an i32. There is one more than groups, where the last one ends: of
  /// one group, too, begin and end are different elements.
  mlir::Value groupOffset(mlir::OpBuilder &b, mlir::Location loc,
                          mlir::Value group) const;

  /// Whether the element that is read depends on `dim`, a gather included.
  bool dependsOn(unsigned operand, unsigned dim) const;
  /// How the address moves along `dim`; Irregular if gathered rows change.
  LaneInfo along(unsigned operand, unsigned dim) const;
  /// Elements of the inputs that `region` uses which lie apart along `dim`, so
  /// that vectors along it are gathered.
  int64_t numApart(mlir::Region &region, unsigned dim) const;

  /// Fixes all dimensions but `laneDim` (whose entry in `dims` is ignored).
  RowCursor row(mlir::OpBuilder &b, mlir::Location loc, unsigned operand,
                mlir::ValueRange dims, unsigned laneDim) const;
  /// Loads the scalar at lane position `position` of a row.
  mlir::Value loadScalar(mlir::OpBuilder &b, mlir::Location loc,
                         const RowCursor &row, mlir::Value position) const;
  /// Loads `lanes.count` elements from position `lanes.values[laneDim]`;
  /// masked lanes and absent rows are 0. A scalar if the lane is invariant.
  mlir::Value loadVector(mlir::OpBuilder &b, mlir::Location loc,
                         const RowCursor &row, const Lanes &lanes) const;
  /// Stores a vector, or a scalar to every lane.
  void storeVector(mlir::OpBuilder &b, mlir::Location loc, const RowCursor &row,
                   const Lanes &lanes, mlir::Value value) const;
  void storeScalar(mlir::OpBuilder &b, mlir::Location loc, const RowCursor &row,
                   mlir::Value position, mlir::Value value) const;
  /// Loads with `lanes.count`: a vector, or for 0 the scalar at the point.
  mlir::Value load(mlir::OpBuilder &b, mlir::Location loc, const RowCursor &row,
                   const Lanes &lanes) const;

private:
  struct Operand {
    mlir::Value buffer;       // memref<N x element>
    mlir::AffineExpr address; // dims -> element offset
    int64_t rowStride = 0;    // elements, for gathers
    int32_t gather = -1;
  };
  llvm::SmallVector<Operand> operands;
  llvm::SmallVector<int64_t> extents;
  unsigned inputs = 0;
  /// The input with the offsets of the groups, its address as a function of the
  /// group, and how many there are.
  unsigned offsets = 0;
  mlir::AffineExpr offsetAddress;
  int64_t numOffsets = 0;
  unsigned alignedDim = ~0u;
  int64_t alignment = 1;

  RowCursor pointOf(mlir::OpBuilder &b, mlir::Location loc,
                    const RowCursor &cursor, mlir::Value position) const;
  mlir::Value laneOffsets(mlir::OpBuilder &b, mlir::Location loc,
                          const RowCursor &row, const Lanes &lanes,
                          mlir::Value &mask) const;
};

/// Numbers of the block arguments of `region` that are used, ascending.
llvm::SmallVector<unsigned> usedArguments(mlir::Region &region);

/// Clones the scalar ops of `region` for `lanes` (vectors, or scalars if
/// `lanes.count` is 0), whose dimensions are those of the op, or the loops of
/// `space`, with `arguments` for its block arguments (scalars where they are
/// invariant; null for unused ones) and returns what it yields: scalars where
/// nothing varies. Fails at ops that are not element-wise.
mlir::FailureOr<llvm::SmallVector<mlir::Value>>
inlineRegion(mlir::OpBuilder &b, mlir::Region &region,
             mlir::ValueRange arguments, const Lanes &lanes,
             const LoopSpace *space = nullptr);

/// True if the region yields exactly its argument `number`, untouched.
bool yieldsArgument(mlir::Region &region, unsigned number);

/// `value` as vector<count x T>: broadcast if it is a scalar.
mlir::Value toVector(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value,
                     int64_t count);
mlir::Value indexConstant(mlir::OpBuilder &b, mlir::Location loc,
                          int64_t value);
/// vector<count x i1> whose first `active` (index) lanes are set.
mlir::Value laneMask(mlir::OpBuilder &b, mlir::Location loc, mlir::Value active,
                     int64_t count);

} // namespace moec::codegen

#endif // MOEC_PASSES_CODEGEN_OPERANDACCESS_H
