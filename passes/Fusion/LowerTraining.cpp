//===- LowerTraining.cpp - Optimizers and gradient clipping ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The update of a parameter is one kernel.map, which overwrites it and its
// moments.
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

/// The optimizer's work on parameter `i`: reads one value of each list there,
/// then `scalars`, and overwrites those of `lists` in `written`.
template <typename OpT>
KernelSpec updateSpec(OpBuilder &builder, OpT op, unsigned i,
                      ArrayRef<ValueRange> lists, ArrayRef<Value> scalars,
                      ArrayRef<unsigned> written) {
  ArrayRef<int64_t> shape = shapeOf(lists[0][i]);
  KernelSpec spec(op.getLoc(), elementSpace(shape));
  SmallVector<AffineExpr> point = identity(builder.getContext(), shape.size());
  for (ValueRange list : lists)
    spec.input(list[i], point);
  for (Value scalar : scalars)
    spec.input(scalar, {});
  for (unsigned list : written)
    spec.resultInto(lists[list][i], point);
  return spec;
}

/// The results of all parameters in the order of the op: first all of the first
/// kind.
template <typename BuildFn>
Lowered updateAll(size_t count, size_t kinds, BuildFn build) {
  SmallVector<Value> results(count * kinds);
  for (size_t i = 0; i < count; ++i)
    for (auto [kind, value] : llvm::enumerate(build(i)))
      results[kind * count + i] = value;
  return results;
}

/// g' = c g + decay p; m' = mu m + g'; p' = p - lr m'.
Lowered lowerSgd(OpBuilder &builder, moe::SgdUpdateOp op,
                 moe::SgdUpdateOp::Adaptor adaptor) {
  double mu = op.getMu().convertToDouble();
  double decay = op.getWeightDecay().convertToDouble();
  auto body = [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    Value gradient = s.mul(args[4], args[1]);
    if (decay != 0.0)
      gradient = s.fma(args[0], s.constant(decay), gradient);
    Value momentum = s.fma(args[2], s.constant(mu), gradient);
    return {s.sub(args[0], s.mul(args[3], momentum)), momentum};
  };
  return updateAll(op.getParams().size(), 2, [&](unsigned i) {
    return updateSpec(
               builder, op, i,
               {adaptor.getParams(), adaptor.getGrads(), adaptor.getMomenta()},
               {adaptor.getLearningRate(), adaptor.getGradScale()}, {0, 2})
        .map(builder, body);
  });
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
  return updateAll(op.getParams().size(), 3, [&](unsigned i) {
    return updateSpec(builder, op, i,
                      {adaptor.getParams(), adaptor.getGrads(),
                       adaptor.getMeans(), adaptor.getVariances()},
                      {adaptor.getLearningRate(), adaptor.getStep(),
                       adaptor.getGradScale()},
                      {0, 2, 3})
        .map(builder, body);
  });
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

using Finish =
    llvm::function_ref<SmallVector<Value>(ScalarBuilder &, Value, Value)>;

/// Two scalars, `finish` of both sums over `grads`: rows of 4096, what is left,
/// then one row over both, so that the order of a sum depends on the number of
/// elements alone.
SmallVector<Value> sumSquares(OpBuilder &builder, Location loc, Value grads,
                              Finish finish) {
  int64_t elements = cast<RankedTensorType>(grads.getType()).getNumElements();
  Value flat = reshape(builder, loc, grads, {elements});
  int64_t rows = elements / chunk, rest = elements % chunk;
  SquareSums sums, last;
  if (rows > 0)
    sums = squareSums(builder, loc, flat, 0, rows, chunk);
  if (rest > 0)
    last = squareSums(builder, loc, flat, rows * chunk, 1, rest);
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
  return SmallVector<Value>(
      spec.rows(builder, {sum},
                [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
                  Value plain = args[args.size() - 2], shrunk = args.back();
                  if (both) {
                    plain = s.add(plain, args[2]);
                    shrunk = s.add(shrunk, args[3]);
                  }
                  return finish(s, plain, shrunk);
                }));
}

Lowered lowerClipScale(OpBuilder &builder, moe::ClipScaleOp op,
                       moe::ClipScaleOp::Adaptor adaptor) {
  Location loc = op.getLoc();
  double maxNorm = op.getMaxNorm().convertToDouble();
  auto scaleAndNorm = [=](ScalarBuilder &s, Value plain,
                          Value shrunk) -> SmallVector<Value> {
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
  ValueRange grads = adaptor.getGrads();
  if (grads.size() == 1)
    return sumSquares(builder, loc, grads[0], scaleAndNorm);

  KernelSpec spec(loc, {1});
  for (Value gradient : grads)
    for (Value sum : sumSquares(builder, loc, gradient,
                                [](ScalarBuilder &, Value plain, Value shrunk) {
                                  return SmallVector<Value>{plain, shrunk};
                                }))
      spec.input(sum, {});
  spec.result(builder, {}, {});
  spec.result(builder, {}, {});
  return SmallVector<Value>(spec.map(
      builder, [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        Value plain = args[0], shrunk = args[1];
        for (unsigned i = 1; i < grads.size(); ++i) {
          plain = s.add(plain, args[2 * i]);
          shrunk = s.add(shrunk, args[2 * i + 1]);
        }
        return scaleAndNorm(s, plain, shrunk);
      }));
}

} // namespace

void fusion::addTrainingLowerings(LoweringPatterns &patterns) {
  patterns.add<moe::SgdUpdateOp>(lowerSgd);
  patterns.add<moe::AdamWUpdateOp>(lowerAdamW);
  patterns.add<moe::ClipScaleOp>(lowerClipScale);
}
