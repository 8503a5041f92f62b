//===- Moe.cpp - moe: the sparse expert layer ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "lib/Import/Ops.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

using namespace mlir;
using namespace moec::import;

/// Items of the router and their size: rows [B*S, C] over tokens, [B*C, S] over
/// channels (arXiv 2109.02008, figure 2).
static std::pair<int64_t, int64_t> items(ArrayRef<int64_t> shape,
                                         bool overTokens) {
  if (overTokens)
    return {shape[0] * shape[1], shape[2]};
  return {shape[0] * shape[2], shape[1]};
}

static std::optional<TensorInfo> check(NodeCheck &check) {
  if (!check.expectTokens())
    return std::nullopt;
  const TensorInfo &x = check.input(0);
  int64_t experts = check.integer("experts"), k = check.integer("k");
  if (k > experts) {
    check
        .problem("k", llvm::formatv("k = {0} is more than the {1} experts", k,
                                    experts))
        .expected(llvm::formatv("at most \"experts\", {0}", experts))
        .got(Twine(k))
        .fix("choose fewer experts an item, or have more experts");
    return std::nullopt;
  }
  auto [count, size] = items(x.shape, check.text("over") == "tokens");
  // Rows are numbered in i32, as dispatch reads them.
  constexpr int64_t mostRows = std::numeric_limits<int32_t>::max();
  if (count > mostRows / k) {
    check
        .problem("k", llvm::formatv("{0} items with k = {1} are too many rows",
                                    count, k))
        .expected(llvm::formatv("at most {0} rows", mostRows))
        .fix("choose a smaller batch or fewer experts an item");
    return std::nullopt;
  }
  int64_t hidden = check.integer("hidden");
  check.temporary({count, experts});
  check.temporary({count, k, std::max(size, hidden)});
  check.param("router.weight", {size, experts}, Init::lecun(size),
              /*decay=*/true);
  check.linearParams("fc1", size, hidden, true, {experts});
  check.linearParams("fc2", hidden, size, true, {experts});
  check.tells("experts", {x.shape[0], experts}, NodeValue::Over::Mean);
  check.tells("importance", {}, NodeValue::Over::Sum);
  if (double std = check.real("noise")) {
    check.noise({count, experts}, std / static_cast<double>(experts));
    check.tells("load", {}, NodeValue::Over::Sum, /*onlyInTraining=*/true);
  } else {
    check.tellsNot("load", "set \"noise\": 1; the load loss is about the noise "
                           "of the router");
  }
  return x;
}

static Value build(NodeBuild &build) {
  OpBuilder &b = build.b;
  Value x = build.inputs[0];
  Shape whole(build.shape(x));
  bool overTokens = build.text("over") == "tokens";
  int64_t count, size;
  std::tie(count, size) = items(whole, overTokens);
  int64_t experts = build.integer("experts"), k = build.integer("k");
  int64_t hidden = build.integer("hidden");

  Value rows = x;
  if (!overTokens)
    rows = build.transpose(rows, {0, 2, 1});
  rows = build.reshape(rows, {count, size});
  Value logits = build.linear(rows, "router", 1);
  Value noisy = logits;
  if (build.noise())
    noisy = build.add(logits, build.noise());
  Value gates = build.softmax(noisy, {1});

  if (build.wants("experts"))
    build.tell("experts", build.meanShares(build.reshape(
                              gates, {whole[0], count / whole[0], experts})));

  // Balance losses, V-MoE's: the importance is of the gates without noise, the
  // load the chance to be chosen under fresh noise (arXiv 2106.05974, A).
  auto balance = [&](StringRef name, Value probabilities) {
    Value sums = build.reduce(probabilities, {0});
    build.tell(name, moec::moe::CvSquaredOp::create(b, build.loc,
                                                    build.type({}), sums));
  };
  if (build.wants("importance"))
    balance("importance", build.noise() ? build.softmax(logits, {1}) : gates);
  if (build.wants("load"))
    balance("load", moec::moe::LoadProbabilityOp::create(
                        b, build.loc, logits.getType(), logits, noisy,
                        b.getI64IntegerAttr(k),
                        b.getF64FloatAttr(build.node.noise->std)));

  // capacity = ceil(k * items * factor / experts), and never more than all; in
  // double and in this order, as V-MoE's code computes it.
  double factor =
      build.real(build.training ? "capacity_factor" : "eval_capacity_factor");
  double exact = std::ceil(static_cast<double>(k) * static_cast<double>(count) *
                           factor / static_cast<double>(experts));
  int64_t capacity =
      static_cast<int64_t>(std::clamp(exact, 1.0, static_cast<double>(count)));
  auto planType = moec::moe::RoutingType::get(b.getContext(), count, experts, k,
                                              capacity, 0);
  auto route = moec::moe::TopKRouteOp::create(
      b, build.loc, build.type({count, k}), planType, gates,
      b.getI64IntegerAttr(k), b.getI64IntegerAttr(capacity),
      moec::moe::PriorityAttr::get(
          b.getContext(),
          *moec::moe::symbolizePriority(build.text("priority"))));
  Value weights = route.getWeights(), plan = route.getPlan();

  auto layer = [&](Value in, StringRef name, int64_t out) -> Value {
    return moec::moe::ExpertLinearOp::create(
        b, build.loc, build.type({planType.getRows(), out}), in,
        build.param((name + ".weight").str()), plan,
        build.param((name + ".bias").str()), UnitAttr());
  };
  Value in = moec::moe::DispatchOp::create(
      b, build.loc, build.type({planType.getRows(), size}), rows, plan,
      Value());
  Value out = layer(build.activate(layer(in, "fc1", hidden)), "fc2", size);
  out = moec::moe::CombineOp::create(b, build.loc, build.type({count, size}),
                                     out, plan, weights);
  if (overTokens)
    return build.reshape(out, whole);
  out = build.reshape(out, {whole[0], whole[2], whole[1]});
  return build.transpose(out, {0, 2, 1});
}

const OpDef moec::import::moeOp = {
    "moe",
    "sparse expert layer: a router sends each item to k experts, which are "
    "MLPs (arXiv 2106.05974 and 2109.02008; softmax before top-k)",
    1,
    1,
    {AttrDef::choice("over", {"tokens", "channels"},
                     "what is routed: tokens, or the channels of each image"),
     AttrDef::size("experts", "number of experts"),
     AttrDef::integer("k", 1, "experts that an item goes to"),
     AttrDef::size("hidden", "hidden width of an expert"),
     AttrDef::activation(),
     AttrDef::positive("capacity_factor", 1.2,
                       "in training an expert takes ceil(k * items * factor / "
                       "experts) items and drops the rest"),
     AttrDef::positive("eval_capacity_factor", 2.0, "the same in inference"),
     AttrDef::choice("priority", {"position", "importance"},
                     "who is kept: the first, or those with the largest gate"),
     AttrDef::nonNegative("noise", 1.0,
                          "router noise in training, standard deviation times "
                          "the number of experts")},
    check,
    build};
