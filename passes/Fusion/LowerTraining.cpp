//===- LowerTraining.cpp - Optimizers and gradient clipping ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An update is one kernel.map over the flat blocks, which it overwrites.
//
//===----------------------------------------------------------------------===//

#include "passes/Fusion/LowerToKernel.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using namespace moec::kernel;
using kernel::Combiner;

namespace {

/// Elements that one row of the first sum of `moe.clip_scale` takes.
constexpr int64_t chunk = 4096;

Lowered lowerSgd(OpBuilder &builder, moe::SgdUpdateOp op,
                 moe::SgdUpdateOp::Adaptor adaptor) {
  KernelSpec spec(op.getLoc(), shapeOf(adaptor.getParam()));
  SmallVector<AffineExpr> point =
      identity(builder.getContext(), shapeOf(adaptor.getParam()).size());
  spec.input(adaptor.getParam(), point);
  spec.input(adaptor.getGrad(), point);
  spec.input(adaptor.getMomentum(), point);
  spec.input(adaptor.getLearningRate(), {});
  spec.input(adaptor.getGradScale(), {});
  spec.resultInto(adaptor.getParam(), point);
  spec.resultInto(adaptor.getMomentum(), point);
  double mu = op.getMu().convertToDouble();
  double decay = op.getWeightDecay().convertToDouble();
  return SmallVector<Value>(spec.map(
      builder, [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        Value gradient = s.mul(args[4], args[1]);
        if (decay != 0.0)
          gradient = s.fma(args[0], s.constant(decay), gradient);
        Value momentum = s.fma(args[2], s.constant(mu), gradient);
        return {s.sub(args[0], s.mul(args[3], momentum)), momentum};
      }));
}

/// 1 - base^step, accurate while it is small: -expm1(step * ln(base)).
Value biasCorrection(ScalarBuilder &s, Value step, double base) {
  return s.neg(s.op<math::ExpM1Op>(s.mul(step, std::log(base))));
}

Lowered lowerAdamW(OpBuilder &builder, moe::AdamWUpdateOp op,
                   moe::AdamWUpdateOp::Adaptor adaptor) {
  double beta1 = op.getBeta1().convertToDouble();
  double beta2 = op.getBeta2().convertToDouble();
  double eps = op.getEps().convertToDouble();
  double decay = op.getWeightDecay().convertToDouble();
  KernelSpec spec(op.getLoc(), shapeOf(adaptor.getParam()));
  SmallVector<AffineExpr> point =
      identity(builder.getContext(), shapeOf(adaptor.getParam()).size());
  spec.input(adaptor.getParam(), point);
  spec.input(adaptor.getGrad(), point);
  spec.input(adaptor.getMean(), point);
  spec.input(adaptor.getVariance(), point);
  spec.input(adaptor.getLearningRate(), {});
  spec.input(adaptor.getStep(), {});
  spec.input(adaptor.getGradScale(), {});
  spec.resultInto(adaptor.getParam(), point);
  spec.resultInto(adaptor.getMean(), point);
  spec.resultInto(adaptor.getVariance(), point);
  auto body = [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    Value param = args[0], rate = args[4];
    Value step = s.toFloat(args[5]);
    // The scalars first: they do not change from element to element.
    Value one = s.constant(1.0);
    Value meanFactor =
        beta1 == 0.0 ? one : s.div(one, biasCorrection(s, step, beta1));
    Value rootFactor = one;
    if (beta2 != 0.0)
      rootFactor =
          s.div(one, s.op<math::SqrtOp>(biasCorrection(s, step, beta2)));
    Value gradient = s.mul(args[6], args[1]);
    Value mean =
        s.fma(args[2], s.constant(beta1), s.mul(gradient, 1.0 - beta1));
    // In this order nothing overflows but the variance itself.
    Value variance = s.fma(args[3], s.constant(beta2),
                           s.mul(s.mul(gradient, 1.0 - beta2), gradient));
    Value root = s.mul(s.op<math::SqrtOp>(variance), rootFactor);
    Value change = s.div(s.mul(mean, meanFactor), s.add(root, s.constant(eps)));
    if (decay != 0.0)
      change = s.fma(param, s.constant(decay), change);
    return {s.sub(param, s.mul(rate, change)), mean, variance};
  };
  return SmallVector<Value>(spec.map(builder, body));
}

/// By this the gradients are divided in a second sum of squares, which f32 can
/// hold whatever they are: 2^128 becomes 2^96.
constexpr double shrink = 0x1p-80;

/// Sums of squares: of the values, and of the values times `shrink`.
struct SquareSums {
  Value plain, shrunk;
};

/// Those of `rows` x `columns` values from `start` on, one of each a row.
SquareSums squareSums(OpBuilder &builder, Location loc, Value grads,
                      int64_t start, int64_t rows, int64_t columns) {
  KernelSpec spec(loc, {rows, columns});
  spec.input(grads, spec.dim(0) * columns + spec.dim(1) + start);
  spec.result(builder, rows, spec.dim(0));
  spec.result(builder, rows, spec.dim(0));
  auto squares = [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    Value small = s.mul(args[0], shrink);
    return {s.mul(args[0], args[0]), s.mul(small, small)};
  };
  ValueRange sums = spec.rows(builder, {{Combiner::Add, squares}},
                              [](ScalarBuilder &, ValueRange args) {
                                return SmallVector<Value>{args[1], args[2]};
                              });
  return {sums[0], sums[1]};
}

/// Rows of 4096, what is left, then one row over both: the order of the sum
/// depends on the number of elements alone.
Lowered lowerClipScale(OpBuilder &builder, moe::ClipScaleOp op,
                       moe::ClipScaleOp::Adaptor adaptor) {
  Location loc = op.getLoc();
  Value grads = adaptor.getGrads();
  int64_t elements = shapeOf(grads)[0];
  int64_t rows = elements / chunk, rest = elements % chunk;
  double maxNorm = op.getMaxNorm().convertToDouble();
  SquareSums sums, last;
  if (rows > 0)
    sums = squareSums(builder, loc, grads, 0, rows, chunk);
  if (rest > 0)
    last = squareSums(builder, loc, grads, rows * chunk, 1, rest);
  if (!sums.plain) {
    std::swap(sums, last);
    rows = 1;
  }

  KernelSpec spec(loc, {1, rows});
  spec.input(sums.plain, spec.dim(1));
  spec.input(sums.shrunk, spec.dim(1));
  bool both = static_cast<bool>(last.plain);
  if (both) {
    spec.input(last.plain, spec.dim(0));
    spec.input(last.shrunk, spec.dim(0));
  }
  spec.result(builder, {}, {});
  spec.result(builder, {}, {});
  Phase sum{Combiner::Add, [](ScalarBuilder &, ValueRange args) {
              return SmallVector<Value>{args[0], args[1]};
            }};
  auto finish = [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    Value plain = args[args.size() - 2], shrunk = args.back();
    if (both) {
      plain = s.add(plain, args[2]);
      shrunk = s.add(shrunk, args[3]);
    }
    // Where the squares are too large, those of the smaller values are exact
    // enough; a gradient that is not finite makes both so.
    constexpr double most = std::numeric_limits<float>::max();
    Value fits = s.compare(arith::CmpFPredicate::OLE, plain, s.constant(most));
    Value norm = s.select(fits, s.op<math::SqrtOp>(plain),
                          s.mul(s.op<math::SqrtOp>(shrunk), 1.0 / shrink));
    if (maxNorm == 0.0)
      return {s.constant(1.0), norm};
    Value scale = s.div(s.constant(maxNorm), s.add(norm, s.constant(1e-6)));
    return {s.op<arith::MinimumFOp>(scale, s.constant(1.0)), norm};
  };
  return SmallVector<Value>(spec.rows(builder, {sum}, finish));
}

} // namespace

void fusion::addTrainingLowerings(LoweringPatterns &patterns) {
  patterns.add<moe::SgdUpdateOp>(lowerSgd);
  patterns.add<moe::AdamWUpdateOp>(lowerAdamW);
  patterns.add<moe::ClipScaleOp>(lowerClipScale);
}
