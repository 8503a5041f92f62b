//===- MoEElementwise.cpp - Element-wise ops ------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEVerify.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace moec;
using namespace moec::moe;

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

LogicalResult RsqrtOp::verify() {
  return expectNotNegative(*this, "eps", getEps());
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

SmallVector<Value> AddOp::buildGradient(OpBuilder &builder, ValueRange grads) {
  return {grads[0], grads[0]};
}

SmallVector<Value> SubOp::buildGradient(OpBuilder &builder, ValueRange grads) {
  return {grads[0], ScaleOp::create(builder, getLoc(), getType(), grads[0],
                                    builder.getF64FloatAttr(-1.0))};
}

SmallVector<Value> MulOp::buildGradient(OpBuilder &builder, ValueRange grads) {
  return {
      MulOp::create(builder, getLoc(), getType(), grads[0], getRhs()),
      MulOp::create(builder, getLoc(), getType(), grads[0], getLhs()),
  };
}

SmallVector<Value> ScaleOp::buildGradient(OpBuilder &builder,
                                          ValueRange grads) {
  return {
      ScaleOp::create(builder, getLoc(), getType(), grads[0], getFactorAttr())};
}

/// -1/2 y^3 dy; dy first, since the cube of a large y may have no f32.
SmallVector<Value> RsqrtOp::buildGradient(OpBuilder &builder,
                                          ValueRange grads) {
  Value product = ScaleOp::create(builder, getLoc(), getType(), grads[0],
                                  builder.getF64FloatAttr(-0.5));
  for (int power = 0; power < 3; ++power)
    product = MulOp::create(builder, getLoc(), getType(), product, getResult());
  return {product};
}

/// dy (y - y^2)
SmallVector<Value> SigmoidOp::buildGradient(OpBuilder &builder,
                                            ValueRange grads) {
  Location loc = getLoc();
  Value y = getResult();
  Value square = MulOp::create(builder, loc, getType(), y, y);
  Value slope = SubOp::create(builder, loc, getType(), y, square);
  return {MulOp::create(builder, loc, getType(), grads[0], slope)};
}

/// dy - dy y^2
SmallVector<Value> TanhOp::buildGradient(OpBuilder &builder, ValueRange grads) {
  Location loc = getLoc();
  Value square =
      MulOp::create(builder, loc, getType(), getResult(), getResult());
  Value lost = MulOp::create(builder, loc, getType(), grads[0], square);
  return {SubOp::create(builder, loc, getType(), grads[0], lost)};
}

SmallVector<Value> SoftplusOp::buildGradient(OpBuilder &builder,
                                             ValueRange grads) {
  Value slope = SigmoidOp::create(builder, getLoc(), getType(), getInput());
  return {MulOp::create(builder, getLoc(), getType(), grads[0], slope)};
}

SmallVector<Value> GeluOp::buildGradient(OpBuilder &builder, ValueRange grads) {
  return {GeluGradOp::create(builder, getLoc(), getType(), getInput(), grads[0],
                             getTanhAttr())};
}

SmallVector<Value> ReluOp::buildGradient(OpBuilder &builder, ValueRange grads) {
  return {
      ReluGradOp::create(builder, getLoc(), getType(), getInput(), grads[0])};
}

//===----------------------------------------------------------------------===//
// Folds and canonicalization
//===----------------------------------------------------------------------===//

OpFoldResult AddOp::fold(FoldAdaptor) {
  auto isZero = [](Value value) {
    auto fill = value.getDefiningOp<FillOp>();
    return fill && fill.getValue().isZero();
  };
  if (isZero(getRhs()))
    return getLhs();
  if (isZero(getLhs()))
    return getRhs();
  return {};
}

OpFoldResult ScaleOp::fold(FoldAdaptor) {
  if (getFactor().isExactlyValue(1.0))
    return getInput();
  return {};
}

namespace {
/// scale(scale(x, a), b) is scale(x, a * b).
struct ScaleOfScale : OpRewritePattern<ScaleOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScaleOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<ScaleOp>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "the input is no scale");
    rewriter.replaceOpWithNewOp<ScaleOp>(op, op.getType(), inner.getInput(),
                                         inner.getFactor() * op.getFactor());
    return success();
  }
};
} // namespace

void ScaleOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                          MLIRContext *context) {
  patterns.add<ScaleOfScale>(context);
}
