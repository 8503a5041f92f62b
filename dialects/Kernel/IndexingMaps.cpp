//===- IndexingMaps.cpp - Composing the maps of kernel operands -----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/IndexingMaps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/AffineExpr.h"

using namespace mlir;

namespace {
/// Inclusive bounds of an expression; nothing if unknown.
using Bounds = std::optional<std::pair<int64_t, int64_t>>;
} // namespace

static Bounds getBounds(AffineExpr expr, ArrayRef<int64_t> extents) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return {{constant.getValue(), constant.getValue()}};
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return {{0, extents[dim.getPosition()] - 1}};
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  Bounds l = getBounds(binary.getLHS(), extents);
  Bounds r = getBounds(binary.getRHS(), extents);
  if (!l || !r)
    return std::nullopt;
  int64_t c = r->first;
  bool constant = r->first == r->second;
  switch (binary.getKind()) {
  case AffineExprKind::Add:
    return {{l->first + r->first, l->second + r->second}};
  case AffineExprKind::Mul:
    if (!constant)
      return std::nullopt;
    return {{std::min(l->first * c, l->second * c),
             std::max(l->first * c, l->second * c)}};
  case AffineExprKind::FloorDiv:
    if (!constant || c <= 0 || l->first < 0)
      return std::nullopt;
    return {{l->first / c, l->second / c}};
  case AffineExprKind::Mod:
    if (!constant || c <= 0)
      return std::nullopt;
    return {{0, c - 1}};
  default:
    return std::nullopt;
  }
}

static AffineExpr simplify(AffineExpr expr, ArrayRef<int64_t> extents) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (dim && extents[dim.getPosition()] == 1)
      return getAffineConstantExpr(0, expr.getContext());
    return expr;
  }
  AffineExpr l = simplify(binary.getLHS(), extents);
  AffineExpr r = simplify(binary.getRHS(), extents);
  AffineExpr result =
      getAffineBinaryOpExpr(binary.getKind(), l, r); // folds what it can
  auto same = dyn_cast<AffineBinaryOpExpr>(result);
  if (!same)
    return result;
  auto divisor = dyn_cast<AffineConstantExpr>(same.getRHS());
  Bounds range = getBounds(same.getLHS(), extents);
  if (!divisor || !range || range->first < 0 ||
      range->second >= divisor.getValue())
    return result;
  if (same.getKind() == AffineExprKind::FloorDiv)
    return getAffineConstantExpr(0, expr.getContext());
  if (same.getKind() == AffineExprKind::Mod)
    return same.getLHS();
  return result;
}

AffineMap moec::kernel::simplifyMap(AffineMap map, ArrayRef<int64_t> extents) {
  SmallVector<AffineExpr> results;
  for (AffineExpr expr : map.getResults()) {
    AffineExpr before;
    do {
      before = expr;
      expr = simplifyAffineExpr(simplify(expr, extents), map.getNumDims(), 0);
    } while (expr != before);
    results.push_back(expr);
  }
  return AffineMap::get(map.getNumDims(), 0, results, map.getContext());
}

Value moec::kernel::getViewRoot(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// From indices of the collapsed to those of the expanded shape.
static AffineMap getExpansion(ArrayRef<int64_t> expanded,
                              ArrayRef<ReassociationIndices> groups,
                              MLIRContext *context) {
  SmallVector<AffineExpr> results;
  for (auto [position, group] : llvm::enumerate(groups)) {
    AffineExpr rest = getAffineDimExpr(position, context);
    SmallVector<AffineExpr> parts(group.size());
    for (int64_t i = group.size() - 1; i > 0; --i) {
      parts[i] = rest % expanded[group[i]];
      rest = rest.floorDiv(expanded[group[i]]);
    }
    parts[0] = rest;
    results.append(parts);
  }
  if (groups.empty()) // a scalar seen as a tensor of one element
    results.assign(expanded.size(), getAffineConstantExpr(0, context));
  return AffineMap::get(groups.size(), 0, results, context);
}

/// From indices of the expanded to those of the collapsed shape.
static AffineMap getCollapse(ArrayRef<int64_t> expanded,
                             ArrayRef<ReassociationIndices> groups,
                             MLIRContext *context) {
  SmallVector<AffineExpr> results;
  for (const ReassociationIndices &group : groups) {
    AffineExpr expr = getAffineConstantExpr(0, context);
    for (int64_t i : group)
      expr = expr * expanded[i] + getAffineDimExpr(i, context);
    results.push_back(expr);
  }
  return AffineMap::get(expanded.size(), 0, results, context);
}

static AffineMap getViewMaps(Value value, bool toRoot) {
  MLIRContext *context = value.getContext();
  auto type = cast<ShapedType>(value.getType());
  AffineMap map = AffineMap::getMultiDimIdentityMap(type.getRank(), context);
  auto append = [&](AffineMap step) {
    map = toRoot ? step.compose(map) : map.compose(step);
  };
  while (Operation *op = value.getDefiningOp()) {
    if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
      ArrayRef<int64_t> shape = expand.getResultType().getShape();
      auto groups = expand.getReassociationIndices();
      append(toRoot ? getCollapse(shape, groups, context)
                    : getExpansion(shape, groups, context));
    } else if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
      ArrayRef<int64_t> shape = collapse.getSrcType().getShape();
      auto groups = collapse.getReassociationIndices();
      append(toRoot ? getExpansion(shape, groups, context)
                    : getCollapse(shape, groups, context));
    } else {
      break;
    }
    value = op->getOperand(0);
  }
  return map;
}

AffineMap moec::kernel::getViewMap(Value value) {
  return getViewMaps(value, /*toRoot=*/true);
}

AffineMap moec::kernel::getInverseViewMap(Value value) {
  return getViewMaps(value, /*toRoot=*/false);
}

std::optional<unsigned> moec::kernel::getUnitStrideDim(AffineMap map) {
  if (map.getNumResults() == 0)
    return std::nullopt;
  auto last = dyn_cast<AffineDimExpr>(map.getResults().back());
  if (!last)
    return std::nullopt;
  for (AffineExpr other : map.getResults().drop_back())
    if (other.isFunctionOfDim(last.getPosition()))
      return std::nullopt;
  return last.getPosition();
}

bool moec::kernel::isVectorFriendly(AffineMap map, unsigned dim) {
  return !map.isFunctionOfDim(dim) || getUnitStrideDim(map) == dim;
}
