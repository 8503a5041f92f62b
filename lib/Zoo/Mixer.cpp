//===- Mixer.cpp - MLP-Mixer --------------------------------------------===//
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
    problem = checkDrops(values);
  return problem.empty() ? checkPretraining(values) : problem;
}

static void build(const Values &values, Draft &draft) {
  std::string tokens = draft.patches();
  draft.sizes({"token-hidden", "hidden"});
  draft.block("mixer", mixerLayer(values));
  tokens = draft.layers("stack", tokens, "mixer", values.integer("layers"));
  draft.head(tokens, /*classToken=*/false);
  Recipe recipe;
  recipe.description =
      "ImageNet-1k from scratch, batches of 4096 (arXiv 2105.01601, section "
      "3.1): Adam, 10,000 steps of warm-up, linear decay, 300 epochs, "
      "clipping. A reading: learning rate and weight decay. The "
      "paper has dropout and stochastic depth (--dropout, --drop-path) and "
      "does "
      "not print their rates. Left out: RandAugment, mixup";
  recipe.loss = "softmax_cross_entropy";
  draft.train(recipe);
}

/// `figure`: parameters without the head.
static Entry entry(const char *name, int patch, int layers, int width,
                   int hidden, int tokenHidden, const char *figure) {
  return {name,
          {{"patch", patch},
           {"layers", layers},
           {"width", width},
           {"hidden", hidden},
           {"token-hidden", tokenHidden}},
          Published{figure, "", {{"classes", 0}}, "arXiv 2105.01601, table 1"}};
}

const Family moec::zoo::mixerFamily = {
    "mixer",
    "MLP-Mixer (arXiv 2105.01601)",
    "Layers and sizes are those of table 1, the forms of GELU and eps those of "
    "the authors' code (google-research/vision_transformer). Published "
    "parameters are without the head.",
    withCommon({{"patch", 16},
                {"layers", 12},
                {"width", 768},
                {"hidden", 3072},
                {"token-hidden", 384},
                {"dropout", 0.0},
                {"drop-path", 0.0},
                {"label-smoothing", 0.0},
                {"pretrain", "none"},
                {"projector-hidden", 4096},
                {"projector-width", 256},
                {"learning-rate", 1e-3},
                {"weight-decay", 0.1},
                {"warmup", 10000.0},
                {"epochs", 300},
                {"steps", 0}}),
    {entry("mixer-s32", 32, 8, 512, 2048, 256, "19 M"),
     entry("mixer-s16", 16, 8, 512, 2048, 256, "18 M"),
     entry("mixer-b32", 32, 12, 768, 3072, 384, "60 M"),
     entry("mixer-b16", 16, 12, 768, 3072, 384, "59 M"),
     entry("mixer-l32", 32, 24, 1024, 4096, 512, "206 M"),
     entry("mixer-l16", 16, 24, 1024, 4096, 512, "207 M"),
     entry("mixer-h14", 14, 32, 1280, 5120, 640, "431 M")},
    check,
    build};
