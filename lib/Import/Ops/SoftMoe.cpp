//===- SoftMoe.cpp - soft_moe -------------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "lib/Import/Ops.h"
#include <algorithm>

using namespace mlir;
using namespace moec::import;

static std::optional<TensorInfo> check(NodeCheck &check) {
  if (!check.expectTokens())
    return std::nullopt;
  const TensorInfo &x = check.input(0);
  int64_t width = x.shape[2], experts = check.integer("experts");
  int64_t slots = check.integer("slots"), hidden = check.integer("hidden");
  check.temporary({x.shape[0], x.shape[1], experts * slots});
  check.temporary({x.shape[0], experts * slots, std::max(width, hidden)});
  check.tells("experts", {x.shape[0], experts}, NodeValue::Over::Mean);
  check.param("phi", {width, experts * slots}, Init::lecun(width),
              /*decay=*/true);
  check.param("scale", {}, Init::ones());
  check.linearParams("fc1", width, hidden, true, {experts});
  check.linearParams("fc2", hidden, width, true, {experts});
  return x;
}

// x [B, m, d], logits [B, m, n*p], slots [B, n*p, d]; letters of the einsums:
// b image, m token, s slot of all experts, n expert, p slot of an expert.
static Value build(NodeBuild &build) {
  OpBuilder &b = build.b;
  Value x = build.inputs[0];
  int64_t batch = build.shape(x)[0], tokens = build.shape(x)[1];
  int64_t width = build.shape(x)[2], experts = build.integer("experts");
  int64_t perExpert = build.integer("slots"), slots = experts * perExpert;
  int64_t hidden = build.integer("hidden");
  auto unit = [&](Value value, int64_t axis) {
    return build.l2Normalize(value, axis, build.real("eps"));
  };
  Value phi = unit(build.param("phi"), 0);
  Value scale = build.broadcast(build.param("scale"), {width, slots}, {0, 1});
  phi = moec::moe::MulOp::create(b, build.loc, phi.getType(), phi, scale);
  Value logits = moec::moe::LinearOp::create(
      b, build.loc, build.type({batch, tokens, slots}), unit(x, 2), phi,
      Value(), b.getI64IntegerAttr(2));

  // Each slot is a mixture of the tokens; the mixture is of x itself, not of
  // its normalised form.
  Value dispatch = build.softmax(logits, {1});
  Value in = build.einsum(dispatch, x, "bms,bmd->bsd", {batch, slots, width});
  in = build.reshape(in, {batch, experts, perExpert, width});
  auto layer = [&](Value rows, StringRef name, int64_t out) {
    Shape shape = {batch, experts, perExpert, out};
    Value sum = build.einsum(rows, build.param((name + ".weight").str()),
                             "bnpk,nkh->bnph", shape);
    Value bias =
        build.broadcast(build.param((name + ".bias").str()), shape, {0, 2});
    return build.add(sum, bias);
  };
  Value out = layer(build.activate(layer(in, "fc1", hidden)), "fc2", width);
  out = build.reshape(out, {batch, slots, width});
  Value combine = build.softmax(logits, {2});
  if (build.wants("experts"))
    build.tell(
        "experts",
        build.meanShares(build.reduce(
            build.reshape(combine, {batch, tokens, experts, perExpert}), {3})));
  return build.einsum(combine, out, "bms,bsd->bmd", {batch, tokens, width});
}

const OpDef moec::import::softMoeOp = {
    "soft_moe",
    "Soft MoE layer (arXiv 2308.00951): each slot is a mixture of the tokens, "
    "each token a mixture of what the experts, MLPs, made of the slots",
    1,
    1,
    {AttrDef::size("experts", "number of experts"),
     AttrDef{"slots", AttrDef::Kind::Size, "slots of each expert", true},
     AttrDef::size("hidden", "hidden width of an expert"),
     AttrDef::activation(),
     AttrDef::eps("added to the squared lengths of tokens and of phi")},
    check,
    build};
