//===- LowerNormalization.cpp - Layer norm, softmax, l2 norm --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// Normalisation is a kernel.rows for the statistics of each row and a
// kernel.map that reads them: the map moves into the kernels that read it, so
// nothing but the statistics is stored. The gradient asks for the same
// statistics in the same words, for CSE to find.
//
//===----------------------------------------------------------------------===//

#include "passes/Fusion/LowerToKernel.h"

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using namespace moec::kernel;
using kernel::Combiner;

namespace {

SmallVector<int64_t> lastAxis(Value value) {
  return {static_cast<int64_t>(shapeOf(value).size()) - 1};
}

/// Mean and 1 / sqrt(var + eps) of the rows along the last axis, the latter by
/// the corrected two-pass algorithm (Chan, Golub, LeVeque, The American
/// Statistician 37, 1983): what the distances d from a first mean add up to is
/// what that sum's rounding has left, so
///   mean = first + sum(d) / n,  var = sum(d^2) / n - (sum(d) / n)^2
/// A constant row gets its value as the mean, and variance 0.
std::pair<Value, Value> layerNormStats(OpBuilder &builder, Location loc,
                                       Value input, double eps) {
  RowSpace space =
      rowsOver(builder.getContext(), shapeOf(input), lastAxis(input));
  KernelSpec spec(loc, space.dims);
  spec.input(input, space.element);
  spec.result(builder, space.shape, space.row);
  spec.result(builder, space.shape, space.row);
  double inverse = 1.0 / space.extent;
  Phase sum{Combiner::Add, [](ScalarBuilder &, ValueRange args) {
              return SmallVector<Value>{args[0]};
            }};
  Phase distances{Combiner::Add,
                  [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
                    Value d = s.sub(args[0], s.mul(args[1], inverse));
                    return {d, s.mul(d, d)};
                  }};
  ValueRange stats = spec.rows(
      builder, {sum, distances},
      [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        Value rest = s.mul(args[2], inverse);
        Value mean = s.add(s.mul(args[1], inverse), rest);
        Value square = s.mul(args[3], inverse);
        Value variance = s.fma(s.neg(rest), rest, square);
        // Rounding may leave less than 0 of a constant row.
        Value zero = s.constant(0.0);
        Value lost = s.compare(arith::CmpFPredicate::OLT, variance, zero);
        variance = s.select(lost, zero, variance);
        return {mean, s.op<math::RsqrtOp>(s.add(variance, s.constant(eps)))};
      });
  return {stats[0], stats[1]};
}

/// (x - mean) * rstd.
Value standardized(ScalarBuilder &s, Value x, Value mean, Value rstd) {
  return s.mul(s.sub(x, mean), rstd);
}

Lowered lowerLayerNorm(OpBuilder &builder, moe::LayerNormOp op,
                       moe::LayerNormOp::Adaptor adaptor) {
  Location loc = op.getLoc();
  Value input = adaptor.getInput();
  ArrayRef<int64_t> shape = shapeOf(input);
  auto [mean, rstd] =
      layerNormStats(builder, loc, input, op.getEps().convertToDouble());
  KernelSpec spec(loc, shape);
  SmallVector<AffineExpr> point = identity(loc.getContext(), shape.size());
  ArrayRef<AffineExpr> row = ArrayRef(point).drop_back();
  spec.input(input, point);
  spec.input(mean, row);
  spec.input(rstd, row);
  spec.input(adaptor.getScale(), point.back());
  spec.input(adaptor.getBias(), point.back());
  spec.result(builder, shape, point);
  return SmallVector<Value>(spec.map(
      builder, [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        Value h = standardized(s, args[0], args[1], args[2]);
        return {s.fma(h, args[3], args[4])};
      }));
}

/// dx: row-wise, with both sums of the row in one phase.
Value layerNormInputGrad(OpBuilder &builder, Location loc, Value input,
                         Value mean, Value rstd, Value scale, Value outGrad) {
  ArrayRef<int64_t> shape = shapeOf(input);
  RowSpace space = rowsOver(builder.getContext(), shape, lastAxis(input));
  KernelSpec spec(loc, space.dims);
  spec.input(input, space.element);
  spec.input(mean, space.row);
  spec.input(rstd, space.row);
  spec.input(scale, space.element.back());
  spec.input(outGrad, space.element);
  spec.result(builder, shape, space.element);
  double inverse = 1.0 / space.extent;
  Phase sums{Combiner::Add,
             [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
               Value h = standardized(s, args[0], args[1], args[2]);
               Value g = s.mul(args[4], args[3]);
               return {g, s.mul(g, h)};
             }};
  auto emit = [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    Value h = standardized(s, args[0], args[1], args[2]);
    Value g = s.mul(args[4], args[3]);
    Value centered = s.sub(g, s.mul(args[5], inverse));
    Value rest = s.sub(centered, s.mul(h, s.mul(args[6], inverse)));
    return {s.mul(args[2], rest)};
  };
  return spec.rows(builder, {sums}, nullptr, emit)[0];
}

/// dscale and dbias: one row per channel, reduced over all rows of the input.
ValueRange layerNormParameterGrads(OpBuilder &builder, Location loc,
                                   Value input, Value mean, Value rstd,
                                   Value outGrad) {
  ArrayRef<int64_t> shape = shapeOf(input);
  SmallVector<int64_t> axes;
  for (int64_t axis = 0, e = shape.size() - 1; axis < e; ++axis)
    axes.push_back(axis);
  RowSpace space = rowsOver(builder.getContext(), shape, axes);
  KernelSpec spec(loc, space.dims);
  ArrayRef<AffineExpr> item = ArrayRef(space.element).drop_back();
  spec.input(input, space.element);
  spec.input(mean, item);
  spec.input(rstd, item);
  spec.input(outGrad, space.element);
  spec.result(builder, space.shape, space.row);
  spec.result(builder, space.shape, space.row);
  Phase sums{Combiner::Add,
             [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
               Value h = standardized(s, args[0], args[1], args[2]);
               return {s.mul(args[3], h), args[3]};
             }};
  return spec.rows(builder, {sums}, [](ScalarBuilder &, ValueRange args) {
    return SmallVector<Value>{args[4], args[5]};
  });
}

Lowered lowerLayerNormGrad(OpBuilder &builder, moe::LayerNormGradOp op,
                           moe::LayerNormGradOp::Adaptor adaptor) {
  Location loc = op.getLoc();
  Value input = adaptor.getInput(), outGrad = adaptor.getOutGrad();
  auto [mean, rstd] =
      layerNormStats(builder, loc, input, op.getEps().convertToDouble());
  Value dx = layerNormInputGrad(builder, loc, input, mean, rstd,
                                adaptor.getScale(), outGrad);
  ValueRange parameters =
      layerNormParameterGrads(builder, loc, input, mean, rstd, outGrad);
  return SmallVector<Value>{dx, parameters[0], parameters[1]};
}

Lowered lowerSoftmax(OpBuilder &builder, moe::SoftmaxOp op,
                     moe::SoftmaxOp::Adaptor adaptor) {
  Location loc = op.getLoc();
  Value input = adaptor.getInput();
  ArrayRef<int64_t> shape = shapeOf(input);
  RowSpace space = rowsOver(builder.getContext(), shape, op.getAxes());
  auto [max, inverse] = softmaxStats(builder, loc, input, space);

  KernelSpec spec(loc, elementSpace(shape));
  SmallVector<AffineExpr> point = identity(loc.getContext(), shape.size());
  spec.input(input, point);
  spec.input(max, space.rowOfElement);
  spec.input(inverse, space.rowOfElement);
  spec.result(builder, shape, point);
  return SmallVector<Value>(spec.map(
      builder, [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        Value e = s.op<math::ExpOp>(s.sub(args[0], args[1]));
        return {s.mul(e, args[2])};
      }));
}

Lowered lowerSoftmaxGrad(OpBuilder &builder, moe::SoftmaxGradOp op,
                         moe::SoftmaxGradOp::Adaptor adaptor) {
  Location loc = op.getLoc();
  Value y = adaptor.getOutput(), dy = adaptor.getOutGrad();
  ArrayRef<int64_t> shape = shapeOf(y);
  RowSpace space = rowsOver(builder.getContext(), shape, op.getAxes());
  KernelSpec dot(loc, space.dims);
  dot.input(y, space.element);
  dot.input(dy, space.element);
  dot.result(builder, space.shape, space.row);
  Phase products{Combiner::Add,
                 [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
                   return {s.mul(args[0], args[1])};
                 }};
  Value sum =
      dot.rows(builder, {products}, [](ScalarBuilder &, ValueRange args) {
        return SmallVector<Value>{args[2]};
      })[0];

  KernelSpec spec(loc, elementSpace(shape));
  SmallVector<AffineExpr> point = identity(loc.getContext(), shape.size());
  spec.input(y, point);
  spec.input(dy, point);
  spec.input(sum, space.rowOfElement);
  spec.result(builder, shape, point);
  return SmallVector<Value>(spec.map(
      builder, [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        return {s.mul(args[0], s.sub(args[1], args[2]))};
      }));
}

/// rsqrt(x + eps) of a sum of squares.
Value inverseLength(ScalarBuilder &s, Value sum, double eps) {
  return s.op<math::RsqrtOp>(s.add(sum, s.constant(eps)));
}

Lowered lowerL2Normalize(OpBuilder &builder, moe::L2NormalizeOp op,
                         moe::L2NormalizeOp::Adaptor adaptor) {
  Location loc = op.getLoc();
  Value input = adaptor.getInput();
  ArrayRef<int64_t> shape = shapeOf(input);
  double eps = op.getEps().convertToDouble();
  RowSpace space = rowsOver(builder.getContext(), shape,
                            {static_cast<int64_t>(op.getAxis())});
  KernelSpec length(loc, space.dims);
  length.input(input, space.element);
  length.result(builder, space.shape, space.row);
  Phase squares{Combiner::Add,
                [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
                  return {s.mul(args[0], args[0])};
                }};
  Value inverse =
      length.rows(builder, {squares},
                  [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
                    return {inverseLength(s, args[1], eps)};
                  })[0];

  KernelSpec spec(loc, shape);
  SmallVector<AffineExpr> point = identity(loc.getContext(), shape.size());
  spec.input(input, point);
  spec.input(inverse, space.rowOfElement);
  spec.result(builder, shape, point);
  return SmallVector<Value>(spec.map(
      builder, [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        return {s.mul(args[0], args[1])};
      }));
}

Lowered lowerL2NormalizeGrad(OpBuilder &builder, moe::L2NormalizeGradOp op,
                             moe::L2NormalizeGradOp::Adaptor adaptor) {
  Location loc = op.getLoc();
  Value x = adaptor.getInput(), dy = adaptor.getOutGrad();
  ArrayRef<int64_t> shape = shapeOf(x);
  double eps = op.getEps().convertToDouble();
  RowSpace space = rowsOver(builder.getContext(), shape,
                            {static_cast<int64_t>(op.getAxis())});
  // Per row r and r^3 sum(x dy).
  KernelSpec stats(loc, space.dims);
  stats.input(x, space.element);
  stats.input(dy, space.element);
  stats.result(builder, space.shape, space.row);
  stats.result(builder, space.shape, space.row);
  Phase sums{Combiner::Add,
             [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
               return {s.mul(args[0], args[0]), s.mul(args[0], args[1])};
             }};
  ValueRange factors =
      stats.rows(builder, {sums},
                 [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
                   Value r = inverseLength(s, args[2], eps);
                   return {r, s.mul(s.mul(r, s.mul(r, r)), args[3])};
                 });

  KernelSpec spec(loc, shape);
  SmallVector<AffineExpr> point = identity(loc.getContext(), shape.size());
  spec.input(x, point);
  spec.input(dy, point);
  spec.input(factors[0], space.rowOfElement);
  spec.input(factors[1], space.rowOfElement);
  spec.result(builder, shape, point);
  return SmallVector<Value>(spec.map(
      builder, [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        return {s.sub(s.mul(args[1], args[2]), s.mul(args[0], args[3]))};
      }));
}

} // namespace

