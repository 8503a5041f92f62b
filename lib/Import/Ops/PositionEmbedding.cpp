//===- PositionEmbedding.cpp - position_embedding -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Ops.h"

using namespace mlir;
using namespace moec::import;

static std::optional<TensorInfo> check(NodeCheck &check) {
  if (!check.expectTokens())
    return std::nullopt;
  const TensorInfo &x = check.input(0);
  check.param("weight", {x.shape[1], x.shape[2]}, Init::normal(0.02));
  return x;
}

static Value build(NodeBuild &build) {
  Value x = build.inputs[0];
  return build.add(x,
                   build.broadcast(build.param("weight"), build.shape(x), {0}));
}

const OpDef moec::import::positionEmbeddingOp = {
    "position_embedding",
    "adds a learned vector to each position",
    1,
    1,
    {},
    check,
    build};
