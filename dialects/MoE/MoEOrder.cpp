//===- MoEOrder.cpp - Orders of tokens, and tokens in an order ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEVerify.h"

using namespace mlir;
using namespace moec;
using namespace moec::moe;

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

LogicalResult ArgsortOp::verify() {
  ArrayRef<int64_t> shape = shapeOf(getInput());
  if (shape.empty())
    return emitOpError("expected an input of rank 1 or more, got 0");
  if (shape.back() > maxExtent)
    return emitOpError("expected at most ")
           << maxExtent << " elements a row, got " << shape.back();
  return success();
}

/// `all` [images, n, channels] and `part` [images, m, channels], the tokens at
/// `begin` to begin + m - 1 of `order` [images, n].
static LogicalResult verifyMove(Operation *op, StringRef allName, Value all,
                                StringRef partName, Value part, Value order,
                                int64_t begin) {
  if (failed(expectRank(op, allName, all, 3)) ||
      failed(expectRank(op, partName, part, 3)))
    return failure();
  SmallVector<int64_t> shape(shapeOf(all));
  int64_t n = shape[1], m = shapeOf(part)[1];
  if (failed(expectShape(op, "an order", order, {shape[0], n})))
    return failure();
  if (begin < 0 || begin > n - m)
    return op->emitOpError("expected 0 <= begin <= ")
           << n - m << " for " << m << " of " << n << " tokens, got " << begin;
  shape[1] = m;
  if (failed(expectShape(op, partName, part, shape)))
    return failure();
  return expectOneElementType(op);
}

LogicalResult GatherTokensOp::verify() {
  return verifyMove(*this, "an input", getInput(), "a result", getResult(),
                    getOrder(), getBegin());
}

LogicalResult ScatterTokensOp::verify() {
  return verifyMove(*this, "a result", getResult(), "an input", getInput(),
                    getOrder(), getBegin());
}

//===----------------------------------------------------------------------===//
// Folds
//===----------------------------------------------------------------------===//

/// What an op of the other kind took the same way, or nothing. It is only what
/// comes back if the order is a permutation, which argsort gives.
template <typename Other, typename Op> static OpFoldResult foldBack(Op op) {
  auto other = op.getInput().template getDefiningOp<Other>();
  if (!other || other.getOrder() != op.getOrder() ||
      other.getBegin() != op.getBegin() ||
      other.getInput().getType() != op.getType() ||
      !op.getOrder().template getDefiningOp<ArgsortOp>())
    return {};
  return other.getInput();
}

OpFoldResult GatherTokensOp::fold(FoldAdaptor) {
  return foldBack<ScatterTokensOp>(*this);
}

OpFoldResult ScatterTokensOp::fold(FoldAdaptor) {
  // A part that was gathered leaves zeros at the other places.
  if (getInput().getType() != getType())
    return {};
  return foldBack<GatherTokensOp>(*this);
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

SmallVector<Value> GatherTokensOp::buildGradient(OpBuilder &builder,
                                                 ValueRange grads) {
  return {ScatterTokensOp::create(builder, getLoc(), getInput().getType(),
                                  grads[0], getOrder(), getBeginAttr()),
          Value()};
}

SmallVector<Value> ScatterTokensOp::buildGradient(OpBuilder &builder,
                                                  ValueRange grads) {
  return {GatherTokensOp::create(builder, getLoc(), getInput().getType(),
                                 grads[0], getOrder(), getBeginAttr()),
          Value()};
}
