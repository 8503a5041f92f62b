//===- Moco.cpp - Pre-training with MoCo v3 -------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The form, the widths and the recipe of MoCo v3's runs with ViT (arXiv
// 2104.02057 and the authors' code, facebookresearch/moco-v3).
//
//===----------------------------------------------------------------------===//

#include "lib/Zoo/Family.h"

using namespace moec::zoo;

/// An MLP whose layers have no bias and are each normalised over the batch, the
/// last one without a scale.
static Json projection(const char *width, int layers) {
  Json nodes = Json::array();
  std::string last = "x";
  auto add = [&](const char *what, const std::string &number, const char *op,
                 const Json &attributes) {
    nodes.push_back(node(what + number, op, {last}, attributes));
    last = what + number;
  };
  for (int i = 1; i <= layers; ++i) {
    std::string number = std::to_string(i);
    bool isLast = i == layers;
    add("fc", number, "linear",
        {{"features", isLast ? "projector_width" : "projector_hidden"},
         {"bias", false}});
    add("norm", number, "batch_norm",
        isLast ? Json{{"affine", false}} : Json::object());
    if (!isLast)
      add("relu", number, "activation", {{"form", "relu"}});
  }
  return {{"inputs", {{"x", {"batch", width}}}},
          {"nodes", std::move(nodes)},
          {"outputs", Json::array({last})}};
}

void Draft::pretrainMoco(const Recipe &recipe) {
  // What is there so far encodes the patches of an image.
  int64_t patch = values.integer("patch"),
          side = values.integer("image") / patch;
  blocks["encoder"] = {
      {"inputs",
       {{"x",
         {"batch", side * side, patch * patch * values.integer("channels")}}}},
      {"nodes", std::move(nodes)},
      {"outputs", Json::array({outputs.at(0)})}};
  sizes({"projector-hidden", "projector-width"});
  blocks["projector"] = projection("width", 3);
  blocks["predictor"] = projection("projector_width", 2);
  for (Json &init : inits)
    init["match"] = "encoder." + init["match"].get<std::string>();

  Json own = Json::array(), *to = &own;
  auto add = [&](const std::string &name, const char *op,
                 const std::vector<std::string> &inputs,
                 const Json &attributes = Json::object()) {
    to->push_back(node(name, op, inputs, attributes));
    return name;
  };
  auto call = [&](const std::string &name, const std::string &input,
                  const char *block, const std::string &parameters) {
    Json attributes = {{"block", block}};
    if (!parameters.empty())
      attributes["parameters"] = parameters;
    return add(name, "call", {input}, attributes);
  };
  auto cut = [&](const std::string &image, const std::string &number) {
    add("pixels" + number, "normalize", {image}, pixelValues());
    return add("cut" + number, "patchify", {"pixels" + number},
               {{"patch", patch}});
  };
  nodes = Json::array();
  to = &nodes;
  call("encoder", cut("image", ""), "encoder", "");
  outputs = Json::array({"encoder"});
  to = &own;
  for (std::string number : {"1", "2"}) {
    bool first = number == "1";
    fields.push_back("view" + number);
    std::string x = cut("view" + number, number);
    std::string q = call("online" + number, x, "encoder", "encoder");
    q = first ? call("projector", q, "projector", "")
              : call("projector2", q, "projector", "projector");
    q = first ? call("predictor", q, "predictor", "")
              : call("predictor2", q, "predictor", "predictor");
    add("query" + number, "l2_normalize", {q}, {{"eps", 1e-12}});
    std::string k =
        call("momentum_encoder" + number, x, "encoder", "momentum.encoder");
    k = call("momentum_projector" + number, k, "projector",
             "momentum.projector");
    k = add("stopped" + number, "stop_gradient", {k});
    add("key" + number, "l2_normalize", {k}, {{"eps", 1e-12}});
  }
  Json temperature = {{"temperature", 0.2}};
  add("contrast1", "contrastive", {"query1", "key2"}, temperature);
  add("contrast2", "contrastive", {"query2", "key1"}, temperature);

  Json loss = {"contrast1", "contrast2"};
  // Of the encoder that is trained, for both views.
  for (Json part : recipe.routerLosses) {
    for (Json &pattern : part["of"])
      pattern = "online?." + pattern.get<std::string>();
    loss.push_back(std::move(part));
  }
  auto real = [&](const char *name, double published) {
    return values.given(name) ? values.real(name) : published;
  };
  Json optimizer = {{"op", "adamw"},
                    {"learning_rate", real("learning-rate", 2.4e-3)},
                    {"beta2", 0.999},
                    {"weight_decay", real("weight-decay", 0.1)}};
  if (!recipe.frozenByMoco.empty())
    optimizer["groups"] = Json::array(
        {{{"match", "encoder." + recipe.frozenByMoco}, {"freeze", true}}});
  bool inSteps = values.given("steps") && values.integer("steps");
  const char *length = inSteps ? "steps" : "epochs";
  training = {
      {"description",
       "MoCo v3 (arXiv 2104.02057, section 4 and the authors' code) as for "
       "ViT: batches of 4096, AdamW, 40 epochs of warm-up of 300, a "
       "temperature of 0.2. Two views of each image are needed: --transform "
       "views and what changes them, see docs/pretraining.md"},
      {"nodes", std::move(own)},
      {"loss", std::move(loss)},
      {"metrics", {"contrast1.accuracy", "contrast2.accuracy"}},
      {"shadows",
       {{"momentum",
         {{"of", {"encoder.*", "projector.*"}},
          {"decay", 0.99},
          {"schedule", "cosine"}}}}},
      {"optimizer", std::move(optimizer)},
      {"schedule",
       {{"op", "warmup_cosine"}, {"warmup", real("warmup", 40.0 / 300)}}},
      {length, values.given(length) ? values.integer(length) : int64_t(300)},
      {"seed", 1}};
  if (recipe.routing)
    training["routing_statistics"] = true;
}
