//===- L2Normalize.cpp - l2_normalize -----------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Ops.h"

using namespace mlir;
using namespace moec::import;

static std::optional<TensorInfo> check(NodeCheck &check) {
  if (!check.expectDType(0, DType::F32))
    return std::nullopt;
  const TensorInfo &x = check.input(0);
  if (x.rank() < 2) {
    check.problem("inputs", "'l2_normalize' needs vectors")
        .expected("f32 [batch, ..., channels]")
        .got(toString(x));
    return std::nullopt;
  }
  return x;
}

static Value build(NodeBuild &build) {
  Value x = build.inputs[0];
  auto last = static_cast<int64_t>(build.shape(x).size()) - 1;
  return build.l2Normalize(x, last, build.real("eps"));
}

const OpDef moec::import::l2NormalizeOp = {
    "l2_normalize",
    "vectors of length 1, along the last axis: x / sqrt(sum(x^2) + eps)",
    1,
    1,
    {AttrDef::eps("added to the squared length")},
    check,
    build};
