//===- LowerTopK.cpp - What the k largest logits of an item decide --------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// The load probability and its gradient, and the softmax over the k largest.
// The k-th largest logit is found by alternating phases: the largest
// value after the last one found, then the first expert that has it. "After" is
// the order of descending values, lower experts first among equals.
//
//===----------------------------------------------------------------------===//

#include "passes/Fusion/LowerToKernel.h"
#include <limits>

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using namespace moec::kernel;
using kernel::Combiner;

namespace {

constexpr double invSqrt2 = 0.70710678118654752440;
constexpr double invSqrt2Pi = 0.39894228040143267794;

Value lowest(ScalarBuilder &s) {
  return s.constant(-std::numeric_limits<float>::infinity());
}
Value negatedIndex(ScalarBuilder &s) { return s.neg(s.toFloat(s.index(1))); }

/// Whether this element comes after the one with `value` at -`negated`.
Value comesAfter(ScalarBuilder &s, Value x, Value value, Value negated) {
  Value less = s.compare(arith::CmpFPredicate::OLT, x, value);
  Value equal = s.compare(arith::CmpFPredicate::OEQ, x, value);
  Value later = s.compare(arith::CmpFPredicate::OLT, negatedIndex(s), negated);
  return s.op<arith::OrIOp>(less, s.op<arith::AndIOp>(equal, later));
}

/// Phases whose values, from argument `first` on, are pairs of the i-th largest
/// of `input` and its negated expert, i = 1..k; without the last expert unless
/// `withLast`.
SmallVector<Phase> largestPhases(unsigned input, unsigned first, int64_t k,
                                 bool withLast) {
  SmallVector<Phase> phases;
  for (int64_t i = 0; i < k; ++i) {
    // The values of the pair found before this one.
    unsigned before = first + 2 * i - 2, found = first + 2 * i;
    phases.push_back(
        {Combiner::Max,
         [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
           Value x = args[input];
           if (i == 0)
             return {x};
           Value left = comesAfter(s, x, args[before], args[before + 1]);
           return {s.select(left, x, lowest(s))};
         }});
    if (i + 1 == k && !withLast)
      break;
    phases.push_back(
        {Combiner::Max,
         [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
           Value x = args[input];
           Value here = s.compare(arith::CmpFPredicate::OEQ, x, args[found]);
           if (i > 0)
             here = s.op<arith::AndIOp>(
                 here, comesAfter(s, x, args[before], args[before + 1]));
           return {s.select(here, negatedIndex(s), lowest(s))};
         }});
  }
  return phases;
}

Lowered lowerLoadProbability(OpBuilder &builder, moe::LoadProbabilityOp op,
                             moe::LoadProbabilityOp::Adaptor adaptor) {
  ArrayRef<int64_t> shape = shapeOf(adaptor.getLogits());
  int64_t k = op.getK();
  double std = op.getStd().convertToDouble();
  KernelSpec spec(op.getLoc(), shape);
  SmallVector<AffineExpr> point = identity(builder.getContext(), 2);
  spec.input(adaptor.getLogits(), point);
  spec.input(adaptor.getNoisy(), point);
  spec.result(builder, shape, point);
  unsigned threshold = 2 + 2 * (k - 1);
  auto emit = [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    // 1 - Phi(z) = Phi(-z)
    Value z = s.sub(args[0], args[threshold]);
    Value erf = s.op<math::ErfOp>(s.mul(z, invSqrt2 / std));
    return {s.fma(erf, s.constant(0.5), s.constant(0.5))};
  };
  return SmallVector<Value>(
      spec.rows(builder, largestPhases(/*input=*/1, 2, k, /*withLast=*/false),
                nullptr, emit));
}

Lowered lowerLoadProbabilityGrad(OpBuilder &builder,
                                 moe::LoadProbabilityGradOp op,
                                 moe::LoadProbabilityGradOp::Adaptor adaptor) {
  ArrayRef<int64_t> shape = shapeOf(adaptor.getLogits());
  int64_t k = op.getK();
  double std = op.getStd().convertToDouble();
  KernelSpec spec(op.getLoc(), shape);
  SmallVector<AffineExpr> point = identity(builder.getContext(), 2);
  spec.input(adaptor.getLogits(), point);
  spec.input(adaptor.getNoisy(), point);
  spec.input(adaptor.getOutGrad(), point);
  spec.result(builder, shape, point);
  spec.result(builder, shape, point);
  unsigned threshold = 3 + 2 * (k - 1), sum = threshold + 2;
  // d * phi(z) / std
  auto slope = [=](ScalarBuilder &s, ValueRange args) -> Value {
    Value z = s.mul(s.sub(args[threshold], args[0]), 1.0 / std);
    Value density = s.op<math::ExpOp>(s.mul(s.mul(z, z), -0.5));
    return s.mul(args[2], s.mul(density, invSqrt2Pi / std));
  };
  SmallVector<Phase> phases =
      largestPhases(/*input=*/1, 3, k, /*withLast=*/true);
  phases.push_back({Combiner::Add, [=](ScalarBuilder &s, ValueRange args) {
                      return SmallVector<Value>{slope(s, args)};
                    }});
  auto emit = [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    Value here = s.compare(arith::CmpFPredicate::OEQ, negatedIndex(s),
                           args[threshold + 1]);
    return {slope(s, args), s.select(here, s.neg(args[sum]), s.constant(0.0))};
  };
  return SmallVector<Value>(spec.rows(builder, phases, nullptr, emit));
}

/// What the learned noise of one expert means for its load. Arguments: logit,
/// noisy logit, std, .., then from `pairs` on what largestPhases() finds.
struct LearnedLoad {
  int64_t k;
  unsigned pairs;

