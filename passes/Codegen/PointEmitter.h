//===- PointEmitter.h - Points of a row or map kernel ----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_CODEGEN_POINTEMITTER_H
#define MOEC_PASSES_CODEGEN_POINTEMITTER_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "passes/Codegen/Passes.h"
#include "passes/Codegen/RowSpace.h"

namespace moec::codegen {

/// One point of the iteration space or, where the vector loop is bound, as many
/// as the vector has lanes. A loop that is not yet bound has a null index; what
/// was computed further out is kept.
struct Point {
  llvm::SmallVector<mlir::Value> index;
  /// Lanes that exist, null for all.
  mlir::Value mask;
  /// One entry an operand: where its row starts, and its value.
  llvm::SmallVector<std::optional<RowCursor>> cursor;
  llvm::SmallVector<mlir::Value> loaded;
};

/// A half-open range of a loop; the values are null where it is static.
struct LoopRange {
  int64_t lo = 0, hi = 0;
  mlir::Value dynamicLo, dynamicHi;
  bool isStatic() const { return !dynamicHi; }
};

/// Joins two values of a phase; the value that a sum or maximum starts from.
mlir::Value combine(mlir::OpBuilder &b, mlir::Location loc,
                    kernel::Combiner combiner, mlir::Value l, mlir::Value r);
mlir::Value neutral(mlir::OpBuilder &b, mlir::Location loc,
                    kernel::Combiner combiner, mlir::Type type);
/// All lanes of a vector in one scalar, joined in the order of a fixed tree.
mlir::Value reduceLanes(mlir::OpBuilder &b, mlir::Location loc,
                        kernel::Combiner combiner, mlir::Value vector);
/// e^(x - m) of f32 as 2^((x - m) log2(e)): a shorter chain than that of e^x,
/// and right for any size of x and m, whose own products with log2(e) would be
/// rounded by more than 127 from 2e9 on. With `flags` ninf no result is
/// infinite.
mlir::Value expOfDistance(
    mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Value m,
    mlir::arith::FastMathFlags flags = mlir::arith::FastMathFlags::none);

/// Emits loads, stores and regions at points, and the loops around them. Values
/// that are the same in all lanes stay scalars. With 0 lanes every point is a
/// single one: the code of a GPU thread.
class PointEmitter {
public:
  /// From here on `operands` are addressed in the loops of `space`, which must
  /// have its last form.
  PointEmitter(mlir::ImplicitLocOpBuilder &builder, const RowSpace &space,
               KernelOperands &operands, unsigned vectorDim, unsigned lanes)
      : b(builder), space(space), operands(operands), vectorDim(vectorDim),
        lanes(lanes) {
    operands.setSpace(space.extents(), space.addresses());
  }

  mlir::ImplicitLocOpBuilder &b;
  const RowSpace &space;
  const KernelOperands &operands;
  const unsigned vectorDim, lanes;

  Point emptyPoint() const;
  mlir::Value constant(int64_t value);
  mlir::Value add(mlir::Value index, int64_t offset);
  /// `point`, moved by `offset` along the vector loop, with its last lanes cut
  /// where fewer than all `remaining` exist.
  Point vectorPoint(const Point &point, mlir::Value start, int64_t offset,
                    int64_t remaining);

  /// Computes everything that does not change any more in unbound loops: where
  /// rows start, and inputs.
  void preload(Point &point);
  /// The values that `region` yields at `point`; `extra` are its arguments
  /// behind the inputs. Sets `failed` at ops that have no vector form.
  llvm::SmallVector<mlir::Value> evaluate(mlir::Region &region, Point &point,
                                          mlir::ValueRange extra = {});
  /// Stores `value` to out number `out`.
  void store(unsigned out, mlir::Value value, const Point &point);

  /// The range of loop `d` at a point where the group, if any, is bound.
  LoopRange range(unsigned d, const Point &point);

  using Values = llvm::SmallVector<mlir::Value>;
  using Body = llvm::function_ref<Values(Point &, mlir::ValueRange)>;
  /// Scalar loops over `loops`, nested in order, that carry values. Unrolled
  /// where a loop has at most `unroll` steps and all that is written out stays
  /// below a fixed number of ops.
  Values nest(llvm::ArrayRef<unsigned> loops, const Point &point,
              mlir::ValueRange carried, int64_t unroll, Body body) {
    return nest(loops, point, carried, unroll, body, /*written=*/1);
  }

  using VectorBody = llvm::function_ref<Values(llvm::MutableArrayRef<Point>,
                                               mlir::ValueRange)>;
  /// The vector loop. `carried` holds `sets` groups of values; the body gets at
  /// most `sets` points and a group for each, in fixed rotation.
  Values vectorLoop(LoopRange range, const Point &point, unsigned sets,
                    mlir::ValueRange carried, VectorBody body);

  /// A loop that carries values; the body returns the next ones.
  Values loop(mlir::Value lo, mlir::Value hi, int64_t step,
              mlir::ValueRange carried,
              llvm::function_ref<Values(mlir::Value, mlir::ValueRange)> body);

  mlir::Value combine(kernel::Combiner combiner, mlir::Value l, mlir::Value r) {
    return codegen::combine(b, b.getLoc(), combiner, l, r);
  }
  mlir::Value neutral(kernel::Combiner combiner, mlir::Type type) {
    return codegen::neutral(b, b.getLoc(), combiner, type);
  }
  mlir::Value reduceLanes(kernel::Combiner combiner, mlir::Value vector) {
    return codegen::reduceLanes(b, b.getLoc(), combiner, vector);
  }

  mlir::VectorType vectorOf(mlir::Type element) const {
    return mlir::VectorType::get({int64_t(lanes)}, element);
  }
  bool failed = false;

private:
  Values nest(llvm::ArrayRef<unsigned> loops, const Point &point,
              mlir::ValueRange carried, int64_t unroll, Body body,
              int64_t written);
  /// Whether that many points may stand one after the other.
  bool mayWrite(int64_t points) const;
  Lanes lanesOf(const Point &point) const;
  bool isBound(unsigned operand, const Point &point, bool butVector) const;
};

} // namespace moec::codegen

#endif // MOEC_PASSES_CODEGEN_POINTEMITTER_H
