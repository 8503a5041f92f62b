//===- Mlit.cpp - Lightweight Vision Transformers -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Zoo/Family.h"

#include <cmath>

using namespace moec::zoo;

/// Experts come in three stages, each with one more than the one before.
static constexpr int64_t stages = 3;

static std::string check(const Values &values) {
  if (values.integer("heads") % values.integer("kv-heads"))
    return values.flag("kv-heads") + " does not divide " + values.flag("heads");
  if (values.integer("k") > values.integer("first-experts"))
    return values.flag("k") + " is more than " + values.flag("first-experts");
  std::string problem = checkImage(values);
  if (problem.empty())
    problem = checkHeads(values);
  if (problem.empty())
    problem = checkDrops(values);
  return problem.empty() ? checkPretraining(values) : problem;
}

/// From `hidden` in the first layer in a straight line, rounded to the nearest
/// integers, to `last-hidden` in the last.
static Json hiddenWidths(const Values &values) {
  int64_t layers = values.integer("layers");
  int64_t first = values.integer("hidden"),
          last = values.integer("last-hidden");
  Json widths = Json::array();
  for (int64_t i = 0; i < layers; ++i) {
    double left = layers == 1 ? 1 : double(layers - 1 - i) / (layers - 1);
    widths.push_back(int64_t(std::lround(last + left * (first - last))));
  }
  return widths;
}

static Json expertCounts(const Values &values) {
  int64_t layers = values.integer("layers");
  Json counts = Json::array();
  for (int64_t i = 0; i < layers; ++i)
    counts.push_back(values.integer("first-experts") + i * stages / layers);
  return counts;
}

static void build(const Values &values, Draft &draft) {
  std::string tokens = draft.transformerTokens(/*classToken=*/true);
  tokens = draft.visibleTokens(tokens, /*classToken=*/true);
  bool noise = values.word("router-noise") == "learned";
  // Nothing is dropped: the capacity is for all items.
  auto experts = [&](const Json &count, const Json &hidden, int64_t most) {
    Json attributes = {{"experts", count},
                       {"k", values.integer("k")},
                       {"hidden", hidden},
                       {"expert", "shared_glu"},
                       {"activation", values.word("activation")},
                       {"gates", "top_k_softmax"},
                       {"router_bias", true}};
    // What is not said to be learned has a deviation of 1 / experts.
    if (noise)
      attributes["learned_noise"] = true;
    else
      attributes["noise"] = 0.0;
    attributes.update({{"balance", "cv"},
                       {"capacity_factor", most},
                       {"eval_capacity_factor", most}});
    return node("mlp", "moe", {"norm2"}, attributes);
  };
  int64_t fewest = values.integer("first-experts");
  Json losses =
      routerLosses(values, /*load=*/noise && values.integer("k") < fewest);
  draft.block("layer",
              transformerLayer(
                  values, experts("experts", "hidden", fewest + stages - 1),
                  Dropout::Mlp),
              {"hidden", "experts"});
  tokens = draft.add(node("stack", "repeat", {tokens},
                          {{"block", "layer"},
                           {"sizes",
                            {{"hidden", hiddenWidths(values)},
                             {"experts", expertCounts(values)}}}}));
  if (pretrains(values, "mae")) {
    draft.sizes({"decoder-hidden"});
    Pretraining how;
    how.description =
        "A reading: a decoder and a loss as in a re-implementation, where "
        "patches that were seen count for a tenth, and the optimizer of masked "
        "autoencoders (arXiv 2111.06377)";
    how.learningRate = values.real("learning-rate");
    how.clipNorm = 1;
    how.visibleWeight = 0.1;
    how.routerLosses = losses;
    how.routing = true;
    draft.decode(tokens, /*classToken=*/true,
                 transformerLayer(decoderValues(values),
                                  experts(fewest, "decoder_hidden", fewest),
                                  Dropout::Mlp),
                 how);
    return;
  }
  draft.head(tokens, /*classToken=*/true);
  Recipe recipe;
  recipe.description =
      "A reading, since the paper's recipe is not published where we could "
      "look: Adam with a cosine, and the balance losses of a "
      "re-implementation. Left out: pre-training (--pretrain mae)";
  recipe.loss = "softmax_cross_entropy";
  recipe.routerLosses = losses;
  recipe.routing = true;
  recipe.schedule = {{"op", "warmup_cosine"}};
  draft.train(recipe);
}

static Entry entry(const char *name, int layers, int width, int hidden,
                   int lastHidden, int heads, int kvHeads,
                   std::optional<Published> published) {
  return {name,
          {{"layers", layers},
           {"width", width},
           {"hidden", hidden},
           {"last-hidden", lastHidden},
           {"heads", heads},
           {"kv-heads", kvHeads}},
          std::move(published)};
}

const Family moec::zoo::mlitFamily = {
    "mlit",
    "mLiT (arXiv 2407.17783)",
    "A small Vision Transformer for 36 x 36 images: grouped-query attention, "
    "experts (SiLU(x W) * (x V)) W2 with V and W2 shared by the experts of a "
    "layer, 3, 4 and 5 of them by stage, hidden widths that shrink with depth. "
    "Published: this form and the size of mlit-xxs. Readings: all widths, "
    "which are those of a re-implementation, but rounded where that cuts off "
    "(0.67 M, as published); dropout behind the layer of experts; two "
    "experts an item by a softmax over the chosen, a router with a bias and "
    "learned noise; eps; heads of a group side by side; the whole recipe.",
    {{"image", 36},
     {"channels", 3},
     {"classes", 100},
     {"pixels", "signed"},
     {"activation", "silu"},
     {"eps", 1e-6},
     {"patch", 3},
     {"layers", 9},
     {"width", 108},
     {"hidden", 81},
     {"last-hidden", 27},
     {"heads", 6},
     {"kv-heads", 3},
     {"qk-norm", "none"},
     {"first-experts", 3},
     {"k", 2},
     {"router-noise", "learned"},
     {"dropout", 0.1},
     {"drop-path", 0.0},
     {"label-smoothing", 0.0},
     {"balance-weight", 0.005},
     {"switch-weight", 0.0},
     {"router-z-weight", 0.0},
     {"pretrain", "none"},
     {"mask", 0.75},
     {"decoder-layers", 2},
     {"decoder-width", 108},
     {"decoder-hidden", 54},
     {"decoder-heads", 6},
     {"learning-rate", 1e-3},
     {"weight-decay", 0.05},
     {"warmup", 0.05},
     {"epochs", 300},
     {"steps", 0}},
    {entry("mlit-s", 15, 144, 144, 72, 8, 4, std::nullopt),
     entry("mlit-xs", 12, 128, 96, 32, 8, 4, std::nullopt),
     entry("mlit-xxs", 9, 108, 81, 27, 6, 3,
           Published{"0.67 M", "", {}, "arXiv 2407.17783, abstract"})},
    check,
    build};
