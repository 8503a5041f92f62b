//===- Vit.cpp - Vision Transformer -------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Zoo/Family.h"

using namespace moec::zoo;

static std::string check(const Values &values) {
  std::string problem = checkImage(values);
  if (problem.empty())
    problem = checkHeads(values);
  if (problem.empty())
    problem = checkDrops(values);
  return problem.empty() ? checkPretraining(values) : problem;
}

static void build(const Values &values, Draft &draft) {
  bool classToken = values.word("pool") == "token";
  std::string tokens = draft.transformerTokens(classToken);
  tokens = draft.visibleTokens(tokens, classToken);
  draft.sizes({"hidden"});
  Json mlp = denseMlp(values, "norm2"), decoderMlp = mlp;
  if (double share = values.real("dropout"); share > 0) {
    // Of all tokens, and inside of MLPs too: the same parameters by the same
    // names, with a node between them.
    Json rate = {{"rate", share}};
    tokens = draft.add(node("tokens_dropout", "dropout", {tokens}, rate));
    draft.block("mlp",
                {node("fc1", "linear", {"x"}, {{"features", "hidden"}}),
                 node("activation", "activation", {"fc1"},
                      {{"form", values.word("activation")}}),
                 node("dropout", "dropout", {"activation"}, rate),
                 node("fc2", "linear", {"dropout"}, {{"features", "width"}})});
    mlp = node("mlp", "call", {"norm2"}, {{"block", "mlp"}});
  }
  draft.block("layer", transformerLayer(values, std::move(mlp)));
  tokens = draft.layers("stack", tokens, "layer", values.integer("layers"));
  if (pretrains(values, "mae")) {
    draft.sizes({"decoder-hidden"});
    decoderMlp["hidden"] = "decoder_hidden";
    Pretraining how;
    how.description =
        "That of the masked autoencoder paper (arXiv 2111.06377, appendix "
        "A.1): "
        "batches of 4096, Adam, 40 of 800 epochs of warm-up, a cosine. Left "
        "out: position embeddings that are sines and cosines";
    how.learningRate = 2.4e-3;
    draft.decode(tokens, classToken,
                 transformerLayer(decoderValues(values), std::move(decoderMlp)),
                 how);
    return;
  }
  draft.head(tokens, classToken);
  Recipe recipe = softMoeRecipe();
  recipe.description =
      "That of the dense models in the Soft MoE paper (arXiv 2308.00951): "
      "batches of 4096, Adam, clipping, a weight decay of 3 for the head";
  // Its authors find that this keeps training stable (section 4.3).
  recipe.frozenByMoco = "patches.*";
  draft.train(recipe);
}

/// Figures are of the paper's form: pooled, normalised, with JFT-4B's head.
static Entry entry(const char *name, int patch, int layers, int width,
                   int hidden, int heads, const char *parameters,
                   const char *gflop) {
  return {name,
          {{"patch", patch},
           {"layers", layers},
           {"width", width},
           {"hidden", hidden},
           {"heads", heads}},
          Published{parameters,
                    gflop,
                    {{"classes", 29593},
                     {"pool", "mean"},
                     {"qk-norm", "layer_norm_no_bias"}},
                    "arXiv 2308.00951, table 8"}};
}

const Family moec::zoo::vitFamily = {
    "vit",
    "Vision Transformer (arXiv 2010.11929)",
    "Sizes and the class token are those of the authors' code "
    "(google-research/vision_transformer). The published figures are of the "
    "dense models in the Soft MoE paper: no class token, normalised queries "
    "and keys, JFT-4B's 29,593 classes. That this norm has no bias is a "
    "reading (Flax' normalize_qk).",
    withCommon({{"patch", 16},
                {"layers", 12},
                {"width", 768},
                {"hidden", 3072},
                {"heads", 12},
                {"qkv", "separate"},
                {"qkv-bias", "yes"},
                {"qk-norm", "none"},
                {"pool", "token"},
                {"dropout", 0.0},
                {"drop-path", 0.0},
                {"pre-logits", 0},
                {"pretrain", "none"},
                {"projector-hidden", 4096},
                {"projector-width", 256},
                {"mask", 0.75},
                {"decoder-layers", 8},
                {"decoder-width", 512},
                {"decoder-hidden", 2048},
                {"decoder-heads", 16},
                {"epochs", 300}},
               softMoeTraining()),
    {entry("vit-s16", 16, 12, 384, 1536, 6, "33 M", "9.2"),
     entry("vit-b16", 16, 12, 768, 3072, 12, "108 M", "35.1"),
     entry("vit-l16", 16, 24, 1024, 4096, 16, "333 M", "122.9"),
     entry("vit-h14", 14, 32, 1280, 5120, 16, "669 M", "334.2")},
    check,
    build};
