//===- MoETokens.cpp - Tokens side by side, and parts of them -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEVerify.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec;
using namespace moec::moe;

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

LogicalResult ConcatOp::verify() {
  if (getInputs().empty())
    return emitOpError("expected at least one input");
  SmallVector<int64_t> shape(shapeOf(getInputs().front()));
  int64_t axis = getAxis();
  if (failed(expectAxis(*this, axis, shape.size())))
    return failure();
  int64_t total = 0;
  for (auto [i, input] : llvm::enumerate(getInputs())) {
    SmallVector<int64_t> own(shapeOf(input));
    if (own.size() == shape.size()) {
      if (llvm::AddOverflow(total, own[axis], total))
        return emitOpError("expected sizes whose sum fits into 64 bits");
      own[axis] = shape[axis];
    }
    if (own != shape)
      return emitOpError("input ")
             << i << ": expected the shape of input 0 but along axis " << axis
             << ", got " << shapeText(shapeOf(input));
  }
  shape[axis] = total;
  if (failed(expectShape(*this, "a result", getResult(), shape)))
    return failure();
  return expectOneElementType(*this);
}

LogicalResult SliceOp::verify() {
  SmallVector<int64_t> shape(shapeOf(getInput()));
  ArrayRef<int64_t> result = shapeOf(getResult());
  int64_t axis = getAxis(), begin = getBegin();
  if (failed(expectAxis(*this, axis, shape.size())))
    return failure();
  if (result.size() == shape.size()) {
    int64_t size = result[axis];
    if (begin < 0 || begin > shape[axis] - size)
      return emitOpError("expected 0 <= begin <= ")
             << shape[axis] - size << " for " << size << " of " << shape[axis]
             << ", got " << begin;
    shape[axis] = size;
  }
  if (failed(expectShape(*this, "a result", getResult(), shape)))
    return failure();
  return expectOneElementType(*this);
}

//===----------------------------------------------------------------------===//
// Folds
//===----------------------------------------------------------------------===//

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  if (getInputs().size() == 1)
    return getInputs().front();
  return {};
}

OpFoldResult SliceOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  return {};
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

/// Zeros of the shape of `like`, but of another size along an axis.
static Value zeros(OpBuilder &builder, Location loc, Value like, int64_t axis,
                   int64_t size) {
  auto type = cast<RankedTensorType>(like.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[axis] = size;
  return FillOp::create(builder, loc, type.clone(shape),
                        builder.getF64FloatAttr(0));
}

SmallVector<Value> ConcatOp::buildGradient(OpBuilder &builder,
                                           ValueRange grads) {
  SmallVector<Value> parts;
  int64_t begin = 0;
  for (Value input : getInputs()) {
    auto type = cast<RankedTensorType>(input.getType());
    parts.push_back(SliceOp::create(builder, getLoc(), type, grads[0],
                                    getAxisAttr(),
                                    builder.getI64IntegerAttr(begin)));
    begin += type.getDimSize(getAxis());
  }
  return parts;
}

SmallVector<Value> SliceOp::buildGradient(OpBuilder &builder,
                                          ValueRange grads) {
  auto type = cast<RankedTensorType>(getInput().getType());
  int64_t axis = getAxis(), begin = getBegin();
  int64_t end = begin + cast<RankedTensorType>(getType()).getDimSize(axis);
  SmallVector<Value> parts;
  if (begin)
    parts.push_back(zeros(builder, getLoc(), grads[0], axis, begin));
  parts.push_back(grads[0]);
  if (end != type.getDimSize(axis))
    parts.push_back(
        zeros(builder, getLoc(), grads[0], axis, type.getDimSize(axis) - end));
  return {ConcatOp::create(builder, getLoc(), type, parts, getAxisAttr())};
}

SmallVector<Value> StopGradientOp::buildGradient(OpBuilder &, ValueRange) {
  return {Value()};
}
