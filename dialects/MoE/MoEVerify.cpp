//===- MoEVerify.cpp - What the verifiers of the moe dialect share
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEVerify.h"

using namespace mlir;
using namespace moec;

std::string moe::shapeText(ArrayRef<int64_t> shape) {
  std::string text = "[";
  llvm::raw_string_ostream stream(text);
  llvm::interleaveComma(shape, stream);
  return text + "]";
}

LogicalResult moe::expectShape(Operation *op, StringRef what, Value value,
                               ArrayRef<int64_t> shape) {
  if (shapeOf(value) == shape)
    return success();
  return op->emitOpError("expected ")
         << what << " of shape " << shapeText(shape) << ", got "
         << shapeText(shapeOf(value));
}

LogicalResult moe::expectRank(Operation *op, StringRef what, Value value,
                              int64_t rank) {
  if (int64_t(shapeOf(value).size()) == rank)
    return success();
  return op->emitOpError("expected ")
         << what << " of rank " << rank << ", got " << shapeOf(value).size();
}

LogicalResult moe::expectAxis(Operation *op, int64_t axis, int64_t rank) {
  if (axis >= 0 && axis < rank)
    return success();
  return op->emitOpError("expected 0 <= axis < ") << rank << ", got " << axis;
}

LogicalResult moe::expectAxes(Operation *op, ArrayRef<int64_t> axes,
                              int64_t rank) {
  int64_t last = -1;
  for (int64_t axis : axes) {
    if (axis <= last || axis >= rank)
      return op->emitOpError("expected ascending axes of 0 .. ")
             << rank - 1 << ", got " << shapeText(axes);
    last = axis;
  }
  return success();
}

LogicalResult moe::expectChoices(Operation *op, int64_t k, int64_t experts) {
  if (k >= 1 && k <= experts)
    return success();
  return op->emitOpError("expected 1 <= k <= ") << experts << ", got " << k;
}

/// One element type of those that `counts` says yes to.
static LogicalResult expectOneOf(Operation *op,
                                 function_ref<bool(Type)> counts) {
  Type first;
  auto check = [&](Type type) -> LogicalResult {
    auto shaped = dyn_cast<ShapedType>(type);
    if (!shaped || !counts(shaped.getElementType()))
      return success();
    Type element = shaped.getElementType();
    if (!first)
      first = element;
    if (element == first)
      return success();
    return op->emitOpError("expected one element type, got ")
           << first << " and " << element;
  };
  for (Type type : op->getOperandTypes())
    if (failed(check(type)))
      return failure();
  for (Type type : op->getResultTypes())
    if (failed(check(type)))
      return failure();
  return success();
}

LogicalResult moe::expectOneElementType(Operation *op) {
  return expectOneOf(op, [](Type type) { return isa<FloatType>(type); });
}

LogicalResult moe::expectSameElementType(Operation *op) {
  return expectOneOf(op, [](Type) { return true; });
}

LogicalResult moe::expectSinglePlan(Operation *op, RoutingType plan) {
  if (plan.getStack() == 0)
    return success();
  return op->emitOpError("expected one plan (stack = 0), got stack = ")
         << plan.getStack();
}

std::string moe::numberText(const APFloat &value) {
  SmallString<16> text;
  value.toString(text);
  return text.str().str();
}

LogicalResult moe::expectNotNegative(Operation *op, StringRef what,
                                     const APFloat &value) {
  if (value.convertToDouble() >= 0)
    return success();
  return op->emitOpError("expected ")
         << what << " >= 0, got " << numberText(value);
}

LogicalResult moe::expectPositive(Operation *op, StringRef what,
                                  const APFloat &value) {
  if (value.convertToDouble() > 0)
    return success();
  return op->emitOpError("expected ")
         << what << " > 0, got " << numberText(value);
}

LogicalResult moe::expectDecay(Operation *op, StringRef what,
                               const APFloat &value) {
  double number = value.convertToDouble();
  if (number >= 0 && number < 1)
    return success();
  return op->emitOpError("expected 0 <= ")
         << what << " < 1, got " << numberText(value);
}
