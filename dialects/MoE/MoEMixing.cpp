//===- MoEMixing.cpp - Linear layers, contractions, normalisation ---------===//
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

LogicalResult PatchifyOp::verify() {
  if (failed(expectRank(*this, "an image", getImage(), 4)))
    return failure();
  ArrayRef<int64_t> shape = shapeOf(getImage());
  size_t channels = shape[3];
  for (ArrayRef<double> list : {getMean(), getStd()})
    if (list.size() != 1 && list.size() != channels)
      return emitOpError("expected one mean and std, or one for each of ")
             << channels << " channels, got " << list.size();
  for (double std : getStd())
    if (failed(expectPositive(*this, "std", APFloat(std))))
      return failure();
  int64_t patch = getPatch();
  if (patch < 1 || shape[1] % patch || shape[2] % patch)
    return emitOpError("expected a patch that divides ")
           << shape[1] << " x " << shape[2] << " pixels, got " << patch;
  int64_t tokens = shape[1] / patch * (shape[2] / patch);
  if (failed(expectShape(*this, "a result", getResult(),
                         {shape[0], tokens, patch * patch * shape[3]})))
    return failure();
  return expectOneElementType(*this);
}

LogicalResult LinearOp::verify() {
  SmallVector<int64_t> shape(shapeOf(getInput()));
  int64_t axis = getAxis();
  if (failed(expectAxis(*this, axis, shape.size())) ||
      failed(expectRank(*this, "a weight", getWeight(), 2)))
    return failure();
  int64_t width = shapeOf(getWeight())[1];
  if (failed(expectShape(*this, "a weight", getWeight(), {shape[axis], width})))
    return failure();
  if (getBias() && failed(expectShape(*this, "a bias", getBias(), {width})))
    return failure();
  shape[axis] = width;
  if (failed(expectShape(*this, "a result", getResult(), shape)))
    return failure();
  return expectOneElementType(*this);
}

LogicalResult EinsumOp::verify() {
  StringRef equation = getEquation();
  auto [inputs, output] = equation.split("->");
  auto [left, right] = inputs.split(",");
  if (!equation.contains("->") || !inputs.contains(",") ||
      !llvm::all_of((left + right + output).str(), llvm::isAlpha))
    return emitOpError("expected an equation \"letters,letters->letters\", "
                       "got \"")
           << equation << "\"";

  // Letter to extent.
  int64_t extent[256] = {};
  std::pair<StringRef, Value> words[] = {
      {left, getLhs()}, {right, getRhs()}, {output, getResult()}};
  for (auto &[word, value] : words) {
    ArrayRef<int64_t> shape = shapeOf(value);
    if (word.size() != shape.size())
      return emitOpError("expected one letter an axis, got \"")
             << word << "\" for shape " << shapeText(shape);
    for (auto [letter, size] : llvm::zip(word, shape)) {
      if (word.count(letter) > 1)
        return emitOpError("expected each letter once in \"")
               << word << "\", got '" << Twine(letter) << "' again";
      int64_t &known = extent[static_cast<unsigned char>(letter)];
      if (known && known != size)
        return emitOpError("expected one extent for '")
               << Twine(letter) << "', got " << known << " and " << size;
      known = size;
    }
  }
  for (char letter : output)
    if (!left.contains(letter) && !right.contains(letter))
      return emitOpError("expected '")
             << Twine(letter) << "' of the result in an input";
  for (auto [word, other] : {std::pair(left, right), std::pair(right, left)})
    for (char letter : word)
      if (!other.contains(letter) && !output.contains(letter))
        return emitOpError("expected '")
               << Twine(letter)
               << "' of one input in the other or in the result; sum it away "
                  "with moe.reduce";
  return expectOneElementType(*this);
}

/// The common part of layer norms: scale [last extent], eps.
static LogicalResult verifyLayerNorm(Operation *op, Value input, Value scale,
                                     const APFloat &eps) {
  ArrayRef<int64_t> shape = shapeOf(input);
  if (shape.empty())
    return op->emitOpError("expected an input of rank 1 or more, got 0");
  if (failed(expectShape(op, "a scale", scale, {shape.back()})) ||
      failed(expectNotNegative(op, "eps", eps)))
    return failure();
  return expectOneElementType(op);
}
LogicalResult LayerNormOp::verify() {
  return verifyLayerNorm(*this, getInput(), getScale(), getEps());
}
LogicalResult LayerNormGradOp::verify() {
  return verifyLayerNorm(*this, getInput(), getScale(), getEps());
}

LogicalResult L2NormalizeOp::verify() {
  if (failed(expectAxis(*this, getAxis(), shapeOf(getInput()).size())))
    return failure();
  return expectNotNegative(*this, "eps", getEps());
}
LogicalResult L2NormalizeGradOp::verify() {
  if (failed(expectAxis(*this, getAxis(), shapeOf(getInput()).size())))
    return failure();
  return expectNotNegative(*this, "eps", getEps());
}

static LogicalResult verifySoftmax(Operation *op, Value value,
                                   ArrayRef<int64_t> axes) {
  if (axes.empty())
    return op->emitOpError("expected at least one axis, got none");
  return expectAxes(op, axes, shapeOf(value).size());
}
LogicalResult SoftmaxOp::verify() {
  return verifySoftmax(*this, getInput(), getAxes());
}
LogicalResult SoftmaxGradOp::verify() {
  return verifySoftmax(*this, getOutput(), getAxes());
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

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
