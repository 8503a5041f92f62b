//===- LowerElementwise.cpp - Element-wise ops to kernel.map --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Fusion/LowerToKernel.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using namespace moec::kernel;

static constexpr double invSqrt2Pi = 0.39894228040143267794;
static constexpr double sqrt2OverPi = 0.79788456080286535588;
static constexpr double geluCubic = 0.044715;
static constexpr double log2e = 1.4426950408889634;

/// Lowers a binary op to `ScalarOp`.
template <typename OpT, typename ScalarOp>
static Lowered lowerBinary(OpBuilder &builder, OpT op,
                           typename OpT::Adaptor adaptor) {
  Value result =
      elementwise(builder, op.getLoc(), shapeOf(op.getResult()),
                  {adaptor.getLhs(), adaptor.getRhs()},
                  [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
                    return {s.op<ScalarOp>(args[0], args[1])};
                  });
  return SmallVector<Value>{result};
}

static Lowered lowerScale(OpBuilder &builder, moe::ScaleOp op,
                          moe::ScaleOp::Adaptor adaptor) {
  double factor = op.getFactor().convertToDouble();
  Value result = elementwise(
      builder, op.getLoc(), shapeOf(op.getResult()), adaptor.getInput(),
      [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        return {s.mul(args[0], factor)};
      });
  return SmallVector<Value>{result};
}

static Lowered lowerRsqrt(OpBuilder &builder, moe::RsqrtOp op,
                          moe::RsqrtOp::Adaptor adaptor) {
  double eps = op.getEps().convertToDouble();
  Value result = elementwise(
      builder, op.getLoc(), shapeOf(op.getResult()), adaptor.getInput(),
      [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        return {s.op<math::RsqrtOp>(s.add(args[0], s.constant(eps)))};
      });
  return SmallVector<Value>{result};
}

/// A GELU is x times a share that goes from 0 to 1. With m = |x| and the tail
/// q(m), which goes from 1/2 to 0:
///   gelu(x) = max(x, 0) - m q(m)
///   gelu'(x) = 1 - h(m) for x >= 0, h(m) for x < 0, with h = q + m q'
/// Nothing cancels where q is small, so that both saturate exactly, and a bound
/// of m from where on q and m q' are 0 in f32 keeps 0 from meeting infinity.
struct Tail {
  Value m, q;
  /// m q'; null where only the function is asked for.
  Value slope;
};

/// min(|x|, bound); a NaN stays.
static Value boundedMagnitude(ScalarBuilder &s, Value x, double bound) {
  Value magnitude = s.op<math::AbsFOp>(x), limit = s.constant(bound);
  return s.select(s.compare(arith::CmpFPredicate::OGT, magnitude, limit), limit,
                  magnitude);
}

/// q = 1 / (1 + exp 2u) with u = sqrt(2/pi) (m + 0.044715 m^3), since
/// (1 - tanh u) / 2 is that; q' = -2u' q (1 - q). exp(-2u) is taken as a power
/// of 2, whose exponent needs no other factors; it is 0 from 10.2 on.
static Tail tanhTail(ScalarBuilder &s, Value x, bool withSlope) {
  constexpr double factor = -2 * sqrt2OverPi;
  Tail tail{boundedMagnitude(s, x, 10.25), {}, {}};
  Value square = s.mul(tail.m, tail.m);
  Value exponent =
      s.mul(tail.m, s.fma(square, s.constant(factor * geluCubic * log2e),
                          s.constant(factor * log2e)));
  Value e = s.op<math::Exp2Op>(exponent);
  tail.q = s.estimatedDiv(e, s.add(e, s.constant(1.0)));
  if (withSlope) {
    Value inner =
        s.fma(square, s.constant(3 * factor * geluCubic), s.constant(factor));
    Value rest = s.fma(s.neg(tail.q), tail.q, tail.q);
    tail.slope = s.mul(s.mul(tail.m, inner), rest);
  }
  return tail;
}

