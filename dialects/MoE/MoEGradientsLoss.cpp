//===- MoEGradientsLoss.cpp - Vector-Jacobian products of losses
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"

using namespace mlir;
using namespace moec::moe;

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