  unsigned last() const { return pairs + 2 * (k - 1); }
  unsigned next() const { return last() + 2; }
  /// Whether the expert is not among the k largest.
  Value left(ScalarBuilder &s, ValueRange args) const {
    return comesAfter(s, args[1], args[last()], args[last() + 1]);
  }
  Value std(ScalarBuilder &s, ValueRange args) const {
    return s.op<arith::MaximumFOp>(args[2], s.constant(1e-20));
  }
  /// (logit - threshold) / std
  Value distance(ScalarBuilder &s, ValueRange args) const {
    Value threshold = s.select(left(s, args), args[last()], args[next()]);
    return s.div(s.sub(args[0], threshold), std(s, args));
  }
  /// d * phi(z) / std, with d as argument 3.
  Value slope(ScalarBuilder &s, ValueRange args, Value z) const {
    Value density = s.op<math::ExpOp>(s.mul(s.mul(z, z), -0.5));
    return s.div(s.mul(args[3], s.mul(density, invSqrt2Pi)), std(s, args));
  }
};

Lowered lowerLearnedLoad(OpBuilder &builder, moe::LearnedLoadProbabilityOp op,
                         moe::LearnedLoadProbabilityOp::Adaptor adaptor) {
  ArrayRef<int64_t> shape = shapeOf(adaptor.getLogits());
  KernelSpec spec(op.getLoc(), shape);
  SmallVector<AffineExpr> point = identity(builder.getContext(), 2);
  for (Value input :
       {adaptor.getLogits(), adaptor.getNoisy(), adaptor.getStds()})
    spec.input(input, point);
  spec.result(builder, shape, point);
  LearnedLoad load{int64_t(op.getK()), 3};
  auto emit = [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    Value erf = s.op<math::ErfOp>(s.mul(load.distance(s, args), invSqrt2));
    return {s.fma(erf, s.constant(0.5), s.constant(0.5))};
  };
  return SmallVector<Value>(spec.rows(
      builder,
      largestPhases(/*input=*/1, load.pairs, load.k + 1, /*withLast=*/false),
      nullptr, emit));
}

Lowered
lowerLearnedLoadGrad(OpBuilder &builder, moe::LearnedLoadProbabilityGradOp op,
                     moe::LearnedLoadProbabilityGradOp::Adaptor adaptor) {
  ArrayRef<int64_t> shape = shapeOf(adaptor.getLogits());
  KernelSpec spec(op.getLoc(), shape);
  SmallVector<AffineExpr> point = identity(builder.getContext(), 2);
  for (Value input : {adaptor.getLogits(), adaptor.getNoisy(),
                      adaptor.getStds(), adaptor.getOutGrad()})
    spec.input(input, point);
  for (int i = 0; i < 3; ++i)
    spec.result(builder, shape, point);
  LearnedLoad load{int64_t(op.getK()), 4};
  unsigned sums = load.next() + 2;
  SmallVector<Phase> phases = largestPhases(/*input=*/1, load.pairs, load.k + 1,
                                            /*withLast=*/true);
  // Of the experts that are compared with the (k+1)-th, and with the k-th.
  phases.push_back({Combiner::Add, [=](ScalarBuilder &s, ValueRange args) {
                      Value slope = load.slope(s, args, load.distance(s, args));
                      Value left = load.left(s, args);
                      Value zero = s.constant(0.0);
                      return SmallVector<Value>{s.select(left, zero, slope),
                                                s.select(left, slope, zero)};
                    }});
  auto emit = [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    Value z = load.distance(s, args), slope = load.slope(s, args, z);
    auto at = [&](unsigned pair) {
      return s.compare(arith::CmpFPredicate::OEQ, negatedIndex(s),
                       args[pair + 1]);
    };
    Value noisy =
        s.select(at(load.last()), s.neg(args[sums + 1]),
                 s.select(at(load.next()), s.neg(args[sums]), s.constant(0.0)));
    return {slope, noisy, s.neg(s.mul(slope, z))};
  };
  return SmallVector<Value>(spec.rows(builder, phases, nullptr, emit));
}

Lowered lowerTopKSoftmax(OpBuilder &builder, moe::TopKSoftmaxOp op,
                         moe::TopKSoftmaxOp::Adaptor adaptor) {
  ArrayRef<int64_t> shape = shapeOf(adaptor.getInput());
  int64_t k = op.getK();
  KernelSpec spec(op.getLoc(), shape);
  SmallVector<AffineExpr> point = identity(builder.getContext(), 2);
  spec.input(adaptor.getInput(), point);
  spec.result(builder, shape, point);
  // The values of the last pair, then the sum.
  const unsigned last = 1 + 2 * (k - 1), sum = last + 2;
  auto share = [=](ScalarBuilder &s, ValueRange args) -> Value {
    Value left = comesAfter(s, args[0], args[last], args[last + 1]);
    Value e = s.op<math::ExpOp>(s.sub(args[0], args[1]));
    return s.select(left, s.constant(0.0), e);
  };
  SmallVector<Phase> phases =
      largestPhases(/*input=*/0, 1, k, /*withLast=*/true);
  phases.push_back({Combiner::Add, [=](ScalarBuilder &s, ValueRange args) {
                      return SmallVector<Value>{share(s, args)};
                    }});
  auto emit = [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    return {s.div(share(s, args), args[sum])};
  };
  return SmallVector<Value>(spec.rows(builder, phases, nullptr, emit));
}

} // namespace

void fusion::addTopKLowerings(LoweringPatterns &patterns) {
  patterns.add<moe::TopKSoftmaxOp>(lowerTopKSoftmax);
  patterns.add<moe::LoadProbabilityOp>(lowerLoadProbability);
  patterns.add<moe::LoadProbabilityGradOp>(lowerLoadProbabilityGrad);
  patterns.add<moe::LearnedLoadProbabilityOp>(lowerLearnedLoad);
  patterns.add<moe::LearnedLoadProbabilityGradOp>(lowerLearnedLoadGrad);
}