/// q = Phi(-m) = (1 - erf(m / sqrt 2)) / 2 as 2 to a polynomial; q' = -phi(m).
/// Both are 0 from 13.3 on.
static Tail erfTail(ScalarBuilder &s, Value x, bool withSlope) {
  Tail tail{boundedMagnitude(s, x, 13.5), {}, {}};
  // log2 Phi(-m) on [0, 13.02], a minimax fit of Phi(-m) (Lawson's iteration,
  // rounded to f32 one by one): 2.7e-8.
  Value exponent = s.constant(-8.0747975e-07);
  for (double c : {1.7411998e-05, -9.2748349e-05, -0.00033657392, 0.0072910264,
                   -0.052631777, -0.45916995, -1.1511092, -0.99999994})
    exponent = s.fma(exponent, tail.m, s.constant(c));
  tail.q = s.op<math::Exp2Op>(exponent);
  if (withSlope) {
    Value density =
        s.op<math::Exp2Op>(s.mul(s.mul(tail.m, tail.m), -0.5 * log2e));
    tail.slope = s.mul(tail.m, s.mul(density, -invSqrt2Pi));
  }
  return tail;
}

static Tail geluTail(ScalarBuilder &s, Value x, bool tanh, bool withSlope) {
  return tanh ? tanhTail(s, x, withSlope) : erfTail(s, x, withSlope);
}

static Lowered lowerGelu(OpBuilder &builder, moe::GeluOp op,
                         moe::GeluOp::Adaptor adaptor) {
  bool tanh = op.getTanh();
  Value result = elementwise(
      builder, op.getLoc(), shapeOf(op.getResult()), adaptor.getInput(),
      [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        Value x = args[0], zero = s.constant(0.0);
        Tail tail = geluTail(s, x, tanh, /*withSlope=*/false);
        Value negative = s.compare(arith::CmpFPredicate::OLT, x, zero);
        Value positive = s.select(negative, zero, x);
        return {s.fma(s.neg(tail.m), tail.q, positive)};
      });
  return SmallVector<Value>{result};
}

static Value geluDerivative(ScalarBuilder &s, Value x, bool tanh) {
  Tail tail = geluTail(s, x, tanh, /*withSlope=*/true);
  Value h = s.add(tail.q, tail.slope);
  Value negative = s.compare(arith::CmpFPredicate::OLT, x, s.constant(0.0));
  return s.select(negative, h, s.sub(s.constant(1.0), h));
}

static Lowered lowerGeluGrad(OpBuilder &builder, moe::GeluGradOp op,
                             moe::GeluGradOp::Adaptor adaptor) {
  bool tanh = op.getTanh();
  Value result =
      elementwise(builder, op.getLoc(), shapeOf(op.getResult()),
                  {adaptor.getInput(), adaptor.getOutGrad()},
                  [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
                    return {s.mul(args[1], geluDerivative(s, args[0], tanh))};
                  });
  return SmallVector<Value>{result};
}

/// log(1 + exp(y)) = max(y, 0) + log(1 + u) with u = exp(-|y|). What 1 + u
/// rounds away is put right by the factor u / ((1 + u) - 1), as Kahan does it
/// (HP-15C Advanced Functions Handbook, 1982).
Value fusion::softplus(ScalarBuilder &s, Value y) {
  Value one = s.constant(1.0), zero = s.constant(0.0);
  Value u = s.op<math::ExpOp>(s.neg(s.op<math::AbsFOp>(y)));
  Value sum = s.add(u, one);
  Value exact = s.compare(arith::CmpFPredicate::OEQ, sum, one);
  Value rounded = s.select(exact, one, s.sub(sum, one));
  Value log = s.mul(s.op<math::LogOp>(sum), s.div(u, rounded));
  return s.add(s.op<arith::MaximumFOp>(y, zero), s.select(exact, u, log));
}

