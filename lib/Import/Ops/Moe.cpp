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

static bool expertsChoose(StringRef router) {
  return router == "expert_choice";
}

/// Of the router over `shape`: experts choose among the items of each.
static int64_t groupsOf(ArrayRef<int64_t> shape, StringRef groups) {
  return groups == "image" ? shape[0] : 1;
}

/// Items that an expert takes: ceil(k * items * factor / experts), and never
/// more than all; in double and in this order, as V-MoE's code computes it.
/// Where experts choose, k is 1.
static int64_t capacityOf(int64_t k, int64_t items, double factor,
                          int64_t experts) {
  double exact = std::ceil(static_cast<double>(k) * static_cast<double>(items) *
                           factor / static_cast<double>(experts));
  return static_cast<int64_t>(
      std::clamp(exact, 1.0, static_cast<double>(items)));
}

/// False, with a problem, if a key is given that only the other router knows.
static bool checkKeys(NodeCheck &check) {
  bool choose = expertsChoose(check.text("router"));
  const char *other = choose ? "top_k" : "expert_choice";
  bool good = true;
  for (const char *key : {"k", "priority", "noise", "groups"}) {
    bool ofExperts = StringRef(key) == "groups";
    if (choose == ofExperts || !check.self().attrs[key].json)
      continue;
    good = false;
    check.problem(key, llvm::formatv("'{0}' has nothing to act on", key))
        .expected(llvm::formatv("'{0}' together with \"router\": \"{1}\"", key,
                                other))
        .got(llvm::formatv("\"router\": \"{0}\"", check.text("router")))
        .fix(llvm::formatv("remove '{0}', or use \"router\": \"{1}\"", key,
                           other));
  }
  return good;
}

/// False, with a problem at `key`, if `count` items with so many choices each
/// are more than dispatch can number: rows are i32.
static bool checkChoices(NodeCheck &check, StringRef key, int64_t count,
                         int64_t choices) {
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  if (count <= most / choices)
    return true;
  check
      .problem(key, llvm::formatv("{0} items with {1} = {2} are too many rows",
                                  count, key, choices))
      .expected(llvm::formatv("at most {0} rows", most))
      .fix(key == "k" ? "choose a smaller batch or fewer experts an item"
                      : "choose a smaller batch or fewer experts");
  return false;
}

static bool checkTopK(NodeCheck &check, int64_t count, int64_t width) {
  int64_t experts = check.integer("experts"), k = check.integer("k");
  if (k > experts) {
    check
        .problem("k", llvm::formatv("k = {0} is more than the {1} experts", k,
                                    experts))
        .expected(llvm::formatv("at most \"experts\", {0}", experts))
        .got(Twine(k))
        .fix("choose fewer experts an item, or have more experts");
    return false;
  }
  if (!checkChoices(check, "k", count, k))
    return false;
  check.temporary({count, k, width});
  check.tells("importance", {}, NodeValue::Over::Sum);
  if (double std = check.real("noise")) {
    check.noise({count, experts}, std / static_cast<double>(experts));
    check.tells("load", {}, NodeValue::Over::Sum, /*onlyInTraining=*/true);
  } else {
    check.tellsNot("load", "set \"noise\": 1; the load loss is about the noise "
                           "of the router");
  }
  return true;
}

static bool checkExpertChoice(NodeCheck &check, int64_t count, int64_t width) {
  int64_t experts = check.integer("experts");
  if (!checkChoices(check, "experts", count, experts))
    return false;
  int64_t groups = groupsOf(check.input(0).shape, check.text("groups"));
  for (const char *key : {"capacity_factor", "eval_capacity_factor"}) {
    auto &factor = check.self().attrs[key];
    if (!factor.json)
      factor.real = 2; // The paper's; the table has that of top_k.
    check.temporary(
        {experts, groups * capacityOf(1, count / groups, factor.real, experts),
         width});
  }
  check.self().attrs["noise"].real = 0;
  for (const char *loss : {"importance", "load"})
    check.tellsNot(loss, "leave it out; experts that choose are balanced, all "
                         "take as many items");
  return true;
}

static std::optional<TensorInfo> check(NodeCheck &check) {
  if (!check.expectTokens() || !checkKeys(check))
    return std::nullopt;
  const TensorInfo &x = check.input(0);
  int64_t experts = check.integer("experts"), hidden = check.integer("hidden");
  auto [count, size] = items(x.shape, check.text("over") == "tokens");
  check.temporary({count, experts});
  check.param("router.weight", {size, experts}, Init::lecun(size),
              /*decay=*/true);
  check.linearParams("fc1", size, hidden, true, {experts});
  check.linearParams("fc2", hidden, size, true, {experts});
  check.tells("experts", {x.shape[0], experts}, NodeValue::Over::Mean);
  bool good = expertsChoose(check.text("router"))
                  ? checkExpertChoice(check, count, std::max(size, hidden))
                  : checkTopK(check, count, std::max(size, hidden));
  if (!good)
    return std::nullopt;
  return x;
}

