//===- Moe.cpp - moe: the sparse expert layer ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "lib/Import/Ops/RouterBalance.h"
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

/// How many groups of images the router over `batch` of them sees, each with
/// places of its own: by default all images are one where items choose, and
/// each is one where experts do. A group larger than the batch is all of it.
static int64_t groupsOf(const NodeView &node, int64_t batch) {
  int64_t size = node.integer("group_size");
  if (size == 0)
    size = expertsChoose(node.text("router")) ? 1 : batch;
  return std::max<int64_t>(batch / size, 1);
}

/// False, with a problem, if the groups do not share out the batch.
static bool checkGroups(NodeCheck &check) {
  int64_t batch = check.input(0).shape[0], size = check.integer("group_size");
  if (size == 0 || size >= batch || batch % size == 0)
    return true;
  int64_t fits = size;
  while (batch % fits)
    --fits;
  check
      .problem("group_size", llvm::formatv("groups of {0} images do not share "
                                           "out a batch of {1}",
                                           size, batch))
      .expected("a divisor of the batch, or at least the batch")
      .got(Twine(size))
      .fix(llvm::formatv("use a batch of {0}, or \"group_size\": {1}",
                         batch / size * size, fits));
  return false;
}

/// Items that an expert takes of a group of so many: k * items * factor /
/// experts, rounded as the node says, in double and in this order as V-MoE's
/// code computes it; at least 1 and never more than all. Where experts choose,
/// k is 1.
static int64_t capacityOf(const NodeView &node, int64_t items,
                          const char *factor) {
  int64_t k = expertsChoose(node.text("router")) ? 1 : node.integer("k");
  double exact = static_cast<double>(k) * static_cast<double>(items) *
                 node.real(factor) /
                 static_cast<double>(node.integer("experts"));
  // Halves to even, as Python's round in the code of V-MoE.
  double whole = node.text("capacity_rounding") == "ceil"
                     ? std::ceil(exact)
                     : std::nearbyint(exact);
  double multiple = static_cast<double>(node.integer("capacity_multiple"));
  whole = std::ceil(whole / multiple) * multiple;
  return static_cast<int64_t>(
      std::clamp(whole, 1.0, static_cast<double>(items)));
}

