//===- KernelBuilder.h - Builds kernel ops ----------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_KERNEL_KERNELBUILDER_H
#define MOEC_DIALECTS_KERNEL_KERNELBUILDER_H

#include "dialects/Kernel/KernelOps.h"
#include "mlir/IR/Builders.h"
#include <functional>
#include <optional>

namespace moec::kernel {

/// Scalar code of a region of a kernel op. Values are f32 unless the name says
/// otherwise; constants are made where they are used and merged by CSE.
class ScalarBuilder {
public:
  ScalarBuilder(mlir::OpBuilder &builder, mlir::Location loc)
      : builder(builder), loc(loc) {}

  mlir::Value constant(double value);
  mlir::Value constantI32(int64_t value);
  mlir::Value add(mlir::Value lhs, mlir::Value rhs);
  mlir::Value sub(mlir::Value lhs, mlir::Value rhs);
  mlir::Value mul(mlir::Value lhs, mlir::Value rhs);
  mlir::Value mul(mlir::Value lhs, double rhs);
  mlir::Value div(mlir::Value lhs, mlir::Value rhs);
  /// lhs * (1 / rhs) with an estimated reciprocal, within 2^-21; rhs is neither
  /// 0 nor infinite. Not for what has to become exact somewhere.
  mlir::Value estimatedDiv(mlir::Value lhs, mlir::Value rhs);
  mlir::Value neg(mlir::Value value);
  /// a * b + c, rounded once.
  mlir::Value fma(mlir::Value a, mlir::Value b, mlir::Value c);
  mlir::Value compare(mlir::arith::CmpFPredicate predicate, mlir::Value lhs,
                      mlir::Value rhs);
  mlir::Value compareI32(mlir::arith::CmpIPredicate predicate, mlir::Value lhs,
                         mlir::Value rhs);
  mlir::Value select(mlir::Value condition, mlir::Value yes, mlir::Value no);
  /// Low and high half of the unsigned product of two i32.
  std::pair<mlir::Value, mlir::Value> mulWide(mlir::Value lhs, mlir::Value rhs);
  /// Signed i32 to f32.
  mlir::Value toFloat(mlir::Value value);
  /// f32 that is a whole number to i32.
  mlir::Value toI32(mlir::Value value);
  /// The position (i32) along dimension `dim` of the enclosing kernel op.
  mlir::Value index(unsigned dim);
  /// A function of the dimensions, modulo 2^32.
  mlir::Value index(mlir::AffineExpr expr);
  /// Any op with one result, whose type it infers.
  template <typename OpT, typename... Args> mlir::Value op(Args... args) {
    return OpT::create(builder, loc, args...).getResult();
  }

private:
  mlir::OpBuilder &builder;
  mlir::Location loc;
};

/// Writes a region: gets its arguments, gives what it yields.
using Body = std::function<llvm::SmallVector<mlir::Value>(ScalarBuilder &,
                                                          mlir::ValueRange)>;

/// One phase of `kernel.rows`: the values that its body yields are reduced with
/// `combiner`.
struct Phase {
  kernel::Combiner combiner;
  Body body;
};

/// Operands and iteration space of a kernel op to be built.
class KernelSpec {
public:
  KernelSpec(mlir::Location loc, llvm::ArrayRef<int64_t> dims)
      : dims(dims), loc(loc) {}

  /// Adds an input read at `exprs` (one per axis). With `gather`, its first
  /// axis is read at the row number that input `gather` holds. Returns the
  /// input's number.
  unsigned input(mlir::Value value, llvm::ArrayRef<mlir::AffineExpr> exprs,
                 int32_t gather = -1);
  /// Adds a result of `shape`, f32 unless `element` says otherwise, stored at
  /// `exprs`, into a fresh tensor.
  void result(mlir::OpBuilder &builder, llvm::ArrayRef<int64_t> shape,
              llvm::ArrayRef<mlir::AffineExpr> exprs, mlir::Type element = {});
  /// Adds a result that overwrites `init`.
  void resultInto(mlir::Value init, llvm::ArrayRef<mlir::AffineExpr> exprs);
  /// Dimension `dim` runs over the rows of group d0, whose bounds input
  /// `offsets` holds.
  void ragged(unsigned dim, unsigned offsets);

