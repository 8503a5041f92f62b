//===- Draft.cpp - A model that is being written --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Zoo/Family.h"

#include <algorithm>
#include <cmath>

using namespace moec::zoo;

Json moec::zoo::node(const std::string &name, const std::string &op,
                     const std::vector<std::string> &inputs,
                     const Json &attributes) {
  Json result = {{"name", name}, {"op", op}, {"inputs", inputs}};
  result.update(attributes);
  return result;
}

void Draft::size(const std::string &name, int64_t value) { dims[name] = value; }

void Draft::sizes(std::initializer_list<const char *> options) {
  for (std::string name : options) {
    int64_t value = values.integer(name);
    std::replace(name.begin(), name.end(), '-', '_');
    size(name, value);
  }
}

void Draft::block(const std::string &name, Json own,
                  const std::vector<std::string> &sizes,
                  const std::string &prefix) {
  std::string last = own.back()["name"];
  Json block = Json::object();
  if (!sizes.empty())
    block["sizes"] = sizes;
  block["inputs"] = {{"x", {"batch", prefix + "tokens", prefix + "width"}}};
  block["nodes"] = std::move(own);
  block["outputs"] = Json::array({last});
  blocks[name] = std::move(block);
}

std::string Draft::add(Json node) {
  nodes.push_back(std::move(node));
  return nodes.back()["name"];
}

Json Draft::pixelValues() const {
  // Published pixels of ImageNet are normalised by channel; -1 .. 1 is what
  // the code of the ViT, Mixer and V-MoE papers feeds (value_range(-1, 1)).
  if (values.word("pixels") == "imagenet")
    return {{"mean", {0.485, 0.456, 0.406}}, {"std", {0.229, 0.224, 0.225}}};
  return {{"mean", 0.5}, {"std", 0.5}};
}

std::string Draft::patches() {
  int64_t side = values.integer("image") / values.integer("patch");
  sizes({"image", "channels"});
  size("tokens", side * side);
  sizes({"width"});
  // Patches are cut outside of an encoder, which takes tokens.
  if (pretrains(values, "moco-v3"))
    return add(node("patches", "linear", {"x"}, {{"features", "width"}}));
  add(node("pixels", "normalize", {"image"}, pixelValues()));
  return add(node("patches", "patch_embed", {"pixels"},
                  {{"patch", values.integer("patch")}, {"width", "width"}}));
}

std::string Draft::transformerTokens(bool classToken) {
  std::string tokens = patches();
  if (classToken) {
    size("tokens", dims["tokens"].get<int64_t>() + 1);
    tokens = add(node("class", "class_token", {tokens}));
    inits.push_back({{"match", "class.weight"}, {"op", "zeros"}});
  }
  return add(node("tokens", "position_embedding", {tokens}));
}

std::string Draft::layers(const std::string &name, const std::string &input,
                          const std::string &block, int64_t count) {
  if (count == 0)
    return input;
  return add(
      node(name, "repeat", {input}, {{"block", block}, {"count", count}}));
}

void Draft::startAlike(const std::string &node) {
  start({{"match", {"*." + node + ".fc1.weight", "*." + node + ".fc2.weight"}},
         {"op", "default"},
         {"alike", true}});
}

void Draft::head(const std::string &input, bool classToken) {
  std::string last =
      add(node("norm", "layer_norm", {input}, {{"eps", values.real("eps")}}));
  // The first token alone, then the mean over that one.
  if (classToken)
    last = add(node("first", "slice", {last}, {{"size", 1}}));
  last = add(node("features", "mean", {last}));
  if (classifies()) {
    if (values.has("pre-logits") && values.integer("pre-logits")) {
      add(node("pre_logits", "linear", {last},
               {{"features", values.integer("pre-logits")}}));
      last = add(node("representation", "activation", {"pre_logits"},
                      {{"form", "tanh"}}));
    }
    sizes({"classes"});
    last = add(node("logits", "linear", {last}, {{"features", "classes"}}));
    inits.push_back({{"match", "logits.weight"}, {"op", "zeros"}});
  }
  outputs.push_back(last);
}

void Draft::train(const Recipe &recipe) {
  if (pretrains(values, "moco-v3"))
    return pretrainMoco(recipe);
  if (!classifies())
    return;
  Json entropy = Json::object();
  if (double share =
          values.has("label-smoothing") ? values.real("label-smoothing") : 0;
      share > 0)
    entropy["label_smoothing"] = share;
  Json optimizer = {{"op", "adamw"},
                    {"learning_rate", values.real("learning-rate")},
                    {"beta2", 0.999},
                    {"weight_decay", values.real("weight-decay")}};
  if (!recipe.groups.empty())
    optimizer["groups"] = recipe.groups;
  Json schedule = recipe.schedule;
  schedule["warmup"] = values.real("warmup");
  // Each class begins with the probability 1 / classes.
  if (recipe.loss == "sigmoid_cross_entropy")
    inits.push_back({{"match", "logits.bias"},
                     {"op", "constant"},
                     {"value", -std::log(double(values.integer("classes")))}});
  bool inSteps = values.integer("steps") && !values.given("epochs");
  const char *length = inSteps ? "steps" : "epochs";
  training = {{"description", recipe.description},
              {"nodes", Json::array({node("ce", recipe.loss,
                                          {"logits", "label"}, entropy)})},
              {"loss", lossWith("ce", recipe.routerLosses)},
              {"optimizer", optimizer},
              {"schedule", schedule},
              {"clip_norm", 1},
              {length, values.integer(length)},
              {"seed", 1}};
  if (recipe.routing)
    training["routing_statistics"] = true;
}

