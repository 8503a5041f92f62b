//===- MoEAttention.cpp - Attention ---------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEVerify.h"
#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::moe;

template <typename OpT> static double scoreScale(OpT op) {
  if (op.getScale())
    return op.getScale()->convertToDouble();
  return 1.0 / std::sqrt(static_cast<double>(shapeOf(op.getQuery()).back()));
}
double AttentionOp::getScoreScale() { return scoreScale(*this); }
double AttentionGradOp::getScoreScale() { return scoreScale(*this); }

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

/// Operands and results of attention, whose gradient has both as operands.
template <typename OpT> static LogicalResult verifyAttention(OpT op) {
  if (failed(expectRank(op, "a query", op.getQuery(), 4)) ||
      failed(expectRank(op, "a key", op.getKey(), 4)) ||
      failed(expectRank(op, "a value", op.getValue(), 4)))
    return failure();
  ArrayRef<int64_t> query = shapeOf(op.getQuery()), key = shapeOf(op.getKey());
  int64_t batch = query[0], heads = query[2], dim = query[3], groups = key[2];
  int64_t width = shapeOf(op.getValue())[3];
  if (failed(expectShape(op, "a key", op.getKey(),
                         {batch, key[1], groups, dim})) ||
      failed(expectShape(op, "a value", op.getValue(),
                         {batch, key[1], groups, width})))
    return failure();
  if (groups < 1 || heads % groups)
    return op.emitOpError("expected heads of the key that divide the ")
           << heads << " of the query, got " << groups;
  if (failed(expectShape(op, "a result", op.getResult(),
                         {batch, query[1], heads, width})) ||
      failed(expectShape(op, "a log-sum-exp", op.getLogSumExp(),
                         {batch, heads, query[1]})))
    return failure();

  size_t parts = op.getNorm().size();
  if (parts != 0 && parts != 2 && parts != 4)
    return op.emitOpError("expected 2 scales, or 2 scales and 2 biases, as "
                          "norm, got ")
           << parts << " values";
  for (Value part : op.getNorm())
    if (failed(expectShape(op, "a parameter of the norm", part, {dim})))
      return failure();
  if (op.getEps().has_value() != (parts != 0))
    return op.emitOpError("expected ")
           << (parts ? "eps with norm" : "no eps without norm");
  if (parts && failed(expectNotNegative(op, "eps", *op.getEps())))
    return failure();
  return expectOneElementType(op);
}

LogicalResult AttentionOp::verify() { return verifyAttention(*this); }
LogicalResult AttentionGradOp::verify() {
  if (failed(verifyAttention(*this)))
    return failure();
  if (Value gradient = getLogSumExpGrad())
    return expectShape(*this, "a gradient of the log-sum-exp", gradient,
                       shapeOf(getLogSumExp()));
  return success();
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

SmallVector<Value> AttentionOp::buildGradient(OpBuilder &builder,
                                              ValueRange grads) {
  Value outGrad = grads[0];
  if (!outGrad)
    outGrad = FillOp::create(builder, getLoc(), getResult().getType(),
                             builder.getF64FloatAttr(0.0));
  auto grad = AttentionGradOp::create(
      builder, getLoc(), getQuery().getType(), getKey().getType(),
      getValue().getType(), getNorm().getTypes(), getQuery(), getKey(),
      getValue(), getNorm(), getResult(), getLogSumExp(), outGrad, grads[1],
      getEpsAttr(), getScaleAttr());
  return SmallVector<Value>(grad.getResults());
}
