//===- ScalarProgram.cpp - Scalar regions of kernel ops
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/ScalarProgram.h"
#include "dialects/Kernel/KernelOps.h"
#include "lib/Reference/Tensor.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::reference;

int64_t moec::reference::evaluate(AffineExpr expr, ArrayRef<int64_t> point) {
  switch (expr.getKind()) {
  case AffineExprKind::Constant:
    return cast<AffineConstantExpr>(expr).getValue();
  case AffineExprKind::DimId:
    return cast<AffineDimExpr>(expr).getPosition() < point.size()
               ? point[cast<AffineDimExpr>(expr).getPosition()]
               : 0;
  case AffineExprKind::SymbolId:
    return 0; // Maps with symbols are refused.
  default:
    break;
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  int64_t lhs = evaluate(binary.getLHS(), point);
  int64_t rhs = evaluate(binary.getRHS(), point);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return lhs + rhs;
  case AffineExprKind::Mul:
    return lhs * rhs;
  case AffineExprKind::Mod:
    return rhs > 0 ? llvm::mod(lhs, rhs) : 0;
  case AffineExprKind::FloorDiv:
    return rhs > 0 ? llvm::divideFloorSigned(lhs, rhs) : 0;
  default:
    return rhs > 0 ? llvm::divideCeilSigned(lhs, rhs) : 0;
  }
}

