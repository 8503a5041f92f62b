//===- MoEGradientsMixing.cpp - Vector-Jacobian products of linear layers and
// normalisation
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "llvm/ADT/SmallString.h"

using namespace mlir;
using namespace moec::moe;

/// dx = dy W^T and dW = x^T dy in index notation, so that the axis of the layer
/// needs no transpose; db = the sum of dy over all other axes.
SmallVector<Value> LinearOp::buildGradient(OpBuilder &builder,
                                           ValueRange grads) {
  Location loc = getLoc();
  Value dy = grads[0];
  auto inputType = cast<RankedTensorType>(getInput().getType());
  int64_t axis = getAxis();

  // Letters of the other axes, then `k` and `n` at the axis of the layer.
  StringRef letters("abcdefghijlmopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
  std::string input = letters.take_front(inputType.getRank()).str();
  std::string result = input;
  input[axis] = 'k';
  result[axis] = 'n';

  Value dx = EinsumOp::create(builder, loc, inputType, dy, getWeight(),
                              builder.getStringAttr(result + ",kn->" + input));
  Value dw =
      EinsumOp::create(builder, loc, getWeight().getType(), getInput(), dy,
                       builder.getStringAttr(input + "," + result + "->kn"));
  SmallVector<Value> gradients = {dx, dw};
  if (Value bias = getBias()) {
    SmallVector<int64_t> others;
    for (int64_t i = 0; i < inputType.getRank(); ++i)
      if (i != axis)
        others.push_back(i);
    gradients.push_back(
        others.empty()
            ? dy
            : ReduceOp::create(builder, loc, bias.getType(), dy, others)
                  .getResult());
  }
  return gradients;
}

/// Every letter of an input is in the other input or in the result, so each
/// gradient is again one contraction.
SmallVector<Value> EinsumOp::buildGradient(OpBuilder &builder,
                                           ValueRange grads) {
  auto [inputs, result] = getEquation().split("->");
  auto [lhs, rhs] = inputs.split(',');
  return {
      EinsumOp::create(builder, getLoc(), getLhs().getType(), grads[0],
                       getRhs(),
                       builder.getStringAttr(result + "," + rhs + "->" + lhs)),
      EinsumOp::create(builder, getLoc(), getRhs().getType(), grads[0],
                       getLhs(),
                       builder.getStringAttr(result + "," + lhs + "->" + rhs)),
  };
}

SmallVector<Value> LayerNormOp::buildGradient(OpBuilder &builder,
                                              ValueRange grads) {
  auto grad = LayerNormGradOp::create(
      builder, getLoc(), getInput().getType(), getScale().getType(),
      getBias().getType(), getInput(), getScale(), grads[0], getEpsAttr());
  return {grad.getInputGrad(), grad.getScaleGrad(), grad.getBiasGrad()};
}

SmallVector<Value> L2NormalizeOp::buildGradient(OpBuilder &builder,
                                                ValueRange grads) {
  return {L2NormalizeGradOp::create(builder, getLoc(), getInput().getType(),
                                    getInput(), grads[0], getAxisAttr(),
                                    getEpsAttr())};
}

SmallVector<Value> SoftmaxOp::buildGradient(OpBuilder &builder,
                                            ValueRange grads) {
  return {SoftmaxGradOp::create(builder, getLoc(), getInput().getType(),
                                getResult(), grads[0], getAxes())};
}
