//===- SparseMlp.cpp - Sparse-MLP ---------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Zoo/Family.h"

using namespace moec::zoo;

static std::string check(const Values &values) {
  if (values.integer("expert-layers") > values.integer("layers"))
    return values.flag("expert-layers") + " are more than " +
           values.flag("layers");
  for (std::string stage : {"s-", "c-"}) {
    int64_t experts = values.integer(stage + "experts");
    if (!experts && values.given(stage + "k"))
      return values.flag(stage + "k") + " has nothing to act on with " +
             values.flag(stage + "experts");
    if (experts && values.integer(stage + "k") > experts)
      return values.flag(stage + "k") + " is more than " +
             values.flag(stage + "experts");
  }
  std::string problem = checkImage(values);
  return problem.empty() ? checkPretraining(values) : problem;
}

/// What mixes channels where there are no experts over tokens.
static Json channelMlp(const Values &values, const std::string &input) {
  return node(
      "mlp", "mlp", {input},
      {{"hidden", "c_hidden"}, {"activation", values.word("activation")}});
}

/// The two layers with experts: MoE_S over channels, MoE_C over tokens.
static Json experts(const Values &values, const std::string &name,
                    const char *over, const std::string &input) {
  std::string stage = over == std::string("channels") ? "s" : "c";
  return node(name, "moe", {input},
              {{"over", over},
               {"experts", stage + "_experts"},
               {"k", values.integer(stage + "-k")},
               {"hidden", stage + "_hidden"},
               {"priority", values.word("priority")},
               {"noise", values.real("noise")},
               {"activation", values.word("activation")},
               {"capacity_factor", values.real("capacity-factor")},
               {"eval_capacity_factor", values.real("eval-capacity-factor")}});
}

/// Figure 2 and algorithm 1: skips around the two expert layers alone.
static Json sparseLayer(const Values &values) {
  Json norm = {{"eps", values.real("eps")}};
  auto represent = [&](const char *name, const char *input, const char *tokens,
                       const char *channels, const char *first) {
    return node(name, "re_represent", {input},
                {{"tokens", tokens},
                 {"channels", channels},
                 {"first", first},
                 {"activation", values.word("activation")},
                 {"eps", values.real("eps")}});
  };
  bool routed = values.integer("c-experts") > 0;
  return Json::array(
      {represent("wide", "x", "wide_tokens", "narrow_width", "tokens"),
       node("norm1", "layer_norm", {"wide"}, norm),
       experts(values, "moe_s", "channels", "norm1"),
       node("mid", "add", {"wide", "moe_s"}),
       node("norm2", "layer_norm", {"mid"}, norm),
       routed ? experts(values, "moe_c", "tokens", "norm2")
              : channelMlp(values, "norm2"),
       node("sum", "add", {"mid", routed ? "moe_c" : "mlp"}),
       represent("out", "sum", "tokens", "width", "channels")});
}

static void build(const Values &values, Draft &draft) {
  std::string tokens = draft.patches();
  draft.sizes({"token-hidden", "hidden", "wide-tokens", "narrow-width",
               "s-experts", "s-hidden"});
  if (values.integer("c-experts"))
    draft.sizes({"c-experts"});
  draft.sizes({"c-hidden"});
  int64_t sparse = values.integer("expert-layers");
  if (sparse < values.integer("layers"))
    draft.block("dense", mixerLayer(values));
  draft.block("sparse", sparseLayer(values));
  tokens =
      draft.layers("dense", tokens, "dense", values.integer("layers") - sparse);
  tokens = draft.layers("sparse", tokens, "sparse", sparse);
  draft.head(tokens, /*classToken=*/false);
  Recipe recipe;
  recipe.description =
      "Not the paper's, which pre-trains with MoCo v3 (--pretrain moco-v3) and "
      "gives no figures: a reading, MLP-Mixer's for ImageNet-1k from scratch "
      "(arXiv 2105.01601) "
      "with the balance losses of arXiv 2109.02008";
  recipe.loss = "softmax_cross_entropy";
  recipe.routerLosses = routerLosses(values, values.real("noise") > 0);
  recipe.routing = true;
  draft.train(recipe);
}

/// `with`: what the figure counts, since the table counts the head of
/// Mixer-S/16 (19 M) and leaves out that of Mixer-B/16 (59 M).
static Entry entry(const char *name, std::vector<Setting> sizes,
                   const char *figure, std::vector<Setting> with) {
  return {name, std::move(sizes),
          Published{figure, "", std::move(with), "arXiv 2109.02008, table 3"}};
}

const Family moec::zoo::sparseMlpFamily = {
    "sparse-mlp",
    "Sparse-MLP (arXiv 2109.02008)",
    "Mixer layers, then layers with experts over channels (MoE_S) and over "
    "tokens (MoE_C) between re-represent layers. Published: the form, 2 sparse "
    "layers of 12 with 8 and 4 experts in sparse-b, and k = 1 and 2. Readings: "
    "all hidden widths of experts, sparse-s and sparse-l as a whole, chosen "
    "such that parameters meet the published ones; the capacity factor (1.2), "
    "priority by the largest gate (for the paper's importance score, which is "
    "not defined in it), the batch as group.",
    withCommon({{"patch", 16},
                {"layers", 12},
                {"width", 768},
                {"hidden", 3072},
                {"token-hidden", 384},
                {"expert-layers", 2},
                {"wide-tokens", 392},
                {"narrow-width", 384},
                {"s-experts", 8},
                {"s-k", 1},
                {"s-hidden", 704},
                {"c-experts", 4},
                {"c-k", 2},
                {"c-hidden", 1536},
                {"priority", "importance"},
                {"noise", 1.0},
                {"capacity-factor", 1.2},
                {"eval-capacity-factor", 1.2},
                {"label-smoothing", 0.0},
                {"pretrain", "none"},
                {"projector-hidden", 4096},
                {"projector-width", 256},
                {"learning-rate", 1e-3},
                {"weight-decay", 0.1},
                {"warmup", 10000.0},
                {"epochs", 300},
                {"steps", 0}},
               routerLossOptions()),
    {entry("sparse-s",
           {{"layers", 8},
            {"width", 512},
            {"hidden", 2048},
            {"token-hidden", 256},
            {"narrow-width", 256},
            {"s-experts", 4},
            {"s-hidden", 768},
            {"c-experts", 0},
            {"c-hidden", 1024}},
           "21 M", {}),
     entry("sparse-b", {}, "69 M", {{"classes", 0}}),
     entry("sparse-l",
           {{"layers", 14},
            {"expert-layers", 6},
            {"s-experts", 16},
            {"s-hidden", 768}},
           "130 M", {{"classes", 0}})},
    check,
    build};
