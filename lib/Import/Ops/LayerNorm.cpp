//===- LayerNorm.cpp - layer_norm ---------------------------------------===//
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
  if (check.integer("affine"))
    check.normParams("", check.input(0).shape.back());
  return check.input(0);
}

static Value build(NodeBuild &build) {
  return build.layerNorm(build.inputs[0], "", build.real("eps"));
}

const OpDef moec::import::layerNormOp = {
    "layer_norm",
    "layer normalisation over the last axis (arXiv 1607.06450)",
    1,
    1,
    {AttrDef::flag("affine", true, "whether there are a scale and a bias"),
     AttrDef::eps("added to the variance")},
    check,
    build};
