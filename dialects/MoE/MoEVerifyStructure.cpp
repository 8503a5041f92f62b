//===- MoEVerifyStructure.cpp - Verifiers of repeats and shapes
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEVerify.h"

using namespace mlir;
using namespace moec;
using namespace moec::moe;

/// The type of one slice of a stack of `count`; null if `type` is none.
static Type sliceOf(Type type, int64_t count) {
  if (auto plan = dyn_cast<RoutingType>(type))
    return plan.getStack() != count
               ? Type()
               : RoutingType::get(type.getContext(), plan.getItems(),
                                  plan.getExperts(), plan.getK(),
                                  plan.getCapacity(), 0);
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || tensor.getRank() == 0 || tensor.getDimSize(0) != count)
    return Type();
  return tensor.clone(tensor.getShape().drop_front());
}

LogicalResult RepeatOp::verify() {
  int64_t count = getCount();
  if (count < 1)
    return emitOpError("expected count >= 1, got ") << count;
  Block &body = getBody().front();
  unsigned carried = getCarried().size();
  if (body.getNumArguments() != carried + getStacked().size())
    return emitOpError("expected a block of ")
           << carried + getStacked().size() << " arguments, got "
           << body.getNumArguments();
  for (auto [i, argument] : llvm::enumerate(body.getArguments())) {
    Type expected;
    if (i < carried) {
      expected = getCarried()[i].getType();
    } else {
      Type stack = getStacked()[i - carried].getType();
      expected = sliceOf(stack, count);
      if (!expected)
        return emitOpError("stacked operand ")
               << i - carried << ": expected a stack of " << count << ", got "
               << stack;
    }
    if (argument.getType() != expected)
      return emitOpError("block argument ") << i << ": expected " << expected
                                            << ", got " << argument.getType();
  }
  Operation *yield = body.getTerminator();
  if (yield->getNumOperands() != getNumResults() || getNumResults() < carried)
    return emitOpError("expected a moe.yield of ")
           << getNumResults() << " values, at least the " << carried
           << " carried ones, got " << yield->getNumOperands();
  for (auto [i, value] : llvm::enumerate(yield->getOperands())) {
    Type result = getResult(i).getType();
    if (i < carried && result != getCarried()[i].getType())
      return emitOpError("result ")
             << i << ": expected the carried type " << getCarried()[i].getType()
             << ", got " << result;
    Type expected = i < carried ? result : sliceOf(result, count);
    if (!expected)
      return emitOpError("result ")
             << i << ": expected a stack of " << count << ", got " << result;
    if (value.getType() != expected)
      return emitOpError("yielded value ")
             << i << ": expected " << expected << ", got " << value.getType();
  }
  return success();
}

LogicalResult ReshapeOp::verify() {
  auto from = cast<RankedTensorType>(getInput().getType());
  auto to = cast<RankedTensorType>(getType());
  if (from.getNumElements() != to.getNumElements())
    return emitOpError("expected a result of ")
           << from.getNumElements() << " elements, got " << to.getNumElements();
  return expectOneElementType(*this);
}

LogicalResult TransposeOp::verify() {
  ArrayRef<int64_t> from = shapeOf(getInput()), order = getPermutation();
  SmallVector<int64_t> expected;
  SmallVector<bool> seen(from.size(), false);
  bool valid = order.size() == from.size();
  for (int64_t axis : order) {
    if (!valid || axis < 0 || axis >= int64_t(from.size()) || seen[axis]) {
      valid = false;
      break;
    }
    seen[axis] = true;
    expected.push_back(from[axis]);
  }
  if (!valid)
    return emitOpError("expected a permutation of the input's ")
           << from.size() << " axes, got " << shapeText(order);
  if (failed(expectShape(*this, "a result", getResult(), expected)))
    return failure();
  return expectOneElementType(*this);
}

/// `shape` without `axes`.
static SmallVector<int64_t> without(ArrayRef<int64_t> shape,
                                    ArrayRef<int64_t> axes) {
  SmallVector<int64_t> rest;
  for (auto [i, extent] : llvm::enumerate(shape))
    if (!llvm::is_contained(axes, int64_t(i)))
      rest.push_back(extent);
  return rest;
}

LogicalResult BroadcastOp::verify() {
  ArrayRef<int64_t> shape = shapeOf(getResult());
  if (failed(expectAxes(*this, getAxes(), shape.size())) ||
      failed(expectShape(*this, "an input", getInput(),
                         without(shape, getAxes()))))
    return failure();
  return expectOneElementType(*this);
}

LogicalResult ReduceOp::verify() {
  ArrayRef<int64_t> shape = shapeOf(getInput());
  if (failed(expectAxes(*this, getAxes(), shape.size())) ||
      failed(expectShape(*this, "a result", getResult(),
                         without(shape, getAxes()))))
    return failure();
  return expectOneElementType(*this);
}
