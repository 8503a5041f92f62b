//===- AffineExtents.cpp - Affine expressions of bounded dims -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/AffineExtents.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moec::kernel {

ExprRange rangeOf(AffineExpr expr, ArrayRef<int64_t> dims) {
  if (auto d = dyn_cast<AffineDimExpr>(expr))
    return {0, std::max<int64_t>(dims[d.getPosition()] - 1, 0)};
  if (auto c = dyn_cast<AffineConstantExpr>(expr))
    return {c.getValue(), c.getValue()};
  auto bin = dyn_cast<AffineBinaryOpExpr>(expr);
  assert(bin && "kernel maps have no symbols");
  ExprRange l = rangeOf(bin.getLHS(), dims), r = rangeOf(bin.getRHS(), dims);
  switch (bin.getKind()) {
  case AffineExprKind::Add:
    return {l.low + r.low, l.high + r.high};
  case AffineExprKind::Mul: {
    int64_t p[] = {l.low * r.low, l.low * r.high, l.high * r.low,
                   l.high * r.high};
    return {*std::min_element(p, p + 4), *std::max_element(p, p + 4)};
  }
  case AffineExprKind::Mod:
    if (l.low >= 0 && l.high < r.low)
      return l;
    return {0, r.low - 1};
  case AffineExprKind::FloorDiv:
    return {llvm::divideFloorSigned(l.low, r.low),
            llvm::divideFloorSigned(l.high, r.low)};
  default:
    return {llvm::divideCeilSigned(l.low, r.low),
            llvm::divideCeilSigned(l.high, r.low)};
  }
}

namespace {
/// A sum of atoms (dims, divisions, remainders) with coefficients.
struct Sum {
  llvm::MapVector<AffineExpr, int64_t> terms;
  int64_t constant = 0;

  void add(const Sum &other, int64_t factor) {
    for (auto &[atom, coefficient] : other.terms)
      terms[atom] += coefficient * factor;
    constant += other.constant * factor;
  }
};

class Simplifier {
public:
  Simplifier(MLIRContext *context, ArrayRef<int64_t> dims)
      : context(context), dims(dims) {}

  AffineExpr run(AffineExpr expr) {
    Sum sum = flatten(expr);
    joinDivMod(sum);
    return build(sum);
  }

private:
  MLIRContext *context;
  ArrayRef<int64_t> dims;

  AffineExpr build(const Sum &sum) {
    AffineExpr result = getAffineConstantExpr(0, context);
    for (auto &[atom, coefficient] : sum.terms)
      if (coefficient)
        result = result + atom * coefficient;
    return result + sum.constant;
  }

  Sum flatten(AffineExpr expr) {
    Sum sum;
    if (auto c = dyn_cast<AffineConstantExpr>(expr)) {
      sum.constant = c.getValue();
      return sum;
    }
    auto bin = dyn_cast<AffineBinaryOpExpr>(expr);
    if (!bin) {
      // A dimension of extent one is always 0.
      auto d = cast<AffineDimExpr>(expr);
      if (dims[d.getPosition()] > 1)
        sum.terms[expr] = 1;
      return sum;
    }
    if (bin.getKind() == AffineExprKind::Add) {
      sum.add(flatten(bin.getLHS()), 1);
      sum.add(flatten(bin.getRHS()), 1);
      return sum;
    }
    int64_t c = cast<AffineConstantExpr>(bin.getRHS()).getValue();
    if (bin.getKind() == AffineExprKind::Mul) {
      sum.add(flatten(bin.getLHS()), c);
      return sum;
    }
    AffineExpr inner = run(bin.getLHS());
    if (bin.getKind() == AffineExprKind::FloorDiv)
      return flattenDivMod(inner, c, /*isMod=*/false);
    if (bin.getKind() == AffineExprKind::Mod)
      return flattenDivMod(inner, c, /*isMod=*/true);
    return atomOrSum(inner.ceilDiv(c));
  }

  Sum atomOrSum(AffineExpr expr) {
    Sum sum;
    if (auto c = dyn_cast<AffineConstantExpr>(expr))
      sum.constant = c.getValue();
    else
      sum.terms[expr] = 1;
    return sum;
  }

  /// Splits `inner` in c * quotient + rest, as far as its coefficients show.
  Sum flattenDivMod(AffineExpr inner, int64_t c, bool isMod) {
    Sum all = flattenShallow(inner), quotient, rest;
    for (auto &[atom, coefficient] : all.terms)
      (coefficient % c == 0 ? quotient : rest).terms[atom] =
          coefficient % c == 0 ? coefficient / c : coefficient;
    rest.constant = all.constant;
    ExprRange range = rangeOf(build(rest), dims);
    if (range.low >= 0 && range.high < c)
      return isMod ? rest : quotient;
    Sum sum;
    sum.add(atomDivMod(build(rest), c, isMod), 1);
    if (!isMod)
      sum.add(quotient, 1);
    return sum;
  }

