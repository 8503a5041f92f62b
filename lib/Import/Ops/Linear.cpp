//===- Linear.cpp - linear, mlp and token_mlp ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Ops.h"

using namespace mlir;
using namespace moec::import;

//===----------------------------------------------------------------------===//
// linear
//===----------------------------------------------------------------------===//

static std::optional<TensorInfo> checkLinear(NodeCheck &check) {
  TensorInfo x = check.input(0);
  bool overTokens = check.text("axis") == "tokens";
  if (overTokens ? !check.expectTokens() : !check.expectDType(0, DType::F32))
    return std::nullopt;
  if (x.rank() < 2) {
    check.problem("inputs", "'linear' needs at least two axes")
        .expected("f32 [batch, ..., channels]")
        .got(toString(x));
    return std::nullopt;
  }
  int64_t axis = overTokens ? 1 : x.rank() - 1;
  int64_t features = check.integer("features");
  check.linearParams("", x.shape[axis], features, check.integer("bias"));
  x.shape[axis] = features;
  return x;
}

static Value buildLinear(NodeBuild &build) {
  Value x = build.inputs[0];
  bool overTokens = build.text("axis") == "tokens";
  return build.linear(
      x, "", overTokens ? 1 : static_cast<int64_t>(build.shape(x).size()) - 1);
}

const OpDef moec::import::linearOp = {
    "linear",
    "a linear layer over the channels (the last axis) or over the tokens",
    1,
    1,
    {AttrDef::size("features", "size of the axis after the layer"),
     AttrDef::choice("axis", {"channels", "tokens"}, "the axis that is mixed"),
     AttrDef::bias("whether there is a bias")},
    checkLinear,
    buildLinear};

//===----------------------------------------------------------------------===//
// mlp, token_mlp
//===----------------------------------------------------------------------===//

static std::optional<TensorInfo> checkMlp(NodeCheck &check, int64_t axis) {
  if (!check.expectTokens())
    return std::nullopt;
  const TensorInfo &x = check.input(0);
  int64_t hidden = check.integer("hidden");
  Shape between = x.shape;
  between[axis] = hidden;
  check.temporary(between);
  bool bias = check.integer("bias");
  check.linearParams("fc1", x.shape[axis], hidden, bias);
  check.linearParams("fc2", hidden, x.shape[axis], bias);
  return x;
}

static Value buildMlp(NodeBuild &build, int64_t axis) {
  Value hidden = build.linear(build.inputs[0], "fc1", axis);
  return build.linear(build.activate(hidden), "fc2", axis);
}

const OpDef moec::import::mlpOp = {
    "mlp",
    "linear, activation, linear over the channels, back to as many channels",
    1,
    1,
    {AttrDef::size("hidden", "width between the two layers"),
     AttrDef::activation(), AttrDef::bias()},
    [](NodeCheck &check) { return checkMlp(check, 2); },
    [](NodeBuild &build) { return buildMlp(build, 2); }};

const OpDef moec::import::tokenMlpOp = {
    "token_mlp",
    "linear, activation, linear over the tokens: Mixer's token mixing (arXiv "
    "2105.01601, equation 1)",
    1,
    1,
    {AttrDef::size("hidden", "width between the two layers"),
     AttrDef::activation(), AttrDef::bias()},
    [](NodeCheck &check) { return checkMlp(check, 1); },
    [](NodeBuild &build) { return buildMlp(build, 1); }};