namespace {
unsigned widthOf(Type type) {
  return isa<IndexType>(type) ? 64 : type.getIntOrFloatBitWidth();
}
int64_t wrap(uint64_t value, unsigned width) {
  return width == 64 ? int64_t(value) : llvm::SignExtend64(value, width);
}
uint64_t bits(int64_t value, unsigned width) {
  return width == 64 ? uint64_t(value)
                     : uint64_t(value) & ((uint64_t(1) << width) - 1);
}

/// maximumf and minimumf: NaN wins.
template <typename T> T propagateNaN(T a, T b, bool largest) {
  if (std::isnan(a) || std::isnan(b))
    return std::numeric_limits<T>::quiet_NaN();
  return largest ? std::max(a, b) : std::min(a, b);
}

template <typename T> bool compare(arith::CmpFPredicate predicate, T a, T b) {
  using P = arith::CmpFPredicate;
  bool unordered = std::isnan(a) || std::isnan(b);
  switch (predicate) {
  case P::AlwaysFalse:
    return false;
  case P::AlwaysTrue:
    return true;
  case P::OEQ:
    return !unordered && a == b;
  case P::OGT:
    return !unordered && a > b;
  case P::OGE:
    return !unordered && a >= b;
  case P::OLT:
    return !unordered && a < b;
  case P::OLE:
    return !unordered && a <= b;
  case P::ONE:
    return !unordered && a != b;
  case P::ORD:
    return !unordered;
  case P::UEQ:
    return unordered || a == b;
  case P::UGT:
    return unordered || a > b;
  case P::UGE:
    return unordered || a >= b;
  case P::ULT:
    return unordered || a < b;
  case P::ULE:
    return unordered || a <= b;
  case P::UNE:
    return unordered || a != b;
  case P::UNO:
    return unordered;
  }
  return false;
}

/// Turns ops into steps.
template <typename T> struct RegionReader {
  using Step = std::function<void(Scalar<T> *, ArrayRef<int64_t>)>;
  std::vector<Step> &steps;
  llvm::DenseMap<Value, unsigned> &slot;

  template <typename Function> bool f1(Operation *op, Function function) {
    unsigned a = slot[op->getOperand(0)], r = slot[op->getResult(0)];
    steps.push_back(
        [=](Scalar<T> *s, ArrayRef<int64_t>) { s[r].f = function(s[a].f); });
    return true;
  }
  template <typename Function> bool f2(Operation *op, Function function) {
    unsigned a = slot[op->getOperand(0)], b = slot[op->getOperand(1)];
    unsigned r = slot[op->getResult(0)];
    steps.push_back([=](Scalar<T> *s, ArrayRef<int64_t>) {
      s[r].f = function(s[a].f, s[b].f);
    });
    return true;
  }
  /// Integers: `function` computes in 64 bits, the result wraps to its width.
  template <typename Function> bool i2(Operation *op, Function function) {
    unsigned a = slot[op->getOperand(0)], b = slot[op->getOperand(1)];
    unsigned r = slot[op->getResult(0)];
    unsigned width = widthOf(op->getResult(0).getType());
    steps.push_back([=](Scalar<T> *s, ArrayRef<int64_t>) {
      s[r].i = wrap(uint64_t(function(s[a].i, s[b].i)), width);
    });
    return true;
  }
  /// The same on the operands as unsigned numbers.
  template <typename Function> bool u2(Operation *op, Function function) {
    unsigned width = widthOf(op->getOperand(0).getType());
    return i2(op, [=](int64_t a, int64_t b) {
      return int64_t(function(bits(a, width), bits(b, width)));
    });
  }
  /// Conversions.
  template <typename Function> bool convert(Operation *op, Function function) {
    unsigned a = slot[op->getOperand(0)], r = slot[op->getResult(0)];
    steps.push_back(
        [=](Scalar<T> *s, ArrayRef<int64_t>) { function(s[a], s[r]); });
    return true;
  }

  bool floats(Operation *op);
  bool integers(Operation *op);
  bool others(Operation *op);
};

template <typename T> bool RegionReader<T>::floats(Operation *op) {
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case(
          [&](arith::AddFOp) { return f2(op, [](T a, T b) { return a + b; }); })
      .Case(
          [&](arith::SubFOp) { return f2(op, [](T a, T b) { return a - b; }); })
      .Case(
          [&](arith::MulFOp) { return f2(op, [](T a, T b) { return a * b; }); })
      .Case(
          [&](arith::DivFOp) { return f2(op, [](T a, T b) { return a / b; }); })
      .Case([&](arith::MaximumFOp) {
        return f2(op, [](T a, T b) { return propagateNaN(a, b, true); });
      })
      .Case([&](arith::MinimumFOp) {
        return f2(op, [](T a, T b) { return propagateNaN(a, b, false); });
      })
      .Case([&](arith::MaxNumFOp) {
        return f2(op, [](T a, T b) { return std::fmax(a, b); });
      })
      .Case([&](arith::MinNumFOp) {
        return f2(op, [](T a, T b) { return std::fmin(a, b); });
      })
      .Case([&](math::PowFOp) {
        return f2(op, [](T a, T b) { return std::pow(a, b); });
      })
      .Case([&](arith::NegFOp) { return f1(op, [](T a) { return -a; }); })
      .Case([&](math::AbsFOp) {
        return f1(op, [](T a) { return std::fabs(a); });
      })
      .Case(
          [&](math::ExpOp) { return f1(op, [](T a) { return std::exp(a); }); })
      .Case([&](math::Exp2Op) {
        return f1(op, [](T a) { return std::exp2(a); });
      })
      .Case([&](math::ExpM1Op) {
        return f1(op, [](T a) { return std::expm1(a); });
      })
      .Case(
          [&](math::LogOp) { return f1(op, [](T a) { return std::log(a); }); })
      .Case([&](math::Log2Op) {
        return f1(op, [](T a) { return std::log2(a); });
      })
      .Case([&](math::Log1pOp) {
        return f1(op, [](T a) { return std::log1p(a); });
      })
      .Case([&](math::SqrtOp) {
        return f1(op, [](T a) { return std::sqrt(a); });
      })
      .Case([&](math::RsqrtOp) {
        return f1(op, [](T a) { return T(1) / std::sqrt(a); });
      })
      .Case([&](math::TanhOp) {
        return f1(op, [](T a) { return std::tanh(a); });
      })
      .Case(
          [&](math::ErfOp) { return f1(op, [](T a) { return std::erf(a); }); })
      .Case([&](math::ErfcOp) {
        return f1(op, [](T a) { return std::erfc(a); });
      })
      .Case(
          [&](math::SinOp) { return f1(op, [](T a) { return std::sin(a); }); })
      .Case(
          [&](math::CosOp) { return f1(op, [](T a) { return std::cos(a); }); })
      .Case([&](math::FloorOp) {
        return f1(op, [](T a) { return std::floor(a); });
      })
      .Case([&](math::CeilOp) {
        return f1(op, [](T a) { return std::ceil(a); });
      })
      .Default([](Operation *) { return false; });
}

template <typename T> bool RegionReader<T>::integers(Operation *op) {
  using I = int64_t;
  using U = uint64_t;
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case(
          [&](arith::AddIOp) { return u2(op, [](U a, U b) { return a + b; }); })
      .Case(
          [&](arith::SubIOp) { return u2(op, [](U a, U b) { return a - b; }); })
      .Case(
          [&](arith::MulIOp) { return u2(op, [](U a, U b) { return a * b; }); })
      .Case(
          [&](arith::AndIOp) { return u2(op, [](U a, U b) { return a & b; }); })
      .Case(
          [&](arith::OrIOp) { return u2(op, [](U a, U b) { return a | b; }); })
      .Case(
          [&](arith::XOrIOp) { return u2(op, [](U a, U b) { return a ^ b; }); })
      .Case([&](arith::ShLIOp) {
        return u2(op, [](U a, U b) { return b > 63 ? 0 : a << b; });
      })
      .Case([&](arith::ShRUIOp) {
        return u2(op, [](U a, U b) { return b > 63 ? 0 : a >> b; });
      })
      .Case([&](arith::ShRSIOp) {
        return i2(op, [](I a, I b) { return a >> (U(b) > 63 ? 63 : b); });
      })
      // A division by zero has no meaning; here it gives 0 and does not trap.
      .Case([&](arith::DivUIOp) {
        return u2(op, [](U a, U b) { return b ? a / b : 0; });
      })
      .Case([&](arith::RemUIOp) {
        return u2(op, [](U a, U b) { return b ? a % b : 0; });
      })
      .Case([&](arith::DivSIOp) {
        return i2(op, [](I a, I b) {
          return b == 0 ? 0 : b == -1 ? I(-U(a)) : a / b;
        });
      })
      .Case([&](arith::RemSIOp) {
        return i2(op, [](I a, I b) { return b == 0 || b == -1 ? 0 : a % b; });
      })
      .Case([&](arith::FloorDivSIOp) {
        return i2(op, [](I a, I b) {
          return b == 0 || b == -1 ? I(-U(a)) : llvm::divideFloorSigned(a, b);
        });
      })
      .Case([&](arith::MaxSIOp) {
        return i2(op, [](I a, I b) { return std::max(a, b); });
      })
      .Case([&](arith::MinSIOp) {
        return i2(op, [](I a, I b) { return std::min(a, b); });
      })
      .Case([&](arith::MaxUIOp) {
        return u2(op, [](U a, U b) { return std::max(a, b); });
      })
      .Case([&](arith::MinUIOp) {
        return u2(op, [](U a, U b) { return std::min(a, b); });
      })
      .Case([&](arith::CmpIOp cmp) {
        auto predicate = cmp.getPredicate();
        unsigned width = widthOf(cmp.getLhs().getType());
        return i2(op, [=](I a, I b) {
          return I(arith::applyCmpPredicate(predicate,
                                            APInt(width, bits(a, width)),
                                            APInt(width, bits(b, width))));
        });
      })
      .Default([](Operation *) { return false; });
}

template <typename T> bool RegionReader<T>::others(Operation *op) {
  using S = Scalar<T>;
  auto width = [&](unsigned i) { return widthOf(op->getOperand(i).getType()); };
  unsigned to = op->getNumResults() ? widthOf(op->getResult(0).getType()) : 0;
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case([&](arith::ConstantOp constant) {
        S value;
        if (auto f = dyn_cast<FloatAttr>(constant.getValue()))
          value.f = T(f.getValueAsDouble());
        else if (auto i = dyn_cast<IntegerAttr>(constant.getValue()))
          value.i = wrap(i.getValue().getSExtValue(), to);
        else
          return false;
        unsigned r = slot[op->getResult(0)];
        steps.push_back([=](S *s, ArrayRef<int64_t>) { s[r] = value; });
        return true;
      })
      .Case([&](kernel::IndexOp index) {
        unsigned r = slot[index.getResult()];
        AffineExpr expr = index.getExpr();
        steps.push_back([=](S *s, ArrayRef<int64_t> point) {
          s[r].i = wrap(uint64_t(evaluate(expr, point)), 32);
        });
        return true;
      })
      .Case([&](arith::CmpFOp cmp) {
        unsigned a = slot[cmp.getLhs()], b = slot[cmp.getRhs()];
        unsigned r = slot[cmp.getResult()];
        auto predicate = cmp.getPredicate();
        steps.push_back([=](S *s, ArrayRef<int64_t>) {
          s[r].i = wrap(compare(predicate, s[a].f, s[b].f), 1);
        });
        return true;
      })
      .Case([&](arith::SelectOp select) {
        unsigned c = slot[select.getCondition()], r = slot[select.getResult()];
        unsigned a = slot[select.getTrueValue()],
                 b = slot[select.getFalseValue()];
        steps.push_back(
            [=](S *s, ArrayRef<int64_t>) { s[r] = s[c].i ? s[a] : s[b]; });
        return true;
      })
      .Case([&](math::FmaOp fma) {
        unsigned a = slot[fma.getA()], b = slot[fma.getB()],
                 c = slot[fma.getC()];
        unsigned r = slot[fma.getResult()];
        steps.push_back([=](S *s, ArrayRef<int64_t>) {
          s[r].f = std::fma(s[a].f, s[b].f, s[c].f);
        });
        return true;
      })
      .Case([&](arith::MulUIExtendedOp mul) {
        unsigned a = slot[mul.getLhs()], b = slot[mul.getRhs()], w = width(0);
        unsigned low = slot[mul.getLow()], high = slot[mul.getHigh()];
        steps.push_back([=](S *s, ArrayRef<int64_t>) {
          APInt product =
              APInt(128, bits(s[a].i, w)) * APInt(128, bits(s[b].i, w));
          s[low].i = product.trunc(w).getSExtValue();
          s[high].i = product.lshr(w).trunc(w).getSExtValue();
        });
        return true;
      })
      // All are held in T; build() rounds what is bf16.
      .template Case<arith::ExtFOp, arith::TruncFOp>([&](Operation *) {
        return convert(op, [](const S &a, S &r) { r.f = a.f; });
      })
      .template Case<arith::ExtUIOp, arith::IndexCastUIOp>([&](Operation *) {
        unsigned from = width(0);
        return convert(
            op, [=](const S &a, S &r) { r.i = wrap(bits(a.i, from), to); });
      })
      .template Case<arith::ExtSIOp, arith::TruncIOp, arith::IndexCastOp>(
          [&](Operation *) {
            return convert(op, [=](const S &a, S &r) { r.i = wrap(a.i, to); });
          })
      .Case([&](arith::BitcastOp cast) {
        // Of an f32, whatever T is, and an i32.
        Type type = cast.getType(), source = cast.getIn().getType();
        if (type.isF32() && source.isInteger(32))
          return convert(op, [](const S &a, S &r) {
            r.f = T(llvm::bit_cast<float>(uint32_t(a.i)));
          });
        if (type.isInteger(32) && source.isF32())
          return convert(op, [](const S &a, S &r) {
            r.i = wrap(llvm::bit_cast<uint32_t>(float(a.f)), 32);
          });
        return false;
      })
      .Case([&](arith::UIToFPOp) {
        unsigned from = width(0);
        return convert(op, [=](const S &a, S &r) { r.f = T(bits(a.i, from)); });
      })
      .Case([&](arith::SIToFPOp) {
        return convert(op, [](const S &a, S &r) { r.f = T(a.i); });
      })
      .template Case<arith::FPToSIOp, arith::FPToUIOp>([&](Operation *) {
        return convert(op, [=](const S &a, S &r) {
          bool held = std::fabs(double(a.f)) < 9.2e18;
          r.i = held ? wrap(int64_t(a.f), to) : 0;
        });
      })
      .Default([](Operation *) { return false; });
}
} // namespace

