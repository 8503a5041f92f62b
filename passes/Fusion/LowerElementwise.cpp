//===- LowerElementwise.cpp - Element-wise ops to kernel.map --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Fusion/LowerToKernel.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec;
using namespace moec::fusion;

static constexpr double invSqrt2 = 0.70710678118654752440;
static constexpr double invSqrt2Pi = 0.39894228040143267794;
static constexpr double sqrt2OverPi = 0.79788456080286535588;
static constexpr double geluCubic = 0.044715;

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

/// Phi(x), the normal distribution function.
static Value normalCdf(ScalarBuilder &s, Value x) {
  Value erf = s.op<math::ErfOp>(s.mul(x, invSqrt2));
  return s.fma(erf, s.constant(0.5), s.constant(0.5));
}

/// tanh(sqrt(2/pi) (x + 0.044715 x^3)).
static Value geluTanh(ScalarBuilder &s, Value x) {
  Value cubic = s.fma(s.mul(x, x), s.constant(sqrt2OverPi * geluCubic),
                      s.constant(sqrt2OverPi));
  return s.op<math::TanhOp>(s.mul(x, cubic));
}

static Lowered lowerGelu(OpBuilder &builder, moe::GeluOp op,
                         moe::GeluOp::Adaptor adaptor) {
  bool tanh = op.getTanh();
  Value result = elementwise(
      builder, op.getLoc(), shapeOf(op.getResult()), adaptor.getInput(),
      [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        Value x = args[0];
        if (!tanh)
          return {s.mul(x, normalCdf(s, x))};
        Value half = s.mul(x, 0.5);
        return {s.fma(half, geluTanh(s, x), half)};
      });
  return SmallVector<Value>{result};
}

/// d/dx of x Phi(x) is Phi(x) + x phi(x). With t = tanh(u(x)) that of
/// x (1 + t) / 2 is (1 + t) / 2 + x (1 - t^2) u'(x) / 2.
static Value geluDerivative(ScalarBuilder &s, Value x, bool tanh) {
  Value square = s.mul(x, x);
  Value half = s.constant(0.5);
  if (!tanh) {
    Value density = s.mul(s.op<math::ExpOp>(s.mul(square, -0.5)), invSqrt2Pi);
    return s.fma(x, density, normalCdf(s, x));
  }
  Value t = geluTanh(s, x);
  Value slope = s.fma(square, s.constant(3 * sqrt2OverPi * geluCubic),
                      s.constant(sqrt2OverPi));
  Value rest = s.fma(s.neg(t), t, s.constant(1.0));
  Value tail = s.mul(s.mul(s.mul(x, half), rest), slope);
  return s.add(s.fma(t, half, half), tail);
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

static Lowered lowerFill(OpBuilder &builder, moe::FillOp op,
                         moe::FillOp::Adaptor) {
  double value = op.getValue().convertToDouble();
  Value result =
      elementwise(builder, op.getLoc(), shapeOf(op.getResult()), ValueRange(),
                  [&](ScalarBuilder &s, ValueRange) -> SmallVector<Value> {
                    return {s.constant(value)};
                  });
  return SmallVector<Value>{result};
}

void fusion::addElementwiseLowerings(LoweringPatterns &patterns) {
  patterns.add<moe::AddOp>(lowerBinary<moe::AddOp, arith::AddFOp>);
  patterns.add<moe::SubOp>(lowerBinary<moe::SubOp, arith::SubFOp>);
  patterns.add<moe::MulOp>(lowerBinary<moe::MulOp, arith::MulFOp>);
  patterns.add<moe::ScaleOp>(lowerScale);
  patterns.add<moe::GeluOp>(lowerGelu);
  patterns.add<moe::GeluGradOp>(lowerGeluGrad);
  patterns.add<moe::FillOp>(lowerFill);
}
