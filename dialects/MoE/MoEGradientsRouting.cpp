//===- MoEGradientsRouting.cpp - Vector-Jacobian products of routing and experts
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"

using namespace mlir;
using namespace moec::moe;

/// The choice of the experts is piecewise constant: only the chosen weights
/// carry a gradient.
SmallVector<Value> TopKRouteOp::buildGradient(OpBuilder &builder,
                                              ValueRange grads) {
  if (!grads[0])
    return {Value()};
  return {TopKRouteGradOp::create(builder, getLoc(), getGates().getType(),
                                  grads[0], getPlan())};
}

SmallVector<Value> DispatchOp::buildGradient(OpBuilder &builder,
                                             ValueRange grads) {
  Location loc = getLoc();
  SmallVector<Value> gradients = {
      CombineOp::create(builder, loc, getInput().getType(), grads[0], getPlan(),
                        getWeights()),
      Value()};
  if (Value weights = getWeights())
    gradients.push_back(CombineWeightGradOp::create(
        builder, loc, weights.getType(), grads[0], getInput(), getPlan()));
  return gradients;
}

SmallVector<Value> CombineOp::buildGradient(OpBuilder &builder,
                                            ValueRange grads) {
  Location loc = getLoc();
  SmallVector<Value> gradients = {
      DispatchOp::create(builder, loc, getRows().getType(), grads[0], getPlan(),
                         getWeights()),
      Value()};
  if (Value weights = getWeights())
    gradients.push_back(CombineWeightGradOp::create(
        builder, loc, weights.getType(), getRows(), grads[0], getPlan()));
  return gradients;
}

SmallVector<Value> ExpertLinearOp::buildGradient(OpBuilder &builder,
                                                 ValueRange grads) {
  Location loc = getLoc();
  Value rows = getRows(), plan = getPlan(), dy = grads[0];
  UnitAttr flipped = getTransposed() ? UnitAttr() : builder.getUnitAttr();
  Value dx =
      ExpertLinearOp::create(builder, loc, rows.getType(), dy, getWeight(),
                             plan, /*bias=*/Value(), flipped);

  // [experts, n]: the type of the bias, whether there is one or not.
  auto typeOfBiasGrad = [](Value weight, Value of) -> Type {
    auto shaped = cast<RankedTensorType>(weight.getType());
    return RankedTensorType::get(
        {shaped.getDimSize(0),
         cast<RankedTensorType>(of.getType()).getDimSize(1)},
        shaped.getElementType());
  };
  auto gradOf = [&](Value in, Value out, Type weightType) {
    return ExpertLinearGradOp::create(builder, loc, weightType,
                                      typeOfBiasGrad(getWeight(), out), in, out,
                                      plan);
  };
  Type weightType = getWeight().getType();
  auto grad = getTransposed() ? gradOf(dy, rows, weightType)
                              : gradOf(rows, dy, weightType);
  SmallVector<Value> gradients = {dx, grad.getWeightGrad(), Value()};
  if (!getBias())
    return gradients;
  if (!getTransposed()) {
    gradients.push_back(grad.getBiasGrad());
    return gradients;
  }
  // With the roles swapped, the second result sums the rows, not dy.
  ArrayRef<int64_t> shape = cast<RankedTensorType>(weightType).getShape();
  Type untransposed = RankedTensorType::get(
      {shape[0], shape[2], shape[1]},
      cast<RankedTensorType>(weightType).getElementType());
  gradients.push_back(gradOf(rows, dy, untransposed).getBiasGrad());
  return gradients;
}