template <typename T>
FailureOr<ScalarProgram<T>> ScalarProgram<T>::build(Region &region) {
  ScalarProgram program;
  if (!region.hasOneBlock())
    return region.getParentOp()->emitError("expected regions of one block");
  Block &block = region.front();
  llvm::DenseMap<Value, unsigned> slot;
  for (BlockArgument argument : block.getArguments()) {
    slot.try_emplace(argument, slot.size());
    program.used.push_back(!argument.use_empty());
  }
  RegionReader<T> builder{program.steps, slot};
  for (Operation &op : block.without_terminator()) {
    for (Value operand : op.getOperands())
      if (!slot.count(operand))
        return op.emitError("operand is not a scalar of this region");
    for (Value result : op.getResults()) {
      if (!result.getType().isIntOrIndexOrFloat())
        return op.emitError("expected scalar results, got ")
               << result.getType();
      slot.try_emplace(result, slot.size());
    }
    if (op.getNumRegions() ||
        !(builder.floats(&op) || builder.integers(&op) || builder.others(&op)))
      return op.emitError("the interpreter does not know this scalar op");
    for (Value result : op.getResults())
      if (result.getType().isBF16())
        program.steps.push_back(
            [r = slot[result]](Scalar<T> *s, ArrayRef<int64_t>) {
              s[r].f = T(roundToBF16(s[r].f));
            });
  }
  for (Value value : block.getTerminator()->getOperands()) {
    if (!slot.count(value))
      return block.getTerminator()->emitError(
          "operand is not a scalar of this region");
    program.yielded.push_back(slot[value]);
  }
  program.slots.resize(slot.size());
  return program;
}

template class moec::reference::ScalarProgram<float>;
template class moec::reference::ScalarProgram<double>;
