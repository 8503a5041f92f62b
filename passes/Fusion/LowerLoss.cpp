//===- LowerLoss.cpp - Losses and metrics ---------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Fusion/LowerToKernel.h"

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using namespace moec::kernel;
using kernel::Combiner;

namespace {

Body pick(unsigned i) {
  return [i](ScalarBuilder &, ValueRange args) {
    return SmallVector<Value>{args[i]};
  };
}

/// The mean of a vector, one row.
Value mean(OpBuilder &builder, Location loc, Value values) {
  int64_t count = shapeOf(values)[0];
  KernelSpec spec(loc, {1, count});
  spec.input(values, spec.dim(1));
  spec.result(builder, {}, {});
  return spec.rows(
      builder, {{Combiner::Add, pick(0)}},
      [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        return {s.div(args[1], s.constant(count))};
      })[0];
}

/// A value of each image from its logits, input 0, and its label, input 1: what
/// `finish` makes of the phases. Their mean where `result` is a scalar.
SmallVector<Value> ofImages(OpBuilder &builder, Location loc, Value logits,
                            Value labels, Value result, ArrayRef<Phase> phases,
                            const Body &finish) {
  ArrayRef<int64_t> shape = shapeOf(logits);
  KernelSpec spec(loc, shape);
  spec.input(logits, {spec.dim(0), spec.dim(1)});
  spec.input(labels, spec.dim(0));
  spec.result(builder, shape[0], spec.dim(0));
  Value values = spec.rows(builder, phases, finish)[0];
  return {result.getType() == values.getType() ? values
                                               : mean(builder, loc, values)};
}

Value isLabel(ScalarBuilder &s, Value label) {
  return s.compareI32(arith::CmpIPredicate::eq, label, s.index(1));
}

/// q of this class: smoothing / C, and 1 - smoothing more at the label.
Value target(ScalarBuilder &s, Value label, double smoothing, int64_t classes) {
  double rest = smoothing / classes;
  return s.select(isLabel(s, label), s.constant(1.0 - smoothing + rest),
                  s.constant(rest));
}

/// q * x, where 0 of x is 0: two logits may lie further apart than f32 reaches,
/// so that x is -inf.
Value weighted(ScalarBuilder &s, Value label, Value x, double smoothing,
               int64_t classes) {
  if (smoothing == 0)
    return s.select(isLabel(s, label), x, s.constant(0.0));
  return s.mul(target(s, label, smoothing, classes), x);
}

/// Per image log(sum(exp(x - max))) - sum(q * (x - max)): q sums to 1.
Lowered lowerCrossEntropy(OpBuilder &builder, moe::SoftmaxCrossEntropyOp op,
                          moe::SoftmaxCrossEntropyOp::Adaptor adaptor) {
  int64_t classes = shapeOf(adaptor.getLogits())[1];
  double smoothing = op.getLabelSmoothing().convertToDouble();
  Phase max{Combiner::Max, pick(0)};
  Phase sums{Combiner::Add,
             [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
               Value x = s.sub(args[0], args[2]);
               return {s.op<math::ExpOp>(x),
                       weighted(s, args[1], x, smoothing, classes)};
             }};
  return ofImages(builder, op.getLoc(), adaptor.getLogits(),
                  adaptor.getLabels(), op.getLoss(), {max, sums},
                  [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
                    return {s.sub(s.op<math::LogOp>(args[3]), args[4])};
                  });
}

Lowered lowerCrossEntropyGrad(OpBuilder &builder,
                              moe::SoftmaxCrossEntropyGradOp op,
                              moe::SoftmaxCrossEntropyGradOp::Adaptor adaptor) {
  Location loc = op.getLoc();
  Value logits = adaptor.getLogits();
  ArrayRef<int64_t> shape = shapeOf(logits);
  int64_t batch = shape[0], classes = shape[1];
  double smoothing = op.getLabelSmoothing().convertToDouble();
  RowSpace space = rowsOver(builder.getContext(), shape, {1});
  auto [max, inverse] = softmaxStats(builder, loc, logits, space);

  KernelSpec spec(loc, shape);
  AffineExpr b = spec.dim(0), c = spec.dim(1);
  spec.input(logits, {b, c});
  spec.input(max, b);
  spec.input(inverse, b);
  spec.input(adaptor.getLabels(), b);
  spec.input(adaptor.getLossGrad(), {});
  spec.result(builder, shape, {b, c});
  return SmallVector<Value>(spec.map(
      builder, [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        Value e = s.op<math::ExpOp>(s.sub(args[0], args[1]));
        Value p = s.mul(e, args[2]);
        Value q = target(s, args[3], smoothing, classes);
        Value factor = s.div(args[4], s.constant(batch));
        return {s.mul(factor, s.sub(p, q))};
      }));
}

/// The logit as the loss has it: negated at the label, where it should be
/// large.
Value towardsZero(ScalarBuilder &s, Value logit, Value label) {
  return s.select(isLabel(s, label), s.neg(logit), logit);
}

Lowered lowerSigmoidCrossEntropy(OpBuilder &builder,
                                 moe::SigmoidCrossEntropyOp op,
                                 moe::SigmoidCrossEntropyOp::Adaptor adaptor) {
  Phase sum{Combiner::Add,
            [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
              return {softplus(s, towardsZero(s, args[0], args[1]))};
            }};
  return ofImages(builder, op.getLoc(), adaptor.getLogits(),
                  adaptor.getLabels(), op.getLoss(), {sum}, pick(2));
}

Lowered
lowerSigmoidCrossEntropyGrad(OpBuilder &builder,
                             moe::SigmoidCrossEntropyGradOp op,
                             moe::SigmoidCrossEntropyGradOp::Adaptor adaptor) {
  ArrayRef<int64_t> shape = shapeOf(adaptor.getLogits());
  KernelSpec spec(op.getLoc(), shape);
  AffineExpr b = spec.dim(0), c = spec.dim(1);
  bool items = !shapeOf(adaptor.getLossGrad()).empty();
  spec.input(adaptor.getLogits(), {b, c});
  spec.input(adaptor.getLabels(), b);
  spec.input(adaptor.getLossGrad(),
             items ? ArrayRef<AffineExpr>(b) : ArrayRef<AffineExpr>());
  spec.result(builder, shape, {b, c});
  double batch = items ? 1 : shape[0];
  return SmallVector<Value>(spec.map(
      builder, [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        Value one = s.constant(1.0);
        Value y = towardsZero(s, args[0], args[1]);
        Value p = s.div(one, s.add(one, s.op<math::ExpOp>(s.neg(y))));
        Value factor = s.div(args[2], s.constant(batch));
        return {s.mul(factor, towardsZero(s, p, args[1]))};
      }));
}

/// The logit of the label, then whether another class comes before it. NaN
/// comes before all, so that an image with one is not right.
Lowered lowerAccuracy(OpBuilder &builder, moe::AccuracyOp op,
                      moe::AccuracyOp::Adaptor adaptor) {
  Phase own{Combiner::Add,
            [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
              Value hit =
                  s.compareI32(arith::CmpIPredicate::eq, args[1], s.index(1));
              return {s.select(hit, args[0], s.constant(0.0))};
            }};
  Phase beaten{
      Combiner::Max,
      [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        using P = arith::CmpFPredicate;
        Value one = s.constant(1.0), zero = s.constant(0.0);
        auto beats = [&](P predicate) {
          return s.select(s.compare(predicate, args[0], args[2]), one, zero);
        };
        Value lower =
            s.compareI32(arith::CmpIPredicate::slt, s.index(1), args[1]);
        return {s.select(lower, beats(P::UGE), beats(P::UGT))};
      }};
  return ofImages(builder, op.getLoc(), adaptor.getLogits(),
                  adaptor.getLabels(), op.getResult(), {own, beaten},
                  [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
                    return {s.sub(s.constant(1.0), args[3])};
                  });
}

/// Two phases: the sum of a vector of `count` values in input 0, then that of
/// the squared distances from the mean.
SmallVector<Phase> momentPhases(unsigned inputs, int64_t count) {
  Phase squares{Combiner::Add,
                [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
                  Value d =
                      s.sub(args[0], s.div(args[inputs], s.constant(count)));
                  return {s.mul(d, d)};
                }};
  return {{Combiner::Add, pick(0)}, squares};
}

Lowered lowerCvSquared(OpBuilder &builder, moe::CvSquaredOp op,
                       moe::CvSquaredOp::Adaptor adaptor) {
  int64_t count = shapeOf(adaptor.getInput())[0];
  KernelSpec spec(op.getLoc(), {1, count});
  spec.input(adaptor.getInput(), spec.dim(1));
  spec.result(builder, {}, {});
  return SmallVector<Value>(
      spec.rows(builder, momentPhases(1, count),
                [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
                  Value mean = s.div(args[1], s.constant(count));
                  Value variance = s.div(args[2], s.constant(count));
                  return {s.div(variance, s.mul(mean, mean))};
                }));
}

Lowered lowerCvSquaredGrad(OpBuilder &builder, moe::CvSquaredGradOp op,
                           moe::CvSquaredGradOp::Adaptor adaptor) {
  int64_t count = shapeOf(adaptor.getInput())[0];
  KernelSpec spec(op.getLoc(), {1, count});
  AffineExpr c = spec.dim(1);
  spec.input(adaptor.getInput(), c);
  spec.input(adaptor.getOutGrad(), {});
  spec.result(builder, count, c);
  auto emit = [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    Value mean = s.div(args[2], s.constant(count));
    Value variance = s.div(args[3], s.constant(count));
    // (x - m) / m^2 - v / m^3 = ((x - m) - v / m) / m^2
    Value inner = s.sub(s.sub(args[0], mean), s.div(variance, mean));
    Value factor = s.div(s.mul(args[1], 2.0 / count), s.mul(mean, mean));
    return {s.mul(factor, inner)};
  };
  return SmallVector<Value>(
      spec.rows(builder, momentPhases(2, count), nullptr, emit));
}

} // namespace

void fusion::addLossLowerings(LoweringPatterns &patterns) {
  patterns.add<moe::SoftmaxCrossEntropyOp>(lowerCrossEntropy);
  patterns.add<moe::SoftmaxCrossEntropyGradOp>(lowerCrossEntropyGrad);
  patterns.add<moe::SigmoidCrossEntropyOp>(lowerSigmoidCrossEntropy);
  patterns.add<moe::SigmoidCrossEntropyGradOp>(lowerSigmoidCrossEntropyGrad);
  patterns.add<moe::AccuracyOp>(lowerAccuracy);
  patterns.add<moe::CvSquaredOp>(lowerCvSquared);
  patterns.add<moe::CvSquaredGradOp>(lowerCvSquaredGrad);
}