  /// The terms of an expression that is already simplified.
  Sum flattenShallow(AffineExpr expr) {
    Sum sum;
    auto bin = dyn_cast<AffineBinaryOpExpr>(expr);
    if (bin && bin.getKind() == AffineExprKind::Add) {
      sum.add(flattenShallow(bin.getLHS()), 1);
      sum.add(flattenShallow(bin.getRHS()), 1);
      return sum;
    }
    if (bin && bin.getKind() == AffineExprKind::Mul) {
      sum.add(flattenShallow(bin.getLHS()),
              cast<AffineConstantExpr>(bin.getRHS()).getValue());
      return sum;
    }
    return atomOrSum(expr);
  }

  /// One canonical form for nested division: (e floordiv a) floordiv c is
  /// e floordiv ac; (e mod ac) floordiv c is (e floordiv c) mod a; (e mod ac)
  /// mod c is e mod c.
  Sum atomDivMod(AffineExpr e, int64_t c, bool isMod) {
    if (auto bin = dyn_cast<AffineBinaryOpExpr>(e)) {
      if (bin.getKind() == AffineExprKind::FloorDiv && !isMod) {
        int64_t a = cast<AffineConstantExpr>(bin.getRHS()).getValue();
        return flattenDivMod(bin.getLHS(), a * c, false);
      }
      if (bin.getKind() == AffineExprKind::Mod) {
        int64_t a = cast<AffineConstantExpr>(bin.getRHS()).getValue();
        if (a % c == 0 && isMod)
          return flattenDivMod(bin.getLHS(), c, true);
        if (a % c == 0) {
          Sum div = flattenDivMod(bin.getLHS(), c, false);
          return flattenDivMod(build(div), a / c, true);
        }
      }
    }
    return atomOrSum(isMod ? e % c : e.floorDiv(c));
  }

  /// s * (e mod c) + s * c * (e floordiv c) is s * e.
  void joinDivMod(Sum &sum) {
    for (bool changed = true; changed;) {
      changed = false;
      for (auto &[atom, coefficient] : sum.terms) {
        auto bin = dyn_cast<AffineBinaryOpExpr>(atom);
        if (!coefficient || !bin || bin.getKind() != AffineExprKind::Mod)
          continue;
        int64_t c = cast<AffineConstantExpr>(bin.getRHS()).getValue();
        Sum quotient = flattenDivMod(bin.getLHS(), c, false);
        int64_t scale = coefficient * c;
        bool all = llvm::all_of(quotient.terms, [&](auto &term) {
          auto it = sum.terms.find(term.first);
          return it != sum.terms.end() && it->second == term.second * scale;
        });
        if (!all || quotient.constant || quotient.terms.empty())
          continue;
        Sum inner = flattenShallow(bin.getLHS());
        int64_t factor = coefficient;
        coefficient = 0;
        sum.add(quotient, -scale);
        sum.add(inner, factor);
        changed = true;
        break; // the map may have grown
      }
    }
  }
};
} // namespace

AffineExpr simplifyWithExtents(AffineExpr expr, ArrayRef<int64_t> dims) {
  return Simplifier(expr.getContext(), dims).run(expr);
}

std::optional<int64_t>
getSlope(AffineExpr expr, unsigned dim,
         function_ref<std::optional<int64_t>(AffineBinaryOpExpr)> ofDivision) {
  if (!expr.isFunctionOfDim(dim))
    return 0;
  if (isa<AffineDimExpr>(expr))
    return 1;
  auto bin = cast<AffineBinaryOpExpr>(expr);
  if (bin.getKind() == AffineExprKind::Add) {
    auto l = getSlope(bin.getLHS(), dim, ofDivision);
    auto r = getSlope(bin.getRHS(), dim, ofDivision);
    return l && r ? std::optional<int64_t>(*l + *r) : std::nullopt;
  }
  auto by = dyn_cast<AffineConstantExpr>(bin.getRHS());
  if (bin.getKind() == AffineExprKind::Mul) {
    auto l = getSlope(bin.getLHS(), dim, ofDivision);
    return l && by ? std::optional<int64_t>(*l * by.getValue()) : std::nullopt;
  }
  return ofDivision ? ofDivision(bin) : std::nullopt;
}

AffineMap simplifyMap(AffineMap map, ArrayRef<int64_t> extents) {
  SmallVector<AffineExpr> results;
  for (AffineExpr expr : map.getResults())
    results.push_back(simplifyWithExtents(expr, extents));
  return AffineMap::get(map.getNumDims(), 0, results, map.getContext());
}

} // namespace moec::kernel
