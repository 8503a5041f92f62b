//===- LowerGelu.cpp - GELU and its gradient to kernel.map ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A GELU (Hendrycks and Gimpel, 2016) is x times a share that goes from 0 to 1.
// With m = |x| and the tail q(m), which goes from 1/2 to 0:
//
//   gelu(x) = max(x, 0) - m q(m)
//   gelu'(x) = 1 - h(m) for x >= 0, h(m) for x < 0, with h = q + m q'
//
// A bound of m from where on q and h are 0 in f32 keeps 0 from meeting
// infinity.
//
// q and h are powers of 2 and what follows from them, where nothing cancels,
// or, where the machine prefers that, 1/2 less a quotient of polynomials, whose
// bound is a point at which that is exactly 0. docs/numerics.md has the bounds
// of both, test/passes/Codegen/ApproximateMathTest.cpp holds them.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/MachineCosts.h"
#include "passes/Fusion/LowerToKernel.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using namespace moec::kernel;

static constexpr double invSqrt2Pi = 0.39894228040143267794;
static constexpr double sqrt2OverPi = 0.79788456080286535588;
static constexpr double geluCubic = 0.044715;
using llvm::numbers::log2e;

namespace {
struct Tail {
  Value m, q;
  /// m q'; null where only the function is asked for.
  Value slope;
};
} // namespace

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

namespace {
/// 1/2 - m N(m^2) / D(m^2) for m up to `bound`, where it is 0 in f32, exactly,
/// and stays so. Minimax fits (linearized, with Lawson's weights, rounded to
/// f32 one by one); coefficients from the highest power to the lowest, 1 of D.
struct Quotient {
  double bound;
  ArrayRef<double> numerator, denominator;
};
} // namespace

// Of q: 2.0e-8 and 4.2e-9.
static constexpr double erfN[] = {1.79309893e-06, -0.000354300981, 0.0520013422,
                                  2.73357129,     72.3475266,      576.356079,
                                  6400.85059};
static constexpr double erfD[] = {1, 29.3718472, 466.760132, 4118.77002,
                                  16044.5576};
static constexpr double tanhN[] = {
    3.25703968e-06, -0.000579407846, 0.0684533715, 1.68254483,
    58.667347,      508.827057,      7655.69531};
static constexpr double tanhD[] = {1, 17.5900192, 408.317413, 4489.5957,
                                   19189.9824};
// Of h: 2.1e-8 and 2.0e-8.
static constexpr double erfSlopeN[] = {
    -3.82148664e-06, 0.00068550423, -0.0322095975, 6.5903554,
    -37.123867,      2946.75806,    -8817.875,     160942.734};
static constexpr double erfSlopeD[] = {1,          28.6229057, 572.72406,
                                       7292.65283, 56186.0234, 201711.766};
static constexpr double tanhSlopeN[] = {
    -2.11471834e-05, 0.00376022933, -0.270152181, 17.4463978,
    -275.432434,     7338.29053,    -33028.0508,  408685.531};
static constexpr double tanhSlopeD[] = {1,         44.2180634, 580.158752,
                                        13511.917, 130188.484, 512211.281};

static Quotient tailQuotient(bool tanh) {
  return tanh ? Quotient{5.01030684, tanhN, tanhD}
              : Quotient{5.45599985, erfN, erfD};
}
static Quotient slopeQuotient(bool tanh) {
  return tanh ? Quotient{5.46127987, tanhSlopeN, tanhSlopeD}
              : Quotient{5.78781986, erfSlopeN, erfSlopeD};
}

static Value evaluate(ScalarBuilder &s, Value m, const Quotient &quotient) {
  Value square = s.mul(m, m);
  Value n = s.constant(quotient.numerator.front());
  for (double c : quotient.numerator.drop_front())
    n = s.fma(n, square, s.constant(c));
  Value d = s.add(square, s.constant(quotient.denominator[1]));
  for (double c : quotient.denominator.drop_front(2))
    d = s.fma(d, square, s.constant(c));
  return s.sub(s.constant(0.5), s.div(s.mul(m, n), d));
}

static bool isQuotient(Operation *op) {
  return kernel::prefersQuotients(kernel::findMachine(op));
}

static Lowered lowerGelu(OpBuilder &builder, moe::GeluOp op,
                         moe::GeluOp::Adaptor adaptor) {
  bool tanh = op.getTanh(), quotient = isQuotient(op);
  Value result = elementwise(
      builder, op.getLoc(), shapeOf(op.getResult()), adaptor.getInput(),
      [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        Value x = args[0], zero = s.constant(0.0);
        Tail tail;
        if (quotient) {
          Quotient of = tailQuotient(tanh);
          tail.m = boundedMagnitude(s, x, of.bound);
          tail.q = evaluate(s, tail.m, of);
        } else {
          tail = geluTail(s, x, tanh, /*withSlope=*/false);
        }
        Value negative = s.compare(arith::CmpFPredicate::OLT, x, zero);
        Value positive = s.select(negative, zero, x);
        return {s.fma(s.neg(tail.m), tail.q, positive)};
      });
  return SmallVector<Value>{result};
}

static Value geluDerivative(ScalarBuilder &s, Value x, bool tanh,
                            bool quotient) {
  Value h;
  if (quotient) {
    Quotient of = slopeQuotient(tanh);
    h = evaluate(s, boundedMagnitude(s, x, of.bound), of);
  } else {
    Tail tail = geluTail(s, x, tanh, /*withSlope=*/true);
    h = s.add(tail.q, tail.slope);
  }
  Value negative = s.compare(arith::CmpFPredicate::OLT, x, s.constant(0.0));
  return s.select(negative, h, s.sub(s.constant(1.0), h));
}

static Lowered lowerGeluGrad(OpBuilder &builder, moe::GeluGradOp op,
                             moe::GeluGradOp::Adaptor adaptor) {
  bool tanh = op.getTanh(), quotient = isQuotient(op);
  Value result = elementwise(
      builder, op.getLoc(), shapeOf(op.getResult()),
      {adaptor.getInput(), adaptor.getOutGrad()},
      [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        return {s.mul(args[1], geluDerivative(s, args[0], tanh, quotient))};
      });
  return SmallVector<Value>{result};
}

void fusion::addGeluLowerings(LoweringPatterns &patterns) {
  patterns.add<moe::GeluOp>(lowerGelu);
  patterns.add<moe::GeluGradOp>(lowerGeluGrad);
}
