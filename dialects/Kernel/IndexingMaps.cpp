//===- IndexingMaps.cpp - Composing the maps of kernel operands -----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/IndexingMaps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

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
  // Beside the dim, whatever does not move with it, such as where a part of a
  // row begins.
  SmallVector<AffineExpr> rest(map.getResults().drop_back()),
      terms = {map.getResults().back()};
  std::optional<unsigned> unit;
  while (!terms.empty()) {
    AffineExpr term = terms.pop_back_val();
    if (term.getKind() == AffineExprKind::Add) {
      auto sum = cast<AffineBinaryOpExpr>(term);
      terms.append({sum.getLHS(), sum.getRHS()});
    } else if (auto dim = dyn_cast<AffineDimExpr>(term); dim && !unit) {
      unit = dim.getPosition();
    } else {
      rest.push_back(term);
    }
  }
  bool moves = unit && llvm::any_of(rest, [&](AffineExpr other) {
                 return other.isFunctionOfDim(*unit);
               });
  return moves ? std::nullopt : unit;
}

bool moec::kernel::isVectorFriendly(AffineMap map, unsigned dim) {
  return !map.isFunctionOfDim(dim) || getUnitStrideDim(map) == dim;
}