/// False, with a problem, if a key is given that only items that choose know.
static bool checkKeys(NodeCheck &check) {
  bool choose = expertsChoose(check.text("router"));
  bool good = true;
  for (const char *key :
       {"k", "priority", "learned_noise", "gates", "balance"}) {
    if (!choose || !check.self().attrs[key].json)
      continue;
    good = false;
    check.idle(key)
        .expected(
            llvm::formatv("'{0}' together with \"router\": \"top_k\"", key))
        .got("\"router\": \"expert_choice\"")
        .fix(llvm::formatv("remove '{0}', or use \"router\": \"top_k\"", key));
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
  for (const char *loss : {"importance", "switch", "router_z"})
    check.tells(loss, {}, NodeValue::Over::Sum);
  if (check.integer("learned_noise")) {
    if (check.self().attrs["noise"].json) {
      check.idle("noise")
          .expected("'noise', or \"learned_noise\": true")
          .fix("remove 'noise'; its standard deviation is learned");
      return false;
    }
    int64_t size = check.self().params.front().shape[0];
    check.linearParams("noise", size, experts);
    check.noise({count, experts}, 1);
    if (k < experts)
      check.tells("load", {}, NodeValue::Over::Sum, /*onlyInTraining=*/true);
    else
      check.tellsNot("load", "leave it out; every item goes to all experts");
  } else if (double std = check.real("noise")) {
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
  int64_t groups = groupsOf(check, check.input(0).shape[0]);
  for (const char *key : {"capacity_factor", "eval_capacity_factor"}) {
    auto &factor = check.self().attrs[key];
    if (!factor.json)
      factor.real = 2; // The paper's; the table has that of top_k.
    check.temporary(
        {experts, groups * capacityOf(check, count / groups, key), width});
  }
  AttrValue &noise = check.self().attrs["noise"];
  if (!noise.json)
    noise.real = 0;
  if (noise.real > 0)
    check.noise({count, experts}, noise.real / static_cast<double>(experts));
  for (const char *loss : {"importance", "load", "switch", "router_z"})
    check.tellsNot(loss, "leave it out; experts that choose are balanced, all "
                         "take as many items");
  return true;
}

/// The projections that all experts share are applied to every row, so every
/// row must be one of an item.
static bool checkShared(NodeCheck &check, int64_t count) {
  if (expertsChoose(check.text("router"))) {
    check.problem("expert", "experts that choose cannot share projections")
        .expected("\"router\": \"top_k\", or \"expert\": \"mlp\"")
        .fix("use \"router\": \"top_k\"");
    return false;
  }
  count /= groupsOf(check, check.input(0).shape[0]);
  for (const char *key : {"capacity_factor", "eval_capacity_factor"}) {
    if (capacityOf(check, count, key) == count)
      continue;
    check.problem(key, "experts that share projections cannot drop items")
        .expected("a capacity for all items, a factor of experts / k")
        .got(llvm::formatv("{0}, which drops what is beyond {1} of {2} items",
                           check.real(key), capacityOf(check, count, key),
                           count))
        .fix(llvm::formatv("set \"{0}\": {1}", key, check.integer("experts")));
    return false;
  }
  return true;
}

static std::optional<TensorInfo> check(NodeCheck &check) {
  if (!check.expectTokens() || !checkKeys(check) || !checkGroups(check))
    return std::nullopt;
  const TensorInfo &x = check.input(0);
  int64_t experts = check.integer("experts"), hidden = check.integer("hidden");
  auto [count, size] = items(x.shape, check.text("over") == "tokens");
  check.temporary({count, experts});
  bool shared = check.text("expert") == "shared_glu";
  check.linearParams("router", size, experts, check.integer("router_bias"));
  bool bias = check.integer("bias");
  if (shared) {
    check.linearParams("gate", size, hidden, bias, {experts});
    check.linearParams("up", size, hidden, bias);
    check.linearParams("down", hidden, size, bias);
  } else {
    check.linearParams("fc1", size, hidden, bias, {experts});
    check.linearParams("fc2", hidden, size, bias, {experts});
  }
  if (shared && !check.numbers("dropout").empty()) {
    check.idle("dropout")
        .expected("'dropout' together with \"expert\": \"mlp\"")
        .got("\"expert\": \"shared_glu\"")
        .fix("remove it, and put a node 'dropout' behind the layer");
    return std::nullopt;
  }
  if (!check.drops("dropout"))
    return std::nullopt;
  check.tells("experts", {x.shape[0], experts}, NodeValue::Over::Mean);
  check.tells("routing", {1, 7}, NodeValue::Over::Join);
  bool good = expertsChoose(check.text("router"))
                  ? checkExpertChoice(check, count, std::max(size, hidden))
                  : checkTopK(check, count, std::max(size, hidden));
  if (!good || (shared && !checkShared(check, count)))
    return std::nullopt;
  return x;
}

/// Plan and weights from the gates [items, experts].
static std::pair<Value, Value> route(NodeBuild &build, Value gates) {
  OpBuilder &b = build.b;
  int64_t count = build.shape(gates)[0], experts = build.shape(gates)[1];
  const char *factor =
      build.training ? "capacity_factor" : "eval_capacity_factor";
  auto planType = [&](int64_t k, int64_t capacity) {
    return moec::moe::RoutingType::get(b.getContext(), count, experts, k,
                                       capacity, 0);
  };
  int64_t groups = groupsOf(build, build.shape(build.inputs[0])[0]);
  int64_t capacity = capacityOf(build, count / groups, factor);
  if (expertsChoose(build.text("router"))) {
    auto route = moec::moe::ExpertChoiceRouteOp::create(
        b, build.loc, planType(experts, groups * capacity), gates, groups,
        capacity);
    return {route.getPlan(), gates};
  }
  int64_t k = build.integer("k");
  auto route = moec::moe::TopKRouteOp::create(
      b, build.loc, build.type({count, k}), planType(k, groups * capacity),
      gates, b.getI64IntegerAttr(k), b.getI64IntegerAttr(capacity),
      b.getI64IntegerAttr(groups),
      moec::moe::PriorityAttr::get(
          b.getContext(),
          *moec::moe::symbolizePriority(build.text("priority"))));
  return {route.getPlan(), route.getWeights()};
}

/// What the router makes of the items; noise may have a learned standard
/// deviation (arXiv 1701.06538, equation 4).
static RouterLogits logitsOf(NodeBuild &build, Value rows) {
  RouterLogits logits;
  logits.clean = logits.noisy = build.linear(rows, "router", 1);
  Value noise = build.noise();
  if (!noise)
    return logits;
  if (build.integer("learned_noise")) {
    logits.stds = moec::moe::SoftplusOp::create(
        build.b, build.loc, noise.getType(), build.linear(rows, "noise", 1));
    noise = build.mul(noise, logits.stds);
  }
  logits.noisy = build.add(logits.clean, noise);
  return logits;
}

static Value gatesOf(NodeBuild &build, Value logits) {
  if (build.text("gates") == "softmax")
    return build.softmax(logits, {1});
  return moec::moe::TopKSoftmaxOp::create(
      build.b, build.loc, logits.getType(), logits,
      build.b.getI64IntegerAttr(build.integer("k")));
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
  RouterLogits logits = logitsOf(build, rows);
  Value gates = gatesOf(build, logits.noisy);

  if (build.wants("experts"))
    build.tell("experts", build.meanShares(build.reshape(
                              gates, {whole[0], count / whole[0], experts})));
  if (!expertsChoose(build.text("router")))
    tellBalance(build, logits, gates);

  auto [plan, weights] = route(build, gates);
  if (build.wants("routing"))
    build.tell(
        "routing",
        build.reshape(moec::moe::RoutingStatisticsOp::create(
                          b, build.loc, build.type({7}), plan, gates,
                          expertsChoose(build.text("router")) ? b.getUnitAttr()
                                                              : UnitAttr()),
                      {1, 7}));
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
  Value out;
  if (build.text("expert") == "mlp")
    out = layer(build.drop(build.activate(layer(in, "fc1", hidden)), 2), "fc2",
                size);
  else
    out = build.linear(build.mul(build.activate(layer(in, "gate", hidden)),
                                 build.linear(in, "up", 1)),
                       "down", 1);
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
     AttrDef{"group_size", AttrDef::Kind::Size,
             "images whose items compete for places; a larger batch must be a "
             "multiple, a smaller one is one group; by default the batch where "
             "items choose, 1 where experts do"},
     AttrDef::size("hidden", "hidden width of an expert"),
     AttrDef::choice(
         "expert", {"mlp", "shared_glu"},
         "what an expert is: fc2(activation(fc1(x))), or "
         "down(activation(gate(x)) * up(x)) with down and up shared "
         "by all experts (arXiv 2407.17783)"),
     AttrDef::activation(),
     AttrDef::positive("capacity_factor", 1.2,
                       "in training an expert takes k * items * factor / "
                       "experts items of each group and drops the rest; if "
                       "experts choose, items * factor / experts, with 2 as "
                       "default"),
     AttrDef::positive("eval_capacity_factor", 2.0, "the same in inference"),
     AttrDef::choice("capacity_rounding", {"ceil", "round"},
                     "how that becomes an integer"),
     AttrDef::integer("capacity_multiple", 1,
                      "which is rounded up to a multiple of this"),
     AttrDef::choice("priority", {"position", "importance"},
                     "who is kept: the first, or those with the largest gate "
                     "(top_k)"),
     AttrDef::choice("gates", {"softmax", "top_k_softmax"},
                     "softmax over all experts, or over the k chosen ones "
                     "(top_k; arXiv 2106.05974, arXiv 1701.06538)"),
     AttrDef::bias("whether experts have biases"),
     AttrDef::flag("router_bias", false, "whether the router has a bias"),
     AttrDef::nonNegative("noise", 1.0,
                          "router noise in training, standard deviation times "
                          "the number of experts; where experts choose, 0 is "
                          "the default"),
     AttrDef::rate("dropout",
                   "share of the hidden elements of experts that training "
                   "drops, as the rate of 'dropout'",
                   /*required=*/false),
     AttrDef::flag("learned_noise", false,
                   "noise whose standard deviation is the softplus of a linear "
                   "layer of the item (top_k; arXiv 1701.06538, equation 4)"),
     AttrDef::choice("balance", {"cv_squared", "cv"},
                     "what the importance and load losses are of the sums of "
                     "experts: their squared coefficient of variation, or the "
                     "coefficient itself (top_k)")},
    check,
    build};
