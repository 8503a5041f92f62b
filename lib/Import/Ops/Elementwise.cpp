//===- Elementwise.cpp - activations, sums, products, means ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "lib/Import/Ops.h"

using namespace mlir;
using namespace moec::import;

static std::optional<TensorInfo> checkActivation(NodeCheck &check) {
  if (!check.expectDType(0, DType::F32))
    return std::nullopt;
  return check.input(0);
}

static Value buildActivation(NodeBuild &build) {
  return build.activate(build.inputs[0], build.text("form"));
}

const OpDef moec::import::activationOp = {
    "activation",
    "an activation function of each element",
    1,
    1,
    {AttrDef::activation("form")},
    checkActivation,
    buildActivation};

/// f32 values of one shape.
static std::optional<TensorInfo> checkAlike(NodeCheck &check) {
  bool good = true;
  for (size_t i = 0, n = check.inputCount(); i != n; ++i)
    good &= check.expectDType(i, DType::F32);
  for (size_t i = 1, n = check.inputCount(); good && i != n; ++i) {
    if (check.input(i) == check.input(0))
      continue;
    check
        .problem("inputs", Twine("the inputs of '") + check.self().op->name +
                               "' have different shapes")
        .expected("the shape of input 0, " + toString(check.input(0)))
        .got(toString(check.input(i)) + " as input " + Twine(i));
    good = false;
  }
  if (!good)
    return std::nullopt;
  return check.input(0);
}

/// All inputs joined, from the first on.
template <Value (NodeBuild::*join)(Value, Value)>
static Value buildJoined(NodeBuild &build) {
  Value result = build.inputs[0];
  for (Value next : build.inputs.drop_front())
    result = (build.*join)(result, next);
  return result;
}

const OpDef moec::import::addOp = {"add",
                                   "element-wise sum of values of one shape",
                                   2,
                                   8,
                                   {},
                                   checkAlike,
                                   buildJoined<&NodeBuild::add>};

const OpDef moec::import::multiplyOp = {
    "multiply",
    "element-wise product of values of one shape",
    2,
    8,
    {},
    checkAlike,
    buildJoined<&NodeBuild::mul>};

static std::optional<TensorInfo> checkMean(NodeCheck &check) {
  if (!check.expectTokens())
    return std::nullopt;
  TensorInfo x = check.input(0);
  x.shape.erase(x.shape.begin() + (check.text("axis") == "tokens" ? 1 : 2));
  return x;
}

static Value buildMean(NodeBuild &build) {
  Value x = build.inputs[0];
  int64_t axis = build.text("axis") == "tokens" ? 1 : 2;
  return build.scale(build.reduce(x, {axis}),
                     1.0 / static_cast<double>(build.shape(x)[axis]));
}

const OpDef moec::import::meanOp = {
    "mean",
    "mean over the tokens, or over the channels",
    1,
    1,
    {AttrDef::choice("axis", {"tokens", "channels"}, "the axis that goes")},
    checkMean,
    buildMean};
