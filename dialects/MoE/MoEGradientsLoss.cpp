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
  return {SoftmaxCrossEntropyGradOp::create(
              builder, getLoc(), getLogits().getType(), getLogits(),
              getLabels(), grads[0], getLabelSmoothingAttr()),
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