std::pair<Value, Value> fusion::softmaxStats(OpBuilder &builder, Location loc,
                                             Value input,
                                             const RowSpace &space) {
  KernelSpec spec(loc, space.dims);
  spec.input(input, space.element);
  spec.result(builder, space.shape, space.row);
  spec.result(builder, space.shape, space.row);
  Phase max{Combiner::Max, [](ScalarBuilder &, ValueRange args) {
              return SmallVector<Value>{args[0]};
            }};
  Phase sum{Combiner::Add,
            [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
              return {s.op<math::ExpOp>(s.sub(args[0], args[1]))};
            }};
  ValueRange stats =
      spec.rows(builder, {max, sum},
                [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
                  return {args[1], s.div(s.constant(1.0), args[2])};
                });
  return {stats[0], stats[1]};
}

void fusion::addNormalizationLowerings(LoweringPatterns &patterns) {
  patterns.add<moe::LayerNormOp>(lowerLayerNorm);
  patterns.add<moe::LayerNormGradOp>(lowerLayerNormGrad);
  patterns.add<moe::SoftmaxOp>(lowerSoftmax);
  patterns.add<moe::SoftmaxGradOp>(lowerSoftmaxGrad);
  patterns.add<moe::L2NormalizeOp>(lowerL2Normalize);
  patterns.add<moe::L2NormalizeGradOp>(lowerL2NormalizeGrad);
}
