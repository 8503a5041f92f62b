//===- Contrastive.cpp - contrastive --------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "lib/Import/Ops.h"

using namespace mlir;
using namespace moec::import;

/// Queries and keys give a value per image.
static std::optional<TensorInfo> check(NodeCheck &check) {
  const TensorInfo &queries = check.input(0), &keys = check.input(1);
  if (queries.dtype != DType::F32 || queries.rank() != 2) {
    check.problem("inputs", "'contrastive' needs a vector for each image")
        .expected("f32 [batch, channels] as input 0")
        .got(toString(queries));
    return std::nullopt;
  }
  if (!(keys == queries)) {
    check.problem("inputs", "the keys do not fit the queries")
        .expected(toString(queries) + " as input 1")
        .got(toString(keys));
    return std::nullopt;
  }
  int64_t batch = queries.shape[0];
  check.temporary({batch, batch});
  check.tells("accuracy", {batch}, NodeValue::Over::Mean);
  return TensorInfo{{batch}};
}

/// The label of image i is i: its own key among those of the batch.
static Value build(NodeBuild &build) {
  OpBuilder &b = build.b;
  int64_t batch = build.shape(build.inputs[0])[0];
  double temperature = build.real("temperature");
  Value logits = build.einsum(build.inputs[0], build.inputs[1], "id,jd->ij",
                              {batch, batch});
  logits = build.scale(logits, 1 / temperature);
  Value labels = moec::moe::IotaOp::create(
      b, build.loc, RankedTensorType::get({batch}, b.getI32Type()));
  if (build.wants("accuracy"))
    build.tell("accuracy",
               moec::moe::AccuracyOp::create(b, build.loc, build.type({batch}),
                                             logits, labels));
  Value loss = moec::moe::SoftmaxCrossEntropyOp::create(
      b, build.loc, build.type({batch}), logits, labels, b.getF64FloatAttr(0));
  return build.scale(loss, 2 * temperature);
}

const OpDef moec::import::contrastiveOp = {
    "contrastive",
    "InfoNCE (arXiv 1807.03748) as MoCo v3 has it (arXiv 2104.02057): 2 * "
    "temperature times the cross-entropy of queries * keys^T / temperature, "
    "two values [batch, channels], where the key of an image is its class; a "
    "value per image",
    2,
    2,
    {{"temperature", AttrDef::Kind::Real, "what products are divided by", true,
      0, 0, true}},
    check,
    build};
