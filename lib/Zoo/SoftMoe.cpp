//===- SoftMoe.cpp - Soft MoE -------------------------------------------===//
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
  std::string problem = checkImage(values);
  return problem.empty() ? checkHeads(values) : problem;
}

static void build(const Values &values, Draft &draft) {
  bool classToken = values.word("pool") == "token";
  std::string tokens = draft.transformerTokens(classToken);
  draft.sizes({"hidden", "experts", "slots"});
  int64_t soft = values.integer("expert-layers");
  if (soft < values.integer("layers"))
    draft.block("dense", transformerLayer(values, denseMlp(values, "norm2")));
  draft.block(
      "soft",
      transformerLayer(values, node("moe", "soft_moe", {"norm2"},
                                    {{"experts", "experts"},
                                     {"slots", "slots"},
                                     {"hidden", "hidden"},
                                     {"activation", values.word("activation")},
                                     {"eps", values.real("eps")},
                                     {"dispatch", values.word("dispatch")},
                                     {"combine", values.word("combine")}})));
  tokens =
      draft.layers("dense", tokens, "dense", values.integer("layers") - soft);
  tokens = draft.layers("soft", tokens, "soft", soft);
  draft.startAlike("moe");
  draft.head(tokens, classToken);
  Recipe recipe = softMoeRecipe();
  recipe.description =
      "JFT-4B, batches of 4096 (arXiv 2308.00951 and the authors' "
      "configuration): Adam, clipping, a weight decay of 3 for the head";
  if (values.word("dispatch") == "soft" || values.word("combine") == "soft") {
    recipe.description += "; scale decays, phi does not";
    recipe.groups.push_back({{"match", "*.moe.phi"}, {"decay", false}});
    recipe.groups.push_back({{"match", "*.moe.scale"}, {"decay", true}});
  }
  draft.train(recipe);
}

static Entry entry(const char *name, int patch, int layers, int width,
                   int hidden, int heads, int experts, int expertLayers,
                   const char *parameters, const char *gflop) {
  return {name,
          {{"patch", patch},
           {"layers", layers},
           {"width", width},
           {"hidden", hidden},
           {"heads", heads},
           {"experts", experts},
           {"expert-layers", expertLayers}},
          Published{parameters,
                    gflop,
                    {{"classes", 29593}},
                    "arXiv 2308.00951, table 8"}};
}

const Family moec::zoo::softMoeFamily = {
    "soft-moe",
    "Soft MoE (arXiv 2308.00951)",
    "A Vision Transformer whose last half of layers has soft experts, one slot "
    "each; no class token. Sizes are those of the paper and of the authors' "
    "code (google-research/vmoe). Published figures are with JFT-4B's 29,593 "
    "classes. That the norm of queries and keys has no bias is a reading "
    "(Flax' normalize_qk); eps stands inside of the root, as in the code.",
    withCommon({{"patch", 16},
                {"layers", 12},
                {"width", 768},
                {"hidden", 3072},
                {"heads", 12},
                {"qk-norm", "layer_norm_no_bias"},
                {"pool", "mean"},
                {"experts", 128},
                {"expert-layers", 6},
                {"slots", 1},
                {"dispatch", "soft"},
                {"combine", "soft"},
                {"epochs", 300}},
               softMoeTraining()),
    {entry("soft-moe-s16", 16, 12, 384, 1536, 6, 128, 6, "933 M", "8.6"),
     entry("soft-moe-s14-256e", 14, 12, 384, 1536, 6, 256, 6, "1.8 B", "13.2"),
     entry("soft-moe-b16", 16, 12, 768, 3072, 12, 128, 6, "3.7 B", "32.0"),
     entry("soft-moe-l16", 16, 24, 1024, 4096, 16, 128, 12, "13.1 B", "111.1"),
     entry("soft-moe-h14", 14, 32, 1280, 5120, 16, 128, 16, "27.3 B", "284.6"),
     entry("soft-moe-h14-256e", 14, 32, 1280, 5120, 16, 256, 16, "54.1 B",
           "342.4")},
    check,
    build};
