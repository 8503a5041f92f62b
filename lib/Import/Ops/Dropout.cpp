//===- Dropout.cpp - dropout and drop_path --------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Ops.h"

using namespace mlir;
using namespace moec::import;

static std::optional<TensorInfo> check(NodeCheck &check) {
  if (!check.expectDType(0, DType::F32) || !check.drops("rate"))
    return std::nullopt;
  return check.input(0);
}

static std::optional<TensorInfo> checkPath(NodeCheck &node) {
  if (node.input(0).rank() != 0)
    return check(node);
  node.problem("inputs", "'drop_path' needs a value for each image")
      .expected("f32 [batch, ...]")
      .got(toString(node.input(0)));
  return std::nullopt;
}

static AttrDef rate(const char *doc) {
  return AttrDef::rate("rate", doc, /*required=*/true);
}

const OpDef moec::import::dropoutOp = {
    "dropout",
    "in training elements become 0 at random, and those that stay are divided "
    "by 1 - rate (JMLR 15, 2014); nothing in evaluation and inference",
    1,
    1,
    {rate("share of the elements that is dropped; of two numbers that of the "
          "first and of the last layer of a 'repeat', between which it grows "
          "evenly")},
    check,
    [](NodeBuild &build) {
      Value x = build.inputs[0];
      return build.drop(x, static_cast<int64_t>(build.shape(x).size()));
    }};

const OpDef moec::import::dropPathOp = {
    "drop_path",
    "in training the value of whole images becomes 0 at random, such as a "
    "branch that is added to its input, and is divided by 1 - rate for those "
    "that stay (stochastic depth, arXiv 1603.09382); nothing in evaluation and "
    "inference",
    1,
    1,
    {rate("share of the images that is dropped; of two numbers that of the "
          "first and of the last layer of a 'repeat', between which it grows "
          "evenly")},
    checkPath,
    [](NodeBuild &build) { return build.drop(build.inputs[0], 1); }};
