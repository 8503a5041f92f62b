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
  bool affine = check.integer("affine");
  if (!affine && check.self().attrs["bias"].json) {
    check.idle("bias")
        .expected("'bias' of a norm with a scale")
        .got("\"affine\": false")
        .fix("remove it, or 'affine'");
    return std::nullopt;
  }
  if (affine)
    check.normParams("", check.input(0).shape.back(), check.integer("bias"));
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
     AttrDef::bias("whether there is a bias beside the scale"),
     AttrDef::eps("added to the variance")},
    check,
    build};
