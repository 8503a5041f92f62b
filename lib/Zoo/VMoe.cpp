//===- VMoe.cpp - V-MoE, and experts that choose ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The layers are dense ones, then periods of every - 1 dense layers and one
// with experts, then what is left of dense ones: V-MoE's "every n" is all
// periods, its "last n" the last n periods of 2.
//
//===----------------------------------------------------------------------===//

#include "lib/Zoo/Family.h"

#include <algorithm>
#include <fmt/format.h>

using namespace moec::zoo;

static std::string check(const Values &values) {
  int64_t most = values.integer("layers") / values.integer("every");
  if (values.integer("expert-layers") > most)
    return fmt::format("{} are more than the {} that there are with {} and {}",
                       values.flag("expert-layers"), most,
                       values.flag("layers"), values.flag("every"));
  bool choose = values.word("router") == "expert_choice";
  if (!choose && values.integer("k") > values.integer("experts"))
    return fmt::format("{} is more than {}", values.flag("k"),
                       values.flag("experts"));
  for (const char *name :
       {"k", "priority", "balance-weight", "switch-weight", "router-z-weight"})
    if (values.given(name) && choose)
      return fmt::format("{} has nothing to act on with {}", values.flag(name),
                         values.flag("router"));
  std::string problem = checkImage(values);
  return problem.empty() ? checkHeads(values) : problem;
}

static Json expertMlp(const Values &values) {
  Json router = {{"experts", "experts"}, {"router", values.word("router")}};
  if (values.word("router") == "top_k")
    router.update(
        {{"k", values.integer("k")}, {"priority", values.word("priority")}});
  router["group_size"] = values.integer("group-size");
  if (values.integer("capacity-multiple") > 1)
    router["capacity_multiple"] = values.integer("capacity-multiple");
  if (values.word("capacity-rounding") != "ceil")
    router["capacity_rounding"] = values.word("capacity-rounding");
  router.update(
      {{"noise", values.real("noise")},
       {"hidden", "hidden"},
       {"activation", values.word("activation")},
       {"capacity_factor", values.real("capacity-factor")},
       {"eval_capacity_factor", values.real("eval-capacity-factor")}});
  return node("moe", "moe", {"norm2"}, router);
}

/// `every` - 1 dense layers, then one with experts.
static Json period(int64_t every) {
  Json nodes = Json::array();
  std::string last = "x";
  for (int64_t i = 1; i < every; ++i) {
    std::string name = every == 2 ? "dense" : fmt::format("dense{}", i);
    nodes.push_back(node(name, "call", {last}, {{"block", "dense"}}));
    last = name;
  }
  nodes.push_back(node("sparse", "call", {last}, {{"block", "sparse"}}));
  return nodes;
}

static Recipe recipeOf(const Values &values) {
  Recipe recipe;
  recipe.description =
      "300 epochs of ImageNet-21k in batches of 4096, for v-moe-s32-8e of "
      "ImageNet-1k in batches of 8192 (the authors' configurations): Adam, "
      "clipping, 10,000 steps of warm-up, linear decay to 1e-5. Left out: "
      "RandAugment, mixup, dropout of experts";
  recipe.loss = "sigmoid_cross_entropy";
  recipe.schedule["final"] = std::min(1.0, 1e-5 / values.real("learning-rate"));
  // The Soft MoE paper's baselines are those without a class token.
  if (values.word("pool") == "mean") {
    recipe = softMoeRecipe();
    recipe.description =
        "That of Soft MoE's baselines (arXiv 2308.00951): JFT-4B, batches of "
        "4096, Adam, clipping, a weight decay of 3 for the head";
  }
  recipe.routing = true;
  if (values.word("router") != "expert_choice")
    recipe.routerLosses = routerLosses(values, values.real("noise") > 0);
  return recipe;
}

static void build(const Values &values, Draft &draft) {
  int64_t layers = values.integer("layers"), every = values.integer("every");
  int64_t expertLayers = values.integer("expert-layers");
  int64_t after = layers % every;
  int64_t before = layers - after - expertLayers * every;
  bool classToken = values.word("pool") == "token";
  std::string tokens = draft.transformerTokens(classToken);
  draft.sizes({"hidden", "experts"});
  if (expertLayers < layers)
    draft.block("dense", transformerLayer(values, denseMlp(values, "norm2")));
  draft.block("sparse", transformerLayer(values, expertMlp(values)));
  if (every > 1)
    draft.block("period", period(every));
  tokens = draft.layers("dense", tokens, "dense", before);
  tokens = draft.layers("stack", tokens, every > 1 ? "period" : "sparse",
                        expertLayers);
  tokens = draft.layers("last", tokens, "dense", after);
  draft.startAlike("moe");
  draft.head(tokens, classToken);
  draft.train(recipeOf(values));
}

static std::vector<Setting> sizes(int patch, int layers, int width, int hidden,
                                  int heads) {
  return {{"patch", patch},
          {"layers", layers},
          {"width", width},
          {"hidden", hidden},
          {"heads", heads}};
}