Json Draft::finish(const std::string &name, const std::string &description) {
  Json image = {{"shape", {"batch", "image", "image", "channels"}},
                {"dtype", "u8"}};
  Json inputs = {{"image", image}};
  for (const std::string &field : fields)
    inputs[field] = image;
  if (!training.is_null() && classifies())
    inputs["label"] = {{"shape", Json::array({"batch"})}, {"dtype", "i32"}};
  Json model = {{"format", "moec.model/2"},    {"name", name},
                {"description", description},  {"dims", std::move(dims)},
                {"inputs", std::move(inputs)}, {"blocks", std::move(blocks)},
                {"nodes", std::move(nodes)},   {"outputs", std::move(outputs)}};
  if (!inits.empty())
    model["init"] = std::move(inits);
  if (!training.is_null())
    model["training"] = std::move(training);
  return model;
}

//===----------------------------------------------------------------------===//
// Recipes
//===----------------------------------------------------------------------===//

Recipe moec::zoo::softMoeRecipe() {
  Recipe recipe;
  recipe.loss = "sigmoid_cross_entropy";
  recipe.schedule = {
      {"op", "warmup_rsqrt"}, {"timescale", 10000}, {"cooldown", 50000}};
  recipe.groups =
      Json::array({{{"match", "logits.weight"}, {"weight_decay", 3.0}}});
  return recipe;
}

std::vector<Setting> moec::zoo::routerLossOptions() {
  return {{"balance-weight", 0.005},
          {"switch-weight", 0.0},
          {"router-z-weight", 0.0}};
}

Json moec::zoo::routerLosses(const Values &values, bool load) {
  Json parts = Json::array();
  auto add = [&](const char *option, const Json &patterns) {
    if (double weight = values.real(option); weight > 0)
      parts.push_back({{"of", patterns}, {"weight", weight}});
  };
  Json balance = Json::array({"*.importance"});
  if (load)
    balance.push_back("*.load");
  add("balance-weight", balance);
  add("switch-weight", Json::array({"*.switch"}));
  add("router-z-weight", Json::array({"*.router_z"}));
  return parts;
}

Json moec::zoo::lossWith(const std::string &node, const Json &routerLosses) {
  if (routerLosses.empty())
    return node;
  Json parts = Json::array({node});
  parts.insert(parts.end(), routerLosses.begin(), routerLosses.end());
  return parts;
}

std::vector<Setting> moec::zoo::softMoeTraining() {
  return {{"learning-rate", 1e-3},
          {"weight-decay", 0.03},
          {"warmup", 10000.0},
          {"steps", 4000000}};
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

Json moec::zoo::denseMlp(const Values &values, const std::string &input) {
  return node(
      "mlp", "mlp", {input},
      {{"hidden", "hidden"}, {"activation", values.word("activation")}});
}

/// Adds what training drops of a branch whose last node is `branch`; the last
/// node then.
static std::string drop(const Values &values, Json &nodes, std::string branch,
                        bool elements) {
  auto rate = [&](const char *name) {
    return values.has(name) ? values.real(name) : 0;
  };
  std::string last = branch;
  auto add = [&](const char *suffix, const char *op, const Json &share) {
    nodes.push_back(node(branch + suffix, op, {last}, {{"rate", share}}));
    last = branch + suffix;
  };
  if (double share = rate("dropout"); share > 0 && elements)
    add("_dropout", "dropout", share);
  if (double share = rate("drop-path"); share > 0)
    add("_path", "drop_path", Json::array({0, share}));
  return last;
}

Json moec::zoo::transformerLayer(const Values &values, Json mlp,
                                 Dropout where) {
  Json norm = {{"eps", values.real("eps")}};
  Json attention = {{"heads", values.integer("heads")}};
  if (values.has("kv-heads"))
    attention["kv_heads"] = values.integer("kv-heads");
  if (values.has("qkv") && values.word("qkv") != "separate")
    attention["qkv"] = values.word("qkv");
  if (values.has("qkv-bias") && values.word("qkv-bias") == "no")
    attention["qkv_bias"] = false;
  if (values.word("qk-norm") != "none") {
    attention["qk_norm"] = values.word("qk-norm");
    attention.update(norm);
  }
  std::string second = mlp["name"];
  Json nodes =
      Json::array({node("norm1", "layer_norm", {"x"}, norm),
                   node("attention", "attention", {"norm1"}, attention)});
  std::string first = drop(values, nodes, "attention", where == Dropout::All);
  nodes.push_back(node("mid", "add", {"x", first}));
  nodes.push_back(node("norm2", "layer_norm", {"mid"}, norm));
  nodes.push_back(std::move(mlp));
  second = drop(values, nodes, second, /*elements=*/true);
  nodes.push_back(node("out", "add", {"mid", second}));
  return nodes;
}

Json moec::zoo::mixerLayer(const Values &values) {
  Json norm = {{"eps", values.real("eps")}};
  Json nodes = Json::array({node("norm1", "layer_norm", {"x"}, norm),
                            node("token_mlp", "token_mlp", {"norm1"},
                                 {{"hidden", "token_hidden"},
                                  {"activation", values.word("activation")}})});
  std::string first = drop(values, nodes, "token_mlp", /*elements=*/true);
  nodes.push_back(node("mid", "add", {"x", first}));
  nodes.push_back(node("norm2", "layer_norm", {"mid"}, norm));
  nodes.push_back(denseMlp(values, "norm2"));
  std::string second = drop(values, nodes, "mlp", /*elements=*/true);
  nodes.push_back(node("out", "add", {"mid", second}));
  return nodes;
}
