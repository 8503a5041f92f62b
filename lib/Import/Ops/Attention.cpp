//===- Attention.cpp - attention ----------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "lib/Import/Ops.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace moec::import;

/// The largest number from 1 to `near` that divides `whole`.
static int64_t nearestDivisor(int64_t near, int64_t whole) {
  near = std::min(near, whole);
  while (whole % near)
    --near;
  return near;
}

static std::optional<TensorInfo> check(NodeCheck &check) {
  if (!check.expectTokens())
    return std::nullopt;
  const TensorInfo &x = check.input(0);
  int64_t width = x.shape[2], heads = check.integer("heads");
  if (width % heads) {
    check
        .problem("heads",
                 llvm::formatv("{0} heads do not divide a width of {1}", heads,
                               width))
        .expected("a number of heads that divides the channels")
        .got(llvm::formatv("{0} for {1}", heads, toString(x)))
        .fix(llvm::formatv("use \"heads\": {0}", nearestDivisor(heads, width)));
    return std::nullopt;
  }
  int64_t &kvHeads = check.self().attrs["kv_heads"].integer;
  if (kvHeads == 0)
    kvHeads = heads;
  if (heads % kvHeads) {
    check
        .problem("kv_heads",
                 llvm::formatv("{0} heads of keys and values do not divide {1} "
                               "heads",
                               kvHeads, heads))
        .expected("a number that divides 'heads'")
        .got(llvm::formatv("{0} for {1} heads", kvHeads, heads))
        .fix(llvm::formatv("use \"kv_heads\": {0}",
                           nearestDivisor(kvHeads, heads)));
    return std::nullopt;
  }
  bool norm = check.text("qk_norm") != "none";
  if (!norm && check.self().attrs["eps"].json) {
    check.idle("eps")
        .expected("'eps' together with 'qk_norm'")
        .got("\"qk_norm\": \"none\"")
        .fix("remove 'eps', or use \"qk_norm\": \"layer_norm\"");
    return std::nullopt;
  }
  if (norm && !check.self().attrs["eps"].json) {
    check.problem("", "'qk_norm' says no 'eps'")
        .expected("the key 'eps'")
        .fix("add it: what is added to the variance of 'qk_norm'");
    return std::nullopt;
  }
  int64_t size = width / heads;
  check.temporary({x.shape[0], heads, x.shape[1], x.shape[1]});
  bool bias = check.integer("qkv_bias");
  if (check.text("qkv") == "joined") {
    check.linearParams("qkv", width, width + 2 * kvHeads * size, bias);
  } else {
    check.linearParams("query", width, width, bias);
    check.linearParams("key", width, kvHeads * size, bias);
    check.linearParams("value", width, kvHeads * size, bias);
  }
  check.linearParams("out", width, width, check.integer("bias"));
  for (const char *suffix : {"query_norm", "key_norm"}) {
    if (check.text("qk_norm") == "layer_norm")
      check.normParams(suffix, size);
    else if (norm)
      check.param((llvm::Twine(suffix) + ".scale").str(), {size}, Init::ones());
  }
  return x;
}

static Value build(NodeBuild &build) {
  OpBuilder &b = build.b;
  Value x = build.inputs[0];
  int64_t batch = build.shape(x)[0], tokens = build.shape(x)[1];
  int64_t width = build.shape(x)[2], heads = build.integer("heads");
  int64_t kvHeads = build.integer("kv_heads"), size = width / heads;
  Value joined;
  if (build.text("qkv") == "joined")
    joined = build.linear(x, "qkv", 2);
  // Where all are one, `first` is the head that one of them begins with.
  auto project = [&](StringRef name, int64_t first, int64_t count) {
    Value rows = joined ? build.slice(joined, 2, first * size, count * size)
                        : build.linear(x, name, 2);
    return build.reshape(rows, {batch, tokens, count, size});
  };
  Value query = project("query", 0, heads),
        key = project("key", heads, kvHeads),
        value = project("value", heads + kvHeads, kvHeads);
  SmallVector<Value> norm;
  for (const char *part : {"query_norm.scale", "key_norm.scale",
                           "query_norm.bias", "key_norm.bias"})
    if (Value parameter = build.param(part))
      norm.push_back(parameter);
  auto attention = moec::moe::AttentionOp::create(
      b, build.loc, build.type({batch, tokens, heads, size}),
      build.type({batch, heads, tokens}), query, key, value, norm,
      norm.empty() ? FloatAttr() : b.getF64FloatAttr(build.real("eps")),
      FloatAttr());
  return build.linear(
      build.reshape(attention.getResult(), {batch, tokens, width}), "out", 2);
}

const OpDef moec::import::attentionOp = {
    "attention",
    "multi-head self-attention between the tokens (arXiv 1706.03762), with "
    "grouped queries (arXiv 2305.13245) and normalised queries and keys "
    "(arXiv 2302.05442) if asked for",
    1,
    1,
    {AttrDef::size("heads", "number of heads; it divides the channels"),
     AttrDef{
         "kv_heads", AttrDef::Kind::Size,
         "number of heads of keys and values, each read by heads / kv_heads "
         "heads side by side; it divides heads (default: heads)"},
     AttrDef::choice(
         "qkv", {"separate", "joined"},
         "whether queries, keys and values have a matrix each, or "
         "one, `qkv`, whose columns are all queries, then all keys, "
         "then all values"),
     AttrDef::bias("whether queries, keys and values have biases", "qkv_bias"),
     AttrDef::bias("whether the projection behind the heads has one"),
     AttrDef::choice("qk_norm", {"none", "layer_norm", "layer_norm_no_bias"},
                     "normalisation of the queries and keys of each head, with "
                     "a learned scale, and bias, for all heads"),
     AttrDef::positive("eps", 1e-6,
                       "added to the variance of 'qk_norm', with which it must "
                       "be said")},
    check,
    build};
