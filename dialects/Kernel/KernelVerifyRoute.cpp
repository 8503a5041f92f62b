//===- KernelVerifyRoute.cpp - What routers are allowed and called --------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelVerify.h"

using namespace mlir;
using namespace moec::kernel;

static ArrayRef<int64_t> shape(Value value) {
  return cast<ShapedType>(value.getType()).getShape();
}

static LogicalResult verifyGates(Operation *op, Value gates) {
  if (shape(gates).size() != 2 || !elementTypeOf(gates).isF32())
    return op->emitOpError("expected gates [items, experts] of f32, got ")
           << gates.getType();
  return success();
}

static LogicalResult verifyPlan(Operation *op, Value plan, int64_t size) {
  if (shape(plan) != ArrayRef<int64_t>{size} ||
      !elementTypeOf(plan).isInteger(32))
    return op->emitOpError("expected a plan [")
           << size << "] of i32, got " << plan.getType();
  return success();
}

static LogicalResult verifyGroups(Operation *op, int64_t groups,
                                  int64_t items) {
  if (groups < 1 || items % groups)
    return op->emitOpError("expected groups that divide ")
           << items << " items, got " << groups;
  return success();
}

/// The numbers that a host call is told, by name.
static SmallVector<NamedAttribute>
numbers(Operation *op, ArrayRef<std::pair<StringRef, int64_t>> named) {
  Builder b(op->getContext());
  SmallVector<NamedAttribute> attributes;
  for (auto [name, value] : named)
    attributes.push_back(b.getNamedAttr(name, b.getI64IntegerAttr(value)));
  return attributes;
}

//===----------------------------------------------------------------------===//
// route
//===----------------------------------------------------------------------===//

LogicalResult RouteOp::verify() {
  if (failed(verifyOperands(*this, getOuts())) ||
      failed(verifyGates(*this, getGates())))
    return failure();
  int64_t items = getItems(), experts = getExperts();
  int64_t k = getK(), capacity = getCapacity();
  if (k < 1 || k > experts)
    return emitOpError("expected 1 <= k <= ") << experts << ", got " << k;
  if (capacity < 0)
    return emitOpError("expected capacity >= 0, got ") << capacity;
  if (failed(verifyGroups(*this, getGroups(), items)))
    return failure();
  if (shape(getWeights()) != ArrayRef<int64_t>{items, k} ||
      !elementTypeOf(getWeights()).isF32())
    return emitOpError("expected weights [")
           << items << ", " << k << "] of f32, got " << getWeights().getType();
  return verifyPlan(*this, getPlan(), getPlanSize());
}

StringRef RouteOp::getBuiltinName() { return "route"; }

DictionaryAttr RouteOp::getBuiltinAttributes() {
  Builder b(getContext());
  auto attributes = numbers(*this, {{"items", getItems()},
                                    {"experts", getExperts()},
                                    {"k", getK()},
                                    {"capacity", getCapacity()},
                                    {"groups", getGroups()}});
  attributes.push_back(b.getNamedAttr(
      "priority", b.getStringAttr(stringifyPriority(getPriority()))));
  return b.getDictionaryAttr(attributes);
}

//===----------------------------------------------------------------------===//
// expert_route
//===----------------------------------------------------------------------===//

LogicalResult ExpertRouteOp::verify() {
  if (failed(verifyOperands(*this, getOuts())) ||
      failed(verifyGates(*this, getGates())))
    return failure();
  int64_t items = getItems(), groups = getGroups(), capacity = getCapacity();
  if (failed(verifyGroups(*this, groups, items)))
    return failure();
  if (capacity < 1 || capacity > items / groups)
    return emitOpError("expected 1 <= capacity <= ")
           << items / groups << ", got " << capacity;
  return verifyPlan(*this, getPlan(), getPlanSize());
}

StringRef ExpertRouteOp::getBuiltinName() { return "expert_route"; }

DictionaryAttr ExpertRouteOp::getBuiltinAttributes() {
  return DictionaryAttr::get(getContext(),
                             numbers(*this, {{"items", getItems()},
                                             {"experts", getExperts()},
                                             {"groups", getGroups()},
                                             {"capacity", getCapacity()}}));
}
