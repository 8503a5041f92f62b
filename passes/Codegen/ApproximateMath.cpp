//===- ApproximateMath.cpp - Math functions as straight-line code ---------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   %y = math.exp %x : vector<16xf32>
// becomes
//   %p = ... polynomial of what is left of %x after multiples of log 2
//   %s = ... a power of 2, made of its bits
//   %y = arith.mulf %p, %s : vector<16xf32>
//
// The same operations for any number of lanes and any instruction set, none of
// which needs rounding instructions. Coefficients are minimax fits (Remez, in
// 40 digits, rounded to f32 one by one), each with its relative error. What may
// be estimated is a quotient that a result is *not* near to, so that functions
// saturate exactly.
//
// Shown by test/passes/Codegen/approximate-math.mlir; the bounds are in
// docs/numerics.md and held by test/passes/Codegen/MathAccuracyTest.cpp.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "passes/Codegen/Passes.h"
#include "llvm/ADT/TypeSwitch.h"
#include <limits>

using namespace mlir;

namespace moec::codegen {
#define GEN_PASS_DEF_APPROXIMATEMATHPASS
#include "passes/Codegen/Passes.h.inc"
#include "llvm/Support/MathExtras.h"

namespace {

/// log 2 in two parts; products of the first one with exponents are exact.
constexpr double log2High = 0.693145751953125;
constexpr double log2Low = 1.4286068203094173e-06;
using llvm::numbers::log2e;
/// Added to a number of moderate size, leaves the nearest integer in the low
/// bits (ties to even).
constexpr double toInteger = 0x1.8p23;
constexpr int32_t mantissaBits = 23, exponentBias = 127;

/// Emits the functions of one operation; all values have its type.
class Emitter {
public:
  Emitter(Operation *op, bool keepExp)
      : b(op), loc(op->getLoc()), type(op->getResult(0).getType()),
        integers(isa<VectorType>(type)
                     ? Type(cast<VectorType>(type).clone(b.getI32Type()))
                     : b.getI32Type()),
        keepExp(keepExp) {}

  Value exp(Value x) {
    if (keepExp)
      return math::ExpOp::create(b, loc, x);
    // Beyond these the power of 2 is infinite or 0.
    return boundedExp(clamp(x, -87.9, 88.8));
  }

  /// 2^x: no rounding in what is left of x, so a shorter way than e^x. Where
  /// nothing is infinite (ninf), x lies below 128.
  Value exp2(Value x, bool finite) {
    if (keepExp)
      return math::Exp2Op::create(b, loc, x);
    return boundedExp2(finite ? atLeast(x, -127) : clamp(x, -127, 128));
  }

  /// e^x - 1: with the power of 2 that is in e^x, 2 (s q + (s - 1/2)), so that
  /// nothing overflows before the result does.
  Value expm1(Value x) {
    auto [shifted, r] = reduce(clamp(x, -30, 89), 0, exponentBias - 1);
    // (e^r - 1 - r) / r^2 on [-log(2)/2, log(2)/2], of e^r - 1: 1.4e-8
    Value p = polynomial(r, {0.00138356758, 0.00836712308, 0.0416677557,
                             0.16666539, 0.49999997});
    Value q = fma(mul(r, r), p, r);
    Value s = powerOf2(shifted);
    Value half = fma(s, q, sub(s, constant(0.5)));
    // Half of the smallest normal numbers would be 0.
    Value tiny = less(math::AbsFOp::create(b, loc, x), 0x1p-25);
    return select(tiny, x, add(half, half));
  }

  /// log x = k log 2 + log(1 + f) with 1 + f in [sqrt(1/2), sqrt(2)).
  Value log(Value x) {
    constexpr int32_t rootHalf = 0x3f3504f3;
    Value distance =
        arith::SubIOp::create(b, loc, bits(x), constantI(rootHalf));
    Value k = arith::SIToFPOp::create(
        b, loc, type,
        arith::ShRSIOp::create(b, loc, distance, constantI(mantissaBits)));
    Value mantissa = arith::AndIOp::create(b, loc, distance,
                                           constantI((1 << mantissaBits) - 1));
    Value f = sub(
        fromBits(arith::AddIOp::create(b, loc, mantissa, constantI(rootHalf))),
        constant(1));
    Value square = mul(f, f);
    // (log(1 + f) - f + f^2 / 2) / f^3, of log(1 + f): 2.4e-8
    Value p =
        polynomial(f, {-0.0773893148, 0.128061488, -0.131594777, 0.142007068,
                       -0.166232288, 0.200012594, -0.250008225, 0.333333313});
    Value rest = fma(mul(p, f), square, mul(k, constant(log2Low)));
    rest = fma(square, constant(-0.5), rest);
    Value y = fma(k, constant(log2High), add(f, rest));
    constexpr double inf = std::numeric_limits<double>::infinity();
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    y = select(less(x, inf), y, x);
    Value outside = select(less(x, 0), constant(nan), constant(-inf));
    return select(less(x, 0x1p-126), outside, y);
  }

