//===- SoftMoe.cpp - soft_moe -------------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "lib/Import/Ops.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>

using namespace mlir;
using namespace moec::import;

/// False, with a problem, if there are not as many slots as tokens for one that
/// is the other.
static bool checkIdentity(NodeCheck &check, int64_t tokens, int64_t slots) {
  for (const char *key : {"dispatch", "combine"}) {
    if (check.text(key) != "identity" || tokens == slots)
      continue;
    check
        .problem(key,
                 llvm::formatv("{0} slots cannot be {1} tokens", slots, tokens))
        .expected(llvm::formatv("experts * slots = {0}, the number of tokens",
                                tokens))
        .got(llvm::Twine(slots))
        .fix(llvm::formatv("change 'experts' or 'slots', or use \"{0}\": "
                           "\"uniform\"",
                           key));
    return false;
  }
  return true;
}

/// Whether phi decides anything.
static bool hasLogits(const NodeView &node) {
  return node.text("dispatch") == "soft" || node.text("combine") == "soft";
}

static std::optional<TensorInfo> check(NodeCheck &check) {
  if (!check.expectTokens())
    return std::nullopt;
  const TensorInfo &x = check.input(0);
  int64_t width = x.shape[2], experts = check.integer("experts");
  int64_t slots = check.integer("slots"), hidden = check.integer("hidden");
  if (!checkIdentity(check, x.shape[1], experts * slots))
    return std::nullopt;
  check.temporary({x.shape[0], x.shape[1], experts * slots});
  check.temporary({x.shape[0], experts * slots, std::max(width, hidden)});
  check.tells("experts", {x.shape[0], experts}, NodeValue::Over::Mean);
  if (hasLogits(check)) {
    check.param("phi", {width, experts * slots}, Init::lecun(width),
                /*decay=*/true);
    check.param("scale", {}, Init::ones());
  }
  bool bias = check.integer("bias");
  check.linearParams("fc1", width, hidden, bias, {experts});
  check.linearParams("fc2", hidden, width, bias, {experts});
  return x;
}

// x [B, m, d], logits [B, m, n*p], slots [B, n*p, d]; letters of the einsums:
// b image, m token, s slot of all experts, n expert, p slot of an expert.

/// The logits [B, m, n*p]; null where nothing is weighted by them.
static Value logitsOf(NodeBuild &build, int64_t slots) {
  if (!hasLogits(build))
    return {};
  OpBuilder &b = build.b;
  Value x = build.inputs[0];
  ArrayRef<int64_t> shape = build.shape(x);
  auto unit = [&](Value value, int64_t axis) {
    return build.l2Normalize(value, axis, build.real("eps"));
  };
  Value phi = unit(build.param("phi"), 0);
  Value scale =
      build.broadcast(build.param("scale"), {shape[2], slots}, {0, 1});
  phi = moec::moe::MulOp::create(b, build.loc, phi.getType(), phi, scale);
  return moec::moe::LinearOp::create(
      b, build.loc, build.type({shape[0], shape[1], slots}), unit(x, 2), phi,
      Value(), b.getI64IntegerAttr(2));
}

/// What each of `count` takes of `from` [B, rows, d]: the one of its number, or
/// the mean of all.
static Value withoutWeights(NodeBuild &build, StringRef how, Value from,
                            int64_t count) {
  if (how == "identity")
    return from;
  ArrayRef<int64_t> shape = build.shape(from);
  Value mean = build.scale(build.reduce(from, {1}), 1.0 / double(shape[1]));
  return build.broadcast(mean, {shape[0], count, shape[2]}, {1});
}

/// Each expert's share in what the tokens get, [B, n].
static Value sharesOf(NodeBuild &build, Value combine, int64_t experts) {
  ArrayRef<int64_t> shape = build.shape(build.inputs[0]);
  if (!combine)
    return moec::moe::FillOp::create(
        build.b, build.loc, build.type({shape[0], experts}),
        build.b.getF64FloatAttr(1.0 / double(experts)));
  int64_t perExpert = build.shape(combine)[2] / experts;
  Value parts =
      build.reshape(combine, {shape[0], shape[1], experts, perExpert});
  return build.meanShares(build.reduce(parts, {3}));
}

static Value build(NodeBuild &build) {
  Value x = build.inputs[0];
  int64_t batch = build.shape(x)[0], tokens = build.shape(x)[1];
  int64_t width = build.shape(x)[2], experts = build.integer("experts");
  int64_t perExpert = build.integer("slots"), slots = experts * perExpert;
  int64_t hidden = build.integer("hidden");
  Value logits = logitsOf(build, slots);

  // Each slot is a mixture of the tokens; the mixture is of x itself, not of
  // its normalised form.
  Value in = build.text("dispatch") == "soft"
                 ? build.einsum(build.softmax(logits, {1}), x, "bms,bmd->bsd",
                                {batch, slots, width})
                 : withoutWeights(build, build.text("dispatch"), x, slots);
  in = build.reshape(in, {batch, experts, perExpert, width});
  auto layer = [&](Value rows, StringRef name, int64_t out) {
    Shape shape = {batch, experts, perExpert, out};
    Value sum = build.einsum(rows, build.param((name + ".weight").str()),
                             "bnpk,nkh->bnph", shape);
    Value bias = build.param((name + ".bias").str());
    return bias ? build.add(sum, build.broadcast(bias, shape, {0, 2})) : sum;
  };
  Value out = layer(build.activate(layer(in, "fc1", hidden)), "fc2", width);
  out = build.reshape(out, {batch, slots, width});
  Value combine;
  if (build.text("combine") == "soft")
    combine = build.softmax(logits, {2});
  if (build.wants("experts"))
    build.tell("experts", sharesOf(build, combine, experts));
  if (!combine)
    return withoutWeights(build, build.text("combine"), out, tokens);
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
     AttrDef::eps("added to the squared lengths of tokens and of phi"),
     AttrDef::bias("whether experts have biases"),
     AttrDef::choice("dispatch", {"soft", "uniform", "identity"},
                     "what a slot takes: a mixture of the tokens, their mean, "
                     "or the token of its number (table 2)"),
     AttrDef::choice("combine", {"soft", "uniform", "identity"},
                     "what a token takes: a mixture of the slots, their mean, "
                     "or the slot of its number")},
    check,
    build};
