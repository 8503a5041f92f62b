//===- MoELoss.cpp - Losses and metrics -----------------------------------===//
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

/// logits [B, C] with labels [B].
static LogicalResult verifyClasses(Operation *op, Value logits, Value labels) {
  if (failed(expectRank(op, "logits", logits, 2)) ||
      failed(expectShape(op, "labels", labels, {shapeOf(logits)[0]})))
    return failure();
  return expectOneElementType(op);
}

/// The mean over the batch or a value for each item.
static LogicalResult verifyMeanOrItems(Operation *op, Value logits,
                                       Value result,
                                       StringRef what = "result") {
  ArrayRef<int64_t> shape = shapeOf(result);
  if (shape.empty() || shape == shapeOf(logits).take_front())
    return success();
  return op->emitOpError("expected a scalar or [")
         << shapeOf(logits)[0] << "] as " << what << ", got "
         << shapeText(shape);
}

static LogicalResult verifySmoothing(Operation *op, const APFloat &smoothing) {
  double value = smoothing.convertToDouble();
  if (value >= 0 && value <= 1)
    return success();
  SmallString<16> text;
  smoothing.toString(text);
  return op->emitOpError("expected 0 <= smoothing <= 1, got ") << text;
}

LogicalResult SoftmaxCrossEntropyOp::verify() {
  if (failed(verifySmoothing(*this, getLabelSmoothing())) ||
      failed(verifyClasses(*this, getLogits(), getLabels())))
    return failure();
  return verifyMeanOrItems(*this, getLogits(), getLoss());
}
LogicalResult SoftmaxCrossEntropyGradOp::verify() {
  if (failed(verifySmoothing(*this, getLabelSmoothing())))
    return failure();
  return verifyClasses(*this, getLogits(), getLabels());
}
LogicalResult SigmoidCrossEntropyOp::verify() {
  if (failed(verifyClasses(*this, getLogits(), getLabels())))
    return failure();
  return verifyMeanOrItems(*this, getLogits(), getLoss());
}
LogicalResult SigmoidCrossEntropyGradOp::verify() {
  if (failed(verifyClasses(*this, getLogits(), getLabels())))
    return failure();
  return verifyMeanOrItems(*this, getLogits(), getLossGrad(),
                           "gradient of the loss");
}
LogicalResult AccuracyOp::verify() {
  if (failed(verifyClasses(*this, getLogits(), getLabels())))
    return failure();
  return verifyMeanOrItems(*this, getLogits(), getResult());
}

LogicalResult CvSquaredOp::verify() {
  if (failed(expectRank(*this, "an input", getInput(), 1)))
    return failure();
  return expectOneElementType(*this);
}
LogicalResult CvSquaredGradOp::verify() {
  if (failed(expectRank(*this, "an input", getInput(), 1)))
    return failure();
  return expectOneElementType(*this);
}

/// logits [items, experts], k of them chosen under noise of `std`.
static LogicalResult verifyLoad(Operation *op, Value logits, int64_t k,
                                const APFloat &std) {
  if (failed(expectRank(op, "logits", logits, 2)) ||
      failed(expectChoices(op, k, shapeOf(logits)[1])))
    return failure();
  return expectPositive(op, "std", std);
}
LogicalResult LoadProbabilityOp::verify() {
  return verifyLoad(*this, getLogits(), getK(), getStd());
}
LogicalResult LoadProbabilityGradOp::verify() {
  return verifyLoad(*this, getLogits(), getK(), getStd());
}