  /// 1 - 2 e / (1 + e), e = exp(-2 |x|), and near 0, where that would cancel,
  /// an odd polynomial.
  Value tanh(Value x) {
    Value a = math::AbsFOp::create(b, loc, x), square = mul(a, a);
    Value e = exp(mul(a, constant(-2)));
    Value large =
        fma(quotient(e, add(e, constant(1))), constant(-2), constant(1));
    // (tanh x - x) / x^3 on [0, 0.625], of tanh x: 4.5e-9
    Value p = polynomial(square, {-0.00569229526, 0.0206281673, -0.0537365153,
                                  0.133314058, -0.333332807});
    Value small = fma(mul(a, square), p, a);
    return math::CopySignOp::create(b, loc,
                                    select(less(a, 0.625), small, large), x);
  }

  /// 1 - exp(log erfc |x|), and near 0 an odd polynomial.
  Value erf(Value x) {
    Value a = math::AbsFOp::create(b, loc, x);
    // log erfc x on [0.9375, 4], of erf x: 2e-9
    Value bounded = atMost(a, 4);
    Value p = polynomial(bounded, {0.000193905071, -0.00302318018, 0.0221466143,
                                   -0.103764065, -0.637374222, -1.12756097,
                                   -0.000223585317});
    Value e = keepExp ? exp(p) : boundedExp(p);
    Value large = sub(constant(1), e);
    // erf x / x - 1 on [0, 0.9375], of erf x: 2e-8
    Value small =
        polynomial(mul(a, a), {-0.000592512486, 0.00498068752, -0.0267585646,
                               0.112816177, -0.376124799, 0.128379151});
    small = fma(a, small, a);
    return math::CopySignOp::create(b, loc,
                                    select(less(a, 0.9375), small, large), x);
  }

  /// The distance to the nearest zero, an odd multiple of pi/2, in three parts
  /// of pi: the sine of it, with the sign of the slope there.
  Value cos(Value x) {
    constexpr double pi[] = {3.1415927410125732, -8.742277657347586e-08,
                             -3.430249020011764e-15};
    Value shifted =
        add(fma(x, constant(1 / 3.14159265358979323846), constant(-0.5)),
            constant(toInteger));
    Value k = add(sub(shifted, constant(toInteger)), constant(0.5));
    Value r = x;
    for (double part : pi)
      r = fma(k, constant(-part), r);
    Value square = mul(r, r);
    // (sin r - r) / r^3 on [0, pi/2], of sin r: 6.2e-9
    Value p = polynomial(
        square, {2.60609568e-06, -0.000198097769, 0.00833306927, -0.166666597});
    Value sine = fma(mul(r, square), p, r);
    Value sign = arith::XOrIOp::create(
        b, loc, arith::ShLIOp::create(b, loc, bits(shifted), constantI(31)),
        constantI(std::numeric_limits<int32_t>::min()));
    return fromBits(arith::XOrIOp::create(b, loc, bits(sine), sign));
  }

private:
  OpBuilder b;
  Location loc;
  Type type, integers;
  bool keepExp;

