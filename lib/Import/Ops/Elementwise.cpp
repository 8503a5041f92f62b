//===- Elementwise.cpp - gelu, add and mean -----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "lib/Import/Ops.h"

using namespace mlir;
using namespace moec::import;

static std::optional<TensorInfo> checkGelu(NodeCheck &check) {
  if (!check.expectDType(0, DType::F32))
    return std::nullopt;
  return check.input(0);
}

static Value buildGelu(NodeBuild &build) {
  bool tanh = build.text("form") == "tanh";
  Value x = build.inputs[0];
  return moec::moe::GeluOp::create(build.b, build.loc, x.getType(), x,
                                   tanh ? build.b.getUnitAttr() : UnitAttr());
}

const OpDef moec::import::geluOp = {
    "gelu",
    "Gaussian error linear unit (arXiv 1606.08415)",
    1,
    1,
    {AttrDef::oneOf("form", {"tanh", "erf"},
                    "the tanh approximation or the exact form")},
    checkGelu,
    buildGelu};

static std::optional<TensorInfo> checkAdd(NodeCheck &check) {
  bool good = true;
  for (size_t i = 0, n = check.inputCount(); i != n; ++i)
    good &= check.expectDType(i, DType::F32);
  for (size_t i = 1, n = check.inputCount(); good && i != n; ++i) {
    if (check.input(i) == check.input(0))
      continue;
    check.problem("inputs", "the inputs of 'add' have different shapes")
        .expected("the shape of input 0, " + toString(check.input(0)))
        .got(toString(check.input(i)) + " as input " + Twine(i));
    good = false;
  }
  if (!good)
    return std::nullopt;
  return check.input(0);
}

static Value buildAdd(NodeBuild &build) {
  Value sum = build.inputs[0];
  for (Value next : build.inputs.drop_front())
    sum = build.add(sum, next);
  return sum;
}

const OpDef moec::import::addOp = {
    "add",   "element-wise sum of values of one shape", 2, 8, {}, checkAdd,
    buildAdd};

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