/// logits [items, experts], of which one more than k is compared.
static LogicalResult verifyLearnedLoad(Operation *op, Value logits, int64_t k) {
  if (failed(expectRank(op, "logits", logits, 2)))
    return failure();
  if (int64_t experts = shapeOf(logits)[1]; k < 1 || k >= experts)
    return op->emitOpError("expected 1 <= k < ") << experts << ", got " << k;
  return success();
}
LogicalResult LearnedLoadProbabilityOp::verify() {
  return verifyLearnedLoad(*this, getLogits(), getK());
}
LogicalResult LearnedLoadProbabilityGradOp::verify() {
  return verifyLearnedLoad(*this, getLogits(), getK());
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

SmallVector<Value> SoftmaxCrossEntropyOp::buildGradient(OpBuilder &builder,
                                                        ValueRange grads) {
  auto type = cast<RankedTensorType>(getLogits().getType());
  auto gradient = [&](Value lossGrad) -> Value {
    return SoftmaxCrossEntropyGradOp::create(builder, getLoc(), type,
                                             getLogits(), getLabels(), lossGrad,
                                             getLabelSmoothingAttr());
  };
  if (cast<RankedTensorType>(getLoss().getType()).getRank() == 0)
    return {gradient(grads[0]), Value()};
  // That of the mean times the batch, scaled for each item.
  Value batch = FillOp::create(
      builder, getLoc(), RankedTensorType::get({}, type.getElementType()),
      builder.getF64FloatAttr(double(type.getDimSize(0))));
  Value scales = BroadcastOp::create(builder, getLoc(), type, grads[0],
                                     builder.getDenseI64ArrayAttr({1}));
  return {MulOp::create(builder, getLoc(), type, gradient(batch), scales),
          Value()};
}

SmallVector<Value> SigmoidCrossEntropyOp::buildGradient(OpBuilder &builder,
                                                        ValueRange grads) {
  return {SigmoidCrossEntropyGradOp::create(builder, getLoc(),
                                            getLogits().getType(), getLogits(),
                                            getLabels(), grads[0]),
          Value()};
}

SmallVector<Value> CvSquaredOp::buildGradient(OpBuilder &builder,
                                              ValueRange grads) {
  return {CvSquaredGradOp::create(builder, getLoc(), getInput().getType(),
                                  getInput(), grads[0])};
}

SmallVector<Value> LoadProbabilityOp::buildGradient(OpBuilder &builder,
                                                    ValueRange grads) {
  Type type = getLogits().getType();
  auto grad = LoadProbabilityGradOp::create(builder, getLoc(), type, type,
                                            getLogits(), getNoisy(), grads[0],
                                            getKAttr(), getStdAttr());
  return {grad.getLogitsGrad(), grad.getNoisyGrad()};
}

SmallVector<Value> LearnedLoadProbabilityOp::buildGradient(OpBuilder &builder,
                                                           ValueRange grads) {
  Type type = getLogits().getType();
  auto grad = LearnedLoadProbabilityGradOp::create(
      builder, getLoc(), type, type, type, getLogits(), getNoisy(), getStds(),
      grads[0], getKAttr());
  return {grad.getLogitsGrad(), grad.getNoisyGrad(), grad.getStdsGrad()};
}

//===----------------------------------------------------------------------===//
// Canonicalization
//===----------------------------------------------------------------------===//

namespace {
/// The mean over the batch of what an op gives for each item is what it gives
/// as a scalar.
template <typename OpT> struct MeanOfItems : OpRewritePattern<ScaleOp> {
  using OpRewritePattern<ScaleOp>::OpRewritePattern;
  LogicalResult matchAndRewrite(ScaleOp op,
                                PatternRewriter &rewriter) const override {
    auto sum = op.getInput().getDefiningOp<ReduceOp>();
    auto items = sum ? sum.getInput().getDefiningOp<OpT>() : OpT();
    if (!items)
      return rewriter.notifyMatchFailure(op, "no sum of values of items");
    auto type = cast<RankedTensorType>(items->getResult(0).getType());
    if (type.getRank() != 1 ||
        !op.getFactor().isExactlyValue(1.0 / double(type.getDimSize(0))))
      return rewriter.notifyMatchFailure(op, "no mean over the batch");
    rewriter.replaceOpWithNewOp<OpT>(op, TypeRange{op.getType()},
                                     items->getOperands(),
                                     items->getAttrDictionary().getValue());
    return success();
  }
};
} // namespace

void SoftmaxCrossEntropyOp::getCanonicalizationPatterns(
    RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<MeanOfItems<SoftmaxCrossEntropyOp>>(context);
}
void AccuracyOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                             MLIRContext *context) {
  patterns.add<MeanOfItems<AccuracyOp>>(context);
}