/// Balance losses, V-MoE's: the importance is of the gates without noise, the
/// load the chance to be chosen under fresh noise (arXiv 2106.05974, A).
static void tellBalance(NodeBuild &build, Value logits, Value noisy,
                        Value gates) {
  OpBuilder &b = build.b;
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
                        b.getI64IntegerAttr(build.integer("k")),
                        b.getF64FloatAttr(build.node.noise->std)));
}

/// Plan and weights from the gates [items, experts].
static std::pair<Value, Value> route(NodeBuild &build, Value gates) {
  OpBuilder &b = build.b;
  int64_t count = build.shape(gates)[0], experts = build.shape(gates)[1];
  double factor =
      build.real(build.training ? "capacity_factor" : "eval_capacity_factor");
  auto planType = [&](int64_t k, int64_t capacity) {
    return moec::moe::RoutingType::get(b.getContext(), count, experts, k,
                                       capacity, 0);
  };
  if (expertsChoose(build.text("router"))) {
    int64_t groups =
        groupsOf(build.shape(build.inputs[0]), build.text("groups"));
    int64_t capacity = capacityOf(1, count / groups, factor, experts);
    auto route = moec::moe::ExpertChoiceRouteOp::create(
        b, build.loc, planType(experts, groups * capacity), gates, groups,
        capacity);
    return {route.getPlan(), gates};
  }
  int64_t k = build.integer("k");
  int64_t capacity = capacityOf(k, count, factor, experts);
  auto route = moec::moe::TopKRouteOp::create(
      b, build.loc, build.type({count, k}), planType(k, capacity), gates,
      b.getI64IntegerAttr(k), b.getI64IntegerAttr(capacity),
      moec::moe::PriorityAttr::get(
          b.getContext(),
          *moec::moe::symbolizePriority(build.text("priority"))));
  return {route.getPlan(), route.getWeights()};
}

static Value build(NodeBuild &build) {
  OpBuilder &b = build.b;
  Value x = build.inputs[0];
  Shape whole(build.shape(x));
  bool overTokens = build.text("over") == "tokens";
  int64_t count, size;
  std::tie(count, size) = items(whole, overTokens);
  int64_t experts = build.integer("experts"), hidden = build.integer("hidden");

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
  if (!expertsChoose(build.text("router")))
    tellBalance(build, logits, noisy, gates);

  auto [plan, weights] = route(build, gates);
  int64_t rowCount = cast<moec::moe::RoutingType>(plan.getType()).getRows();
  auto layer = [&, plan = plan](Value in, StringRef name,
                                int64_t out) -> Value {
    return moec::moe::ExpertLinearOp::create(
        b, build.loc, build.type({rowCount, out}), in,
        build.param((name + ".weight").str()), plan,
        build.param((name + ".bias").str()), UnitAttr());
  };
  Value in = moec::moe::DispatchOp::create(
      b, build.loc, build.type({rowCount, size}), rows, plan, Value());
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
    "MLPs (arXiv 2106.05974 and 2109.02008; softmax before top-k), or each "
    "expert chooses its items (arXiv 2202.09368)",
    1,
    1,
    {AttrDef::choice("over", {"tokens", "channels"},
                     "what is routed: tokens, or the channels of each image"),
     AttrDef::size("experts", "number of experts"),
     AttrDef::choice("router", {"top_k", "expert_choice"},
                     "who chooses: items their experts, or experts their "
                     "items"),
     AttrDef::integer("k", 1, "experts that an item goes to (top_k)"),
     AttrDef::choice("groups", {"image", "batch"},
                     "items that an expert chooses among (expert_choice)"),
     AttrDef::size("hidden", "hidden width of an expert"),
     AttrDef::activation(),
     AttrDef::positive("capacity_factor", 1.2,
                       "in training an expert takes ceil(k * items * factor / "
                       "experts) items and drops the rest; if experts choose, "
                       "ceil(items * factor / experts) of each group, with 2 "
                       "as default"),
     AttrDef::positive("eval_capacity_factor", 2.0, "the same in inference"),
     AttrDef::choice("priority", {"position", "importance"},
                     "who is kept: the first, or those with the largest gate "
                     "(top_k)"),
     AttrDef::nonNegative("noise", 1.0,
                          "router noise in training, standard deviation times "
                          "the number of experts (top_k)")},
    check,
    build};