/// Lowers a unary op to what `body` makes of an element.
template <typename OpT, Value (*body)(ScalarBuilder &, Value)>
static Lowered lowerUnary(OpBuilder &builder, OpT op,
                          typename OpT::Adaptor adaptor) {
  Value result = elementwise(
      builder, op.getLoc(), shapeOf(op.getResult()), adaptor.getInput(),
      [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        return {body(s, args[0])};
      });
  return SmallVector<Value>{result};
}

static Value sigmoid(ScalarBuilder &s, Value x) {
  Value one = s.constant(1.0);
  return s.div(one, s.add(one, s.op<math::ExpOp>(s.neg(x))));
}

static Value tanh(ScalarBuilder &s, Value x) { return s.op<math::TanhOp>(x); }

static Value relu(ScalarBuilder &s, Value x) {
  return s.op<arith::MaximumFOp>(x, s.constant(0.0));
}

static Lowered lowerReluGrad(OpBuilder &builder, moe::ReluGradOp op,
                             moe::ReluGradOp::Adaptor adaptor) {
  Value result =
      elementwise(builder, op.getLoc(), shapeOf(op.getResult()),
                  {adaptor.getInput(), adaptor.getOutGrad()},
                  [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
                    Value zero = s.constant(0.0);
                    Value above =
                        s.compare(arith::CmpFPredicate::OGT, args[0], zero);
                    return {s.select(above, args[1], zero)};
                  });
  return SmallVector<Value>{result};
}

static Lowered lowerFill(OpBuilder &builder, moe::FillOp op,
                         moe::FillOp::Adaptor) {
  double value = op.getValue().convertToDouble();
  ArrayRef<int64_t> shape = shapeOf(op.getResult());
  Type element = getElementTypeOrSelf(op.getType());
  KernelSpec spec(op.getLoc(), elementSpace(shape));
  spec.result(builder, shape, identity(builder.getContext(), shape.size()),
              element);
  auto body = [&](ScalarBuilder &s, ValueRange) -> SmallVector<Value> {
    return {element.isInteger() ? s.constantI32(int64_t(value))
                                : s.constant(value)};
  };
  return SmallVector<Value>(spec.map(builder, body));
}

static Lowered lowerIota(OpBuilder &builder, moe::IotaOp op,
                         moe::IotaOp::Adaptor) {
  KernelSpec spec(op.getLoc(), shapeOf(op.getResult()));
  spec.resultInto(tensor::EmptyOp::create(builder, op.getLoc(),
                                          shapeOf(op.getResult()),
                                          builder.getI32Type()),
                  spec.dim(0));
  return SmallVector<Value>(
      spec.map(builder, [](ScalarBuilder &s, ValueRange) -> SmallVector<Value> {
        return {s.index(0)};
      }));
}

void fusion::addElementwiseLowerings(LoweringPatterns &patterns) {
  patterns.add<moe::AddOp>(lowerBinary<moe::AddOp, arith::AddFOp>);
  patterns.add<moe::SubOp>(lowerBinary<moe::SubOp, arith::SubFOp>);
  patterns.add<moe::MulOp>(lowerBinary<moe::MulOp, arith::MulFOp>);
  patterns.add<moe::ScaleOp>(lowerScale);
  patterns.add<moe::RsqrtOp>(lowerRsqrt);
  patterns.add<moe::SigmoidOp>(lowerUnary<moe::SigmoidOp, sigmoid>);
  patterns.add<moe::TanhOp>(lowerUnary<moe::TanhOp, tanh>);
  patterns.add<moe::SoftplusOp>(lowerUnary<moe::SoftplusOp, softplus>);
  patterns.add<moe::ReluOp>(lowerUnary<moe::ReluOp, relu>);
  patterns.add<moe::ReluGradOp>(lowerReluGrad);
  patterns.add<moe::GeluOp>(lowerGelu);
  patterns.add<moe::GeluGradOp>(lowerGeluGrad);
  patterns.add<moe::FillOp>(lowerFill);
  patterns.add<moe::IotaOp>(lowerIota);
}