  /// d`i` of the iteration space.
  mlir::AffineExpr dim(unsigned i) const;

  mlir::ValueRange map(mlir::OpBuilder &builder, const Body &body);
  /// `finish` and `emit` may be null: no such results.
  mlir::ValueRange rows(mlir::OpBuilder &builder, llvm::ArrayRef<Phase> phases,
                        const Body &finish, const Body &emit = nullptr);
  /// Multiplies inputs 0 and 1 as they are; `epilogue` gets the inputs, then
  /// the accumulator.
  mlir::ValueRange contract(mlir::OpBuilder &builder, const Body &epilogue);
  /// Inputs 0 to 2 are query, key and value as they are; of the results the
  /// first is what is attended to, a second the log-sum-exp of each row.
  mlir::ValueRange attend(mlir::OpBuilder &builder, double scale);

  /// Inputs 0 to 3 are query, key, value and the gradient of the result as they
  /// are, 4 and 5 the log-sum-exp and delta of each row; the results are the
  /// gradients of query, key and value.
  mlir::ValueRange attendGrad(mlir::OpBuilder &builder, double scale);

private:
  /// Attribute with the maps of inputs and outs.
  mlir::ArrayAttr maps(mlir::OpBuilder &builder) const;
  mlir::IntegerAttr optional(mlir::OpBuilder &builder,
                             std::optional<unsigned> value) const;
  llvm::SmallVector<mlir::Type> inputScalars() const;
  void fill(mlir::OpBuilder &builder, mlir::Region &region,
            llvm::ArrayRef<mlir::Type> arguments, const Body &body) const;

  llvm::SmallVector<int64_t> dims;
  mlir::Location loc;
  llvm::SmallVector<mlir::Value> ins, outs;
  llvm::SmallVector<mlir::AffineMap> inMaps, outMaps;
  llvm::SmallVector<int32_t> gathers;
  std::optional<unsigned> raggedDim, offsets;
};

/// The iteration space that reduces some axes of a tensor: the axes that stay,
/// in order (a single dimension of extent 1 if none does), then all others
/// collapsed into one.
struct RowSpace {
  llvm::SmallVector<int64_t> dims;
  /// Shape of a result with one value per row.
  llvm::SmallVector<int64_t> shape;
  /// Where an element of the tensor, and one of a per-row result, stands.
  llvm::SmallVector<mlir::AffineExpr> element, row;
  /// The position of a row's value seen from the space of all elements.
  llvm::SmallVector<mlir::AffineExpr> rowOfElement;
  /// How many elements a row has.
  int64_t extent = 1;
};
RowSpace rowsOver(mlir::MLIRContext *context, llvm::ArrayRef<int64_t> shape,
                  llvm::ArrayRef<int64_t> axes);

/// Splits a collapsed position into positions along axes of `extents`
/// (row-major); an axis of extent 1 is at 0.
llvm::SmallVector<mlir::AffineExpr>
delinearize(mlir::AffineExpr position, llvm::ArrayRef<int64_t> extents);

/// d0, ..., d(rank-1).
llvm::SmallVector<mlir::AffineExpr> identity(mlir::MLIRContext *context,
                                             unsigned rank);

/// The iteration space of one point per element: the shape, or [1] for a
/// scalar.
llvm::SmallVector<int64_t> elementSpace(llvm::ArrayRef<int64_t> shape);

/// The same elements under another shape (`tensor.collapse_shape`,
/// `tensor.expand_shape`).
mlir::Value reshape(mlir::OpBuilder &builder, mlir::Location loc,
                    mlir::Value value, llvm::ArrayRef<int64_t> shape);

} // namespace moec::kernel

#endif // MOEC_DIALECTS_KERNEL_KERNELBUILDER_H
