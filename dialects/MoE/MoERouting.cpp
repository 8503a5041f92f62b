//===- MoERouting.cpp - Routing and experts -------------------------------===//
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

LogicalResult TopKSoftmaxOp::verify() {
  if (failed(expectRank(*this, "an input", getInput(), 2)))
    return failure();
  return expectChoices(*this, getK(), shapeOf(getInput())[1]);
}

LogicalResult TopKRouteOp::verify() {
  if (failed(expectRank(*this, "gates", getGates(), 2)))
    return failure();
  int64_t items = shapeOf(getGates())[0], experts = shapeOf(getGates())[1];
  int64_t k = getK(), capacity = getCapacity();
  if (failed(expectChoices(*this, k, experts)))
    return failure();
  if (capacity < 0)
    return emitOpError("expected capacity >= 0, got ") << capacity;
  int64_t groups = getGroups();
  if (groups < 1 || items % groups)
    return emitOpError() << "expected groups that divide " << items
                         << " items, got " << groups;
  // Capacities beyond the items of a group do not matter, whatever their size.
  auto plan = RoutingType::getChecked(
      [&] { return emitOpError(); }, getContext(), items, experts, k,
      groups == 1 ? capacity : groups * std::min(capacity, items / groups),
      /*stack=*/int64_t(0));
  if (!plan)
    return failure();
  if (getPlan().getType() != plan)
    return emitOpError("expected a plan of type ")
           << plan << ", got " << getPlan().getType();
  if (failed(expectShape(*this, "weights", getWeights(), {items, k})))
    return failure();
  return expectOneElementType(*this);
}

LogicalResult TopKRouteGradOp::verify() {
  auto plan = cast<RoutingType>(getPlan().getType());
  if (failed(expectSinglePlan(*this, plan)) ||
      failed(expectShape(*this, "a gradient of weights", getWeightsGrad(),
                         {plan.getItems(), plan.getK()})) ||
      failed(expectShape(*this, "a result", getResult(),
                         {plan.getItems(), plan.getExperts()})))
    return failure();
  return expectOneElementType(*this);
}

LogicalResult ExpertChoiceRouteOp::verify() {
  if (failed(expectRank(*this, "gates", getGates(), 2)))
    return failure();
  int64_t items = shapeOf(getGates())[0], experts = shapeOf(getGates())[1];
  int64_t groups = getGroups(), capacity = getCapacity();
  if (groups < 1 || items % groups)
    return emitOpError() << "expected groups that divide " << items
                         << " items, got " << groups;
  if (capacity < 1 || capacity > items / groups)
    return emitOpError() << "expected 1 <= capacity <= " << items / groups
                         << ", got " << capacity;
  auto plan = RoutingType::getChecked([&] { return emitOpError(); },
                                      getContext(), items, experts,
                                      /*k=*/experts, groups * capacity,
                                      /*stack=*/int64_t(0));
  if (!plan)
    return failure();
  if (getPlan().getType() != plan)
    return emitOpError("expected a plan of type ")
           << plan << ", got " << getPlan().getType();
  return success();
}

LogicalResult RoutingStatisticsOp::verify() {
  auto plan = cast<RoutingType>(getPlan().getType());
  if (failed(expectSinglePlan(*this, plan)) ||
      failed(expectShape(*this, "gates", getGates(),
                         {plan.getItems(), plan.getExperts()})) ||
      failed(expectShape(*this, "a result", getResult(), {7})))
    return failure();
  return expectOneElementType(*this);
}

/// Dispatch and combine: `items` [items, d], `rows` [R, d] (see RoutingType),
/// `weights` [items, k] where given.
static LogicalResult verifyExchange(Operation *op, RoutingType plan,
                                    StringRef itemsName, Value items,
                                    StringRef rowsName, Value rows,
                                    Value weights) {
  if (failed(expectSinglePlan(op, plan)) ||
      failed(expectRank(op, itemsName, items, 2)))
    return failure();
  int64_t d = shapeOf(items)[1];
  if (failed(expectShape(op, itemsName, items, {plan.getItems(), d})) ||
      failed(expectShape(op, rowsName, rows, {plan.getRows(), d})))
    return failure();
  if (weights && failed(expectShape(op, "weights", weights,
                                    {plan.getItems(), plan.getK()})))
    return failure();
  return expectOneElementType(op);
}

LogicalResult DispatchOp::verify() {
  return verifyExchange(*this, cast<RoutingType>(getPlan().getType()),
                        "an input", getInput(), "rows", getRows(),
                        getWeights());
}
LogicalResult CombineOp::verify() {
  return verifyExchange(*this, cast<RoutingType>(getPlan().getType()),
                        "a result", getResult(), "rows", getRows(),
                        getWeights());
}
LogicalResult CombineWeightGradOp::verify() {
  return verifyExchange(*this, cast<RoutingType>(getPlan().getType()), "items",
                        getItems(), "rows", getRows(), getResult());
}

/// `rows` [R, depth] with any depth.
static LogicalResult expectRows(Operation *op, RoutingType plan, StringRef what,
                                Value rows) {
  if (failed(expectRank(op, what, rows, 2)))
    return failure();
  return expectShape(op, what, rows, {plan.getRows(), shapeOf(rows)[1]});
}

LogicalResult ExpertLinearOp::verify() {
  auto plan = cast<RoutingType>(getPlan().getType());
  if (failed(expectSinglePlan(*this, plan)) ||
      failed(expectRows(*this, plan, "rows", getRows())) ||
      failed(expectRank(*this, "a weight", getWeight(), 3)))
    return failure();
  int64_t experts = plan.getExperts(), depth = shapeOf(getRows())[1];
  int64_t width = shapeOf(getWeight())[getTransposed() ? 1 : 2];
  SmallVector<int64_t> weight = {experts, depth, width};
  if (getTransposed())
    std::swap(weight[1], weight[2]);
  if (failed(expectShape(*this, "a weight", getWeight(), weight)))
    return failure();
  if (getBias() &&
      failed(expectShape(*this, "a bias", getBias(), {experts, width})))
    return failure();
  if (failed(
          expectShape(*this, "a result", getResult(), {plan.getRows(), width})))
    return failure();
  return expectOneElementType(*this);
}

LogicalResult ExpertLinearGradOp::verify() {
  auto plan = cast<RoutingType>(getPlan().getType());
  if (failed(expectSinglePlan(*this, plan)) ||
      failed(expectRows(*this, plan, "rows", getRows())) ||
      failed(expectRows(*this, plan, "a gradient of rows", getRowsGrad())))
    return failure();
  int64_t depth = shapeOf(getRows())[1], width = shapeOf(getRowsGrad())[1];
  if (failed(expectShape(*this, "a gradient of the weight", getWeightGrad(),
                         {plan.getExperts(), depth, width})) ||
      failed(expectShape(*this, "a gradient of the bias", getBiasGrad(),
                         {plan.getExperts(), width})))
    return failure();
  return expectOneElementType(*this);
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

/// The choice of the experts is piecewise constant: only the chosen weights
/// carry a gradient.
SmallVector<Value> TopKSoftmaxOp::buildGradient(OpBuilder &builder,
                                                ValueRange grads) {
  return {SoftmaxGradOp::create(builder, getLoc(), getInput().getType(),
                                getResult(), grads[0],
                                builder.getDenseI64ArrayAttr({1}))};
}

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
