//===- MoEVerifyTraining.cpp - Verifiers of losses and updates
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEVerify.h"

using namespace mlir;
using namespace moec;
using namespace moec::moe;

/// logits [B, C] with labels [B].
static LogicalResult verifyClasses(Operation *op, Value logits, Value labels) {
  if (failed(expectRank(op, "logits", logits, 2)) ||
      failed(expectShape(op, "labels", labels, {shapeOf(logits)[0]})))
    return failure();
  return expectOneElementType(op);
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
  if (failed(verifySmoothing(*this, getLabelSmoothing())))
    return failure();
  return verifyClasses(*this, getLogits(), getLabels());
}
LogicalResult SoftmaxCrossEntropyGradOp::verify() {
  if (failed(verifySmoothing(*this, getLabelSmoothing())))
    return failure();
  return verifyClasses(*this, getLogits(), getLabels());
}
LogicalResult AccuracyOp::verify() {
  return verifyClasses(*this, getLogits(), getLabels());
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

LogicalResult ClipScaleOp::verify() {
  if (failed(expectRank(*this, "gradients", getGrads(), 1)) ||
      failed(expectNotNegative(*this, "max_norm", getMaxNorm())))
    return failure();
  return expectOneElementType(*this);
}

LogicalResult SgdUpdateOp::verify() {
  if (failed(expectRank(*this, "parameters", getParam(), 1)))
    return failure();
  return expectOneElementType(*this);
}

LogicalResult AdamWUpdateOp::verify() {
  if (failed(expectRank(*this, "parameters", getParam(), 1)))
    return failure();
  for (const APFloat &beta : {getBeta1(), getBeta2()}) {
    double value = beta.convertToDouble();
    if (value < 0 || value >= 1) {
      SmallString<16> text;
      beta.toString(text);
      return emitOpError("expected 0 <= beta < 1, got ") << text;
    }
  }
  return expectOneElementType(*this);
}