  Value constant(Type of, TypedAttr value) {
    if (auto vector = dyn_cast<VectorType>(of))
      value = DenseElementsAttr::get(vector, Attribute(value));
    return arith::ConstantOp::create(b, loc, value);
  }
  Value constant(double value) {
    return constant(type, b.getF32FloatAttr(value));
  }
  Value constantI(int32_t value) {
    return constant(integers, b.getI32IntegerAttr(value));
  }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, loc, x, y); }
  Value fma(Value x, Value y, Value z) {
    return math::FmaOp::create(b, loc, x, y, z);
  }
  /// x / y with an estimated reciprocal of y, which is neither 0 nor infinite.
  Value quotient(Value x, Value y) {
    auto estimated = arith::FastMathFlags::arcp | arith::FastMathFlags::ninf |
                     arith::FastMathFlags::contract;
    return arith::DivFOp::create(
        b, loc, x, y, arith::FastMathFlagsAttr::get(b.getContext(), estimated));
  }
  Value less(Value x, double bound) {
    return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, x,
                                 constant(bound));
  }
  Value select(Value condition, Value yes, Value no) {
    return arith::SelectOp::create(b, loc, condition, yes, no);
  }
  /// The smaller of x and `bound`; a NaN stays. One instruction on x86.
  Value atMost(Value x, double bound) {
    Value limit = constant(bound);
    Value beyond =
        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, x, limit);
    return select(beyond, limit, x);
  }
  Value atLeast(Value x, double bound) {
    return select(less(x, bound), constant(bound), x);
  }
  Value clamp(Value x, double low, double high) {
    return atLeast(atMost(x, high), low);
  }
  Value bits(Value x) { return arith::BitcastOp::create(b, loc, integers, x); }
  Value fromBits(Value x) { return arith::BitcastOp::create(b, loc, type, x); }

  /// Coefficients from the highest power to the lowest.
  Value polynomial(Value x, ArrayRef<double> coefficients) {
    Value p = constant(coefficients.front());
    for (double c : coefficients.drop_front())
      p = fma(p, x, constant(c));
    return p;
  }

  /// x = n log(2) + r with n the integer nearest to x / log(2) + `offset`;
  /// returns n + toInteger + `bias` and r.
  std::pair<Value, Value> reduce(Value x, double offset, int32_t bias) {
    Value toBiased = constant(toInteger + bias);
    Value shifted =
        offset == 0 ? fma(x, constant(log2e), toBiased)
                    : add(fma(x, constant(log2e), constant(offset)), toBiased);
    Value n = sub(shifted, toBiased);
    Value r = fma(n, constant(-log2High), x);
    return {shifted, fma(n, constant(-log2Low), r)};
  }
  /// 2^n of n + toInteger + exponentBias: the bits of an f32 but for its place.
  Value powerOf2(Value shifted) {
    return fromBits(
        arith::ShLIOp::create(b, loc, bits(shifted), constantI(mantissaBits)));
  }

  /// 2^x of x in [-127, 128], with r in [-1/2, 1/2]. The power of 2 is 0 for
  /// -127 and infinite for 128; between them lies half of it, and up to 3/2.
  Value boundedExp2(Value x) {
    Value toBiased = constant(toInteger + exponentBias);
    Value shifted = add(x, toBiased);
    Value r = sub(x, sub(shifted, toBiased));
    // (2^r - 1) / r, of 2^r: 9.2e-8. Two halves of it side by side, as what
    // follows waits for this.
    Value high = fma(r, constant(0.00132647273), constant(0.00967151299));
    Value low = fma(r, constant(0.240222424), constant(0.693147004));
    Value square = mul(r, r);
    high = fma(high, r, constant(0.0555073358));
    Value p = fma(fma(square, high, low), r, constant(1));
    return mul(p, powerOf2(shifted));
  }

  /// e^x of x in [-87.9, 88.8]. With r in [0, log 2) the power of 2 is that of
  /// the result: normal for normal results, 0 for those below, else infinite.
  Value boundedExp(Value x) {
    auto [shifted, r] = reduce(x, -0.5, exponentBias);
    // (e^r - 1) / r, of e^r: 2.1e-9
    Value p = polynomial(r, {0.0019467657, 0.00779686775, 0.0419110395,
                             0.166611701, 0.500005543, 0.999999821});
    return mul(fma(p, r, constant(1)), powerOf2(shifted));
  }
};

/// Functions that are instructions, or short sequences of them, everywhere.
bool isBasic(Operation *op) {
  return isa<math::AbsFOp, math::CeilOp, math::CopySignOp,
             math::CountLeadingZerosOp, math::CountTrailingZerosOp,
             math::CtPopOp, math::FloorOp, math::FmaOp, math::RsqrtOp,
             math::SqrtOp>(op);
}

/// An instruction that divides sixteen numbers takes as long as two that divide
/// eight, and longer than an estimate with a step of Newton's; up to eight are
/// ready sooner without one.
void divideIfShort(arith::DivFOp op) {
  auto vector = dyn_cast<VectorType>(op.getType());
  if (!vector || vector.getNumElements() <= 8)
    op.setFastmath(
        arith::bitEnumClear(op.getFastmath(), arith::FastMathFlags::arcp));
}

struct ApproximateMathPass
    : impl::ApproximateMathPassBase<ApproximateMathPass> {
  using ApproximateMathPassBase::ApproximateMathPassBase;

  void runOnOperation() override {
    SmallVector<Operation *> functions;
    getOperation()->walk([&](Operation *op) {
      if (auto divide = dyn_cast<arith::DivFOp>(op); divide && !keepExp)
        divideIfShort(divide);
      else if (isa<math::MathDialect>(op->getDialect()) && !isBasic(op) &&
               !(keepExp && isa<math::ExpOp, math::Exp2Op>(op)))
        functions.push_back(op);
    });
    for (Operation *op : functions) {
      Type type = op->getResult(0).getType();
      if (!getElementTypeOrSelf(type).isF32()) {
        op->emitError("kernels compute functions in f32, got ") << type;
        return signalPassFailure();
      }
      Emitter emit(op, keepExp);
      Value x = op->getOperand(0);
      Value y = llvm::TypeSwitch<Operation *, Value>(op)
                    .Case([&](math::ExpOp) { return emit.exp(x); })
                    .Case([&](math::Exp2Op exp2) {
                      return emit.exp2(x, arith::bitEnumContainsAll(
                                              exp2.getFastmath(),
                                              arith::FastMathFlags::ninf));
                    })
                    .Case([&](math::ExpM1Op) { return emit.expm1(x); })
                    .Case([&](math::LogOp) { return emit.log(x); })
                    .Case([&](math::TanhOp) { return emit.tanh(x); })
                    .Case([&](math::ErfOp) { return emit.erf(x); })
                    .Case([&](math::CosOp) { return emit.cos(x); })
                    .Default([](Operation *) { return Value(); });
      if (!y) {
        op->emitError("kernels have no code for this function; express it by "
                      "math.exp, exp2, expm1, log, tanh, erf or cos");
        return signalPassFailure();
      }
      op->getResult(0).replaceAllUsesWith(y);
      op->erase();
    }
  }
};
} // namespace
} // namespace moec::codegen