static std::vector<Setting> join(std::vector<Setting> a,
                                 const std::vector<Setting> &b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// V-MoE with experts in every second layer.
static Entry vMoe(const char *name, std::vector<Setting> sizes,
                  int expertLayers, double learningRate) {
  return {name,
          join(std::move(sizes), {{"expert-layers", expertLayers},
                                  {"learning-rate", learningRate}}),
          std::nullopt};
}

/// The Soft MoE paper's form of a Transformer: pooled, normalised queries and
/// keys, experts in the last half of the layers.
static std::vector<Setting> lastHalf(std::vector<Setting> sizes, int layers,
                                     int experts) {
  return join(join(std::move(sizes), {{"experts", experts},
                                      {"every", 1},
                                      {"expert-layers", layers},
                                      {"qk-norm", "layer_norm_no_bias"},
                                      {"pool", "mean"},
                                      {"capacity-rounding", "round"},
                                      {"capacity-multiple", 1}}),
              softMoeTraining());
}

static Entry choosing(const char *name, std::vector<Setting> sizes, int layers,
                      int experts) {
  return {name,
          join(lastHalf(std::move(sizes), layers, experts),
               {{"router", "expert_choice"},
                {"group-size", 1},
                {"capacity-factor", 1.0},
                {"eval-capacity-factor", 1.0}}),
          std::nullopt};
}

static std::vector<Entry> entries() {
  Entry largest = vMoe("v-moe-15b", sizes(14, 48, 1408, 6400, 16), 24, 3e-4);
  largest.published = Published{
      "14.7 B", "", {}, "arXiv 2106.05974, as a secondary source tells"};
  Entry released = vMoe("v-moe-s32-8e", sizes(32, 8, 512, 2048, 8), 2, 3e-3);
  released.settings = join(
      std::move(released.settings),
      {{"experts", 8}, {"eval-capacity-factor", 4.0}, {"pre-logits", 512}});
  Entry releasedBase =
      vMoe("v-moe-b16-8e", sizes(16, 12, 768, 3072, 12), 6, 8e-4);
  releasedBase.settings.push_back({"experts", 8});
  Entry tokensChoose = {"v-moe-s16-32e",
                        join(lastHalf(sizes(16, 12, 384, 1536, 6), 6, 32),
                             {{"k", 1},
                              {"priority", "importance"},
                              {"capacity-factor", 1.0},
                              {"eval-capacity-factor", 1.0}}),
                        std::nullopt};
  return {
      vMoe("v-moe-s32", sizes(32, 8, 512, 2048, 8), 4, 1e-3),
      vMoe("v-moe-b32", sizes(32, 12, 768, 3072, 12), 6, 8e-4),
      vMoe("v-moe-b16", sizes(16, 12, 768, 3072, 12), 6, 8e-4),
      vMoe("v-moe-l32", sizes(32, 24, 1024, 4096, 16), 12, 6e-4),
      vMoe("v-moe-l16", sizes(16, 24, 1024, 4096, 16), 12, 4e-4),
      vMoe("v-moe-h14", sizes(14, 32, 1280, 5120, 16), 16, 3e-4),
      largest,
      released,
      releasedBase,
      tokensChoose,
      choosing("expert-choice-s16", sizes(16, 12, 384, 1536, 6), 6, 128),
      choosing("expert-choice-s14-256e", sizes(14, 12, 384, 1536, 6), 6, 256),
      choosing("expert-choice-b16", sizes(16, 12, 768, 3072, 12), 6, 128),
      choosing("expert-choice-l16", sizes(16, 24, 1024, 4096, 16), 12, 128),
      choosing("expert-choice-h14-256e", sizes(14, 32, 1280, 5120, 16), 16,
               256)};
}

const Family moec::zoo::vMoeFamily = {
    "v-moe",
    "V-MoE (arXiv 2106.05974), and experts that choose",
    "A Vision Transformer with sparse experts. v-moe-s32 to v-moe-15b have "
    "experts in every second layer; 32 of them is a reading for all but "
    "v-moe-15b, whose published size 32 meets, and its 16 heads are one. "
    "v-moe-s32-8e (the last 2 odd layers) and v-moe-b16-8e are models whose "
    "weights were released (google-research/vmoe); the first one has a tanh "
    "layer ahead of its head. v-moe-s16-32e and expert-choice-* are baselines "
    "of the Soft MoE paper, with its form of a Transformer; where the experts "
    "of v-moe-s16-32e stand is a reading. Items compete within groups of 8 "
    "images, or, in expert-choice-*, an image; a batch is a multiple of that, "
    "or one smaller group.",
    withCommon({{"patch", 16},
                {"layers", 12},
                {"width", 768},
                {"hidden", 3072},
                {"heads", 12},
                {"qk-norm", "none"},
                {"pool", "token"},
                {"pre-logits", 0},
                {"experts", 32},
                {"expert-layers", 6},
                {"every", 2},
                {"router", "top_k"},
                {"k", 2},
                {"priority", "position"},
                {"noise", 1.0},
                {"group-size", 8},
                {"capacity-factor", 1.05},
                {"eval-capacity-factor", 1.05},
                {"capacity-rounding", "ceil"},
                {"capacity-multiple", 4},
                {"learning-rate", 1e-3},
                {"weight-decay", 0.1},
                {"warmup", 10000.0},
                {"epochs", 300},
                {"steps", 0}},
               routerLossOptions()),
    entries(),
    check,
    build};
