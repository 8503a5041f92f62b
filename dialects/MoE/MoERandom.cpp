//===- MoERandom.cpp - Random numbers and dropout -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEVerify.h"
#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::moe;

static constexpr int64_t keyWords = 4;

//===----------------------------------------------------------------------===//
// Keys
//===----------------------------------------------------------------------===//

int64_t DropoutKeyOp::getNumLayers() {
  ArrayRef<int64_t> shape = shapeOf(getResult());
  return shape.size() == 1 ? 1 : shape.front();
}

static uint32_t thresholdOf(double rate) {
  return static_cast<uint32_t>(
      std::min(std::round(rate * 4294967296.0), 4294967295.0));
}

uint32_t DropoutKeyOp::getFirstThreshold() {
  return thresholdOf(getRates().front());
}

/// Towards zero, so that no layer's is beyond those of the first and the last.
int32_t DropoutKeyOp::getThresholdStep() {
  int64_t layers = getNumLayers();
  if (layers == 1)
    return 0;
  int64_t all =
      int64_t(thresholdOf(getRates().back())) - int64_t(getFirstThreshold());
  return static_cast<int32_t>(all / (layers - 1));
}

LogicalResult DropoutKeyOp::verify() {
  ArrayRef<int64_t> shape = shapeOf(getResult());
  bool one = shape.size() == 1;
  if ((!one && shape.size() != 2) || shape.back() != keyWords ||
      shape.front() == 0)
    return emitOpError("expected keys of shape [4], or [layers, 4], got ")
           << shapeText(shape);
  if (getRates().size() != 2)
    return emitOpError("expected two rates, of the first and the last layer, "
                       "got ")
           << getRates().size();
  for (double rate : getRates())
    if (failed(expectDecay(*this, "rate", llvm::APFloat(rate))))
      return failure();
  if (getNumLayers() == 1 && getRates().front() != getRates().back())
    return emitOpError("expected one rate of one layer, got ")
           << getRates().front() << " and " << getRates().back();
  return success();
}

//===----------------------------------------------------------------------===//
// Dropout
//===----------------------------------------------------------------------===//

LogicalResult DropoutOp::verify() {
  if (failed(expectShape(*this, "a key", getKey(), {keyWords})))
    return failure();
  int64_t rank = shapeOf(getInput()).size();
  auto leading = static_cast<int64_t>(getLeading());
  if (leading < 0 || leading > rank)
    return emitOpError("expected 0 <= leading <= ")
           << rank << ", got " << leading;
  return success();
}

SmallVector<Value> DropoutOp::buildGradient(OpBuilder &builder,
                                            ValueRange grads) {
  return {DropoutOp::create(builder, getLoc(), getType(), grads[0], getKey(),
                            getLeadingAttr()),
          Value()};
}

OpFoldResult DropoutOp::fold(FoldAdaptor) {
  auto key = getKey().getDefiningOp<DropoutKeyOp>();
  if (key &&
      llvm::all_of(key.getRates(), [](double rate) { return rate == 0; }))
    return getInput();
  return {};
}
