//===- Autoencoder.cpp - Masked autoencoders ------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Masked autoencoders (arXiv 2111.06377) of families whose tokens carry their
// positions. The encoder's variables are called as those of the model that it
// pre-trains, all others begin with "decoder".
//
//===----------------------------------------------------------------------===//

#include "lib/Zoo/Family.h"

#include <fmt/format.h>

using namespace moec::zoo;

static int64_t patchesOf(const Values &values) {
  int64_t side = values.integer("image") / values.integer("patch");
  return side * side;
}

/// As the authors' code counts them.
static int64_t visibleOf(const Values &values) {
  return int64_t(double(patchesOf(values)) * (1 - values.real("mask")));
}

Values moec::zoo::decoderValues(const Values &values) {
  Values own = values;
  int64_t heads = values.integer("decoder-heads");
  own.set({"heads", heads}, false);
  // As many queries share a head of the keys.
  if (values.has("kv-heads"))
    own.set({"kv-heads",
             heads * values.integer("kv-heads") / values.integer("heads")},
            false);
  return own;
}

std::string moec::zoo::checkAutoencoder(const Values &values) {
  int64_t visible = visibleOf(values);
  if (visible < 1 || visible >= patchesOf(values))
    return fmt::format("{} leaves {} of {} patches to see", values.flag("mask"),
                       visible, patchesOf(values));
  if (values.integer("decoder-width") % values.integer("decoder-heads"))
    return values.flag("decoder-heads") + " does not divide " +
           values.flag("decoder-width");
  if (values.has("kv-heads") && values.integer("decoder-heads") *
                                    values.integer("kv-heads") %
                                    values.integer("heads"))
    return values.flag("decoder-heads") + " are no groups of " +
           values.flag("heads") + " with " + values.flag("kv-heads");
  return "";
}

std::string Draft::visibleTokens(const std::string &tokens, bool classToken) {
  if (!pretrains(values, "mae"))
    return tokens;
  size("visible", visibleOf(values));
  size("tokens", visibleOf(values) + classToken);
  std::string others = tokens;
  if (classToken) {
    add(node("first", "slice", {tokens}, {{"size", 1}}));
    others = add(node("others", "slice", {tokens},
                      {{"begin", 1}, {"size", patchesOf(values)}}));
  }
  add(node("order", "random_order", {others}, {{"evaluation_seed", 1}}));
  std::string visible = add(node("visible", "gather_tokens", {others, "order"},
                                 {{"size", "visible"}}));
  return classToken ? add(node("seen", "concat", {"first", visible})) : visible;
}

void Draft::decode(const std::string &input, bool classToken, Json own,
                   const Pretraining &how) {
  Json norm = {{"eps", values.real("eps")}};
  int64_t patches = patchesOf(values), patch = values.integer("patch");
  size("decoder_tokens", patches + classToken);
  sizes({"decoder-width"});
  add(node("norm", "layer_norm", {input}, norm));
  std::string last = add(node("decoder_embed", "linear", {"norm"},
                              {{"features", "decoder_width"}}));
  // The class token is not masked, and not predicted.
  if (classToken) {
    add(node("decoder_first", "slice", {last}, {{"size", 1}}));
    last = add(node("decoder_visible", "slice", {last},
                    {{"begin", 1}, {"size", "visible"}}));
  }
  last = add(node("decoder_mask", "restore_tokens", {last, "order"}));
  if (classToken)
    last = add(node("decoder_all", "concat", {"decoder_first", last}));
  last = add(node("decoder_tokens", "position_embedding", {last}));
  block("decoder_layer", std::move(own), {}, "decoder_");
  last = layers("decoder", last, "decoder_layer",
                values.integer("decoder-layers"));
  last = add(node("decoder_norm", "layer_norm", {last}, norm));
  if (classToken)
    last = add(node("decoder_patches", "slice", {last},
                    {{"begin", 1}, {"size", patches}}));
  int64_t features = patch * patch * values.integer("channels");
  add(node("decoder_pixels", "linear", {last}, {{"features", features}}));
  outputs.push_back("decoder_pixels");

  Json error = {{"visible", "visible"}};
  if (how.visibleWeight != 0)
    error["visible_weight"] = how.visibleWeight;
  auto real = [&](const char *name, double otherwise) {
    return values.given(name) ? values.real(name) : otherwise;
  };
  bool inSteps = values.given("steps") && values.integer("steps");
  training = {
      {"description", how.description},
      {"nodes",
       {node("values", "patchify", {"pixels"}, {{"patch", patch}}),
        node("target", "layer_norm", {"values"},
             {{"affine", false}, {"eps", 1e-6}}),
        node("error", "masked_squared_error",
             {"decoder_pixels", "target", "order"}, error)}},
      {"loss", lossWith("error", how.routerLosses)},
      {"optimizer",
       {{"op", "adamw"},
        {"learning_rate", real("learning-rate", how.learningRate)},
        {"beta2", 0.95},
        {"weight_decay", real("weight-decay", 0.05)}}},
      {"schedule", {{"op", "warmup_cosine"}, {"warmup", real("warmup", 0.05)}}},
      {"clip_norm", how.clipNorm},
      {inSteps ? "steps" : "epochs", inSteps ? values.integer("steps")
                                     : values.given("epochs")
                                         ? values.integer("epochs")
                                         : 800},
      {"seed", 1}};
  if (how.routing)
    training["routing_statistics"] = true;
}
