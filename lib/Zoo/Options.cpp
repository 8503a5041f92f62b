//===- Options.cpp - What models of the zoo may be told -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Zoo/Family.h"

#include <fmt/format.h>
#include <limits>

using namespace moec::zoo;

static Option whole(const char *name, const char *doc, int64_t least = 1,
                    int64_t most = 1 << 20) {
  return {name, Value::Kind::Integer, doc, least, most};
}

static Option real(const char *name, const char *doc, bool zero = false) {
  return {name, Value::Kind::Real, doc, 0, 0, zero};
}

static Option word(const char *name, const char *doc,
                   std::vector<std::string> words) {
  return {name, Value::Kind::Word, doc, 0, 0, false, std::move(words)};
}

const std::vector<Option> &moec::zoo::allOptions() {
  static const std::vector<Option> options = {
      whole("image", "height and width of an image", 1, 1 << 15),
      whole("channels", "channels of an image"),
      whole("classes", "classes; 0: no head, the outputs are the features", 0),
      word("pixels",
           "how u8 pixels are normalised: signed takes them to -1 .. 1, "
           "imagenet uses the mean and standard deviation of its channels",
           {"signed", "imagenet"}),
      word("activation",
           "what MLPs apply between their layers; GELU is its tanh "
           "approximation or the exact form",
           {"gelu_tanh", "gelu_erf", "silu", "tanh"}),
      real("eps", "what norms add to the variance"),
      whole("patch", "height and width of a patch", 1, 1 << 15),
      whole("layers", "layers, those with experts among them"),
      whole("width", "channels of a token"),
      whole("hidden", "hidden width of MLPs over channels, experts' too"),
      whole("token-hidden", "hidden width of MLPs over tokens"),
      whole("last-hidden", "hidden width of the last layer's experts"),
      whole("heads", "heads of attention"),
      whole("kv-heads", "heads of keys and values, each for as many queries"),
      word("qkv",
           "queries, keys and values by a matrix each, or by one for all three",
           {"separate", "joined"}),
      word("qkv-bias", "whether queries, keys and values have biases",
           {"yes", "no"}),
      word("qk-norm", "norm of the queries and keys of each head",
           {"none", "layer_norm", "layer_norm_no_bias"}),
      word("pool",
           "what the head reads: a class token, or the mean of all tokens",
           {"token", "mean"}),
      whole("pre-logits", "width of a tanh layer ahead of the head; 0: none",
            0),
      whole("experts", "experts of a layer"),
      whole("first-experts",
            "experts of the first third of the layers; each further third has "
            "one more"),
      whole("expert-layers", "layers with experts, the last that can be"),
      whole("every", "layers with experts are each so many-th"),
      whole("slots", "slots of an expert"),
      word("dispatch",
           "what a slot takes: a mixture of the tokens, their mean, or the one "
           "of its number",
           {"soft", "uniform", "identity"}),
      word("combine",
           "what a token takes: a mixture of the slots, their mean, or the one "
           "of its number",
           {"soft", "uniform", "identity"}),
      word("router", "who chooses: items their experts, or experts their items",
           {"top_k", "expert_choice"}),
      whole("k", "experts that an item goes to"),
      whole("group-size", "images whose items compete for experts' places"),
      real("capacity-factor", "how much experts can take, in training"),
      real("eval-capacity-factor", "the same in evaluation and inference"),
      word("capacity-rounding", "how that becomes a number of items",
           {"ceil", "round"}),
      whole("capacity-multiple",
            "of which what experts can take is a multiple"),
      word("priority",
           "who is kept by full experts: the first, or the largest gates",
           {"position", "importance"}),
      real("noise",
           "router noise in training, standard deviation times experts",
           /*zero=*/true),
      word("router-noise",
           "router noise in training, with a deviation that is learned for "
           "each expert, or none and no load loss",
           {"learned", "none"}),
      real("balance-weight",
           "weight of the importance and load losses of routers; 0: without "
           "them",
           /*zero=*/true),
      real("switch-weight",
           "weight of the balance loss of Switch Transformers (arXiv "
           "2101.03961, equation 4, alpha); 0: without it",
           /*zero=*/true),
      real("router-z-weight",
           "weight of the square of routers' log-sum-exp (arXiv 2202.08906, "
           "equation 5); 0: without it",
           /*zero=*/true),
      whole("wide-tokens", "tokens after the re-represent layer"),
      whole("narrow-width", "channels after the re-represent layer"),
      whole("s-experts", "experts of MoE_S, which mixes tokens"),
      whole("s-k", "experts that a channel goes to in MoE_S"),
      whole("s-hidden", "hidden width of the experts of MoE_S"),
      whole("c-experts",
            "experts of MoE_C, which mixes channels; 0: an MLP without a "
            "router",
            0),
      whole("c-k", "experts that a token goes to in MoE_C"),
      whole("c-hidden", "hidden width of the experts of MoE_C"),
      real("dropout", "share of the elements that training drops",
           /*zero=*/true),
      real("drop-path",
           "share of the images that training drops from a branch of the last "
           "layer, from 0 at the first on",
           /*zero=*/true),
      real("label-smoothing",
           "share of the target that all classes get equally in training",
           /*zero=*/true),
      word("pretrain",
           "not the model, but what it is trained as ahead of its task: mae is "
           "a masked autoencoder (arXiv 2111.06377), moco-v3 (arXiv "
           "2104.02057) brings two views of an image together",
           {"none", "mae", "moco-v3"}),
      real("mask", "share of the patches that the autoencoder does not see"),
      whole("decoder-layers", "layers of its decoder"),
      whole("decoder-width", "channels of a token there"),
      whole("decoder-hidden", "hidden width of MLPs there, experts' too"),
      whole("decoder-heads", "heads of attention there"),
      whole("projector-hidden",
            "hidden width of MoCo v3's projector and predictor"),
      whole("projector-width", "channels of what they make"),
      real("learning-rate", "peak learning rate"),
      real("weight-decay", "weight decay", /*zero=*/true),
      real("warmup", "steps that warm up; below 1 a share of all steps",
           /*zero=*/true),
      whole("epochs", "passes over the training images"),
      whole("steps", "steps of training; 0: epochs count", 0,
            std::numeric_limits<int32_t>::max()),
  };
  return options;
}

std::vector<Setting> moec::zoo::withCommon(std::vector<Setting> own,
                                           const std::vector<Setting> &more) {
  std::vector<Setting> all = {{"image", 224},
                              {"channels", 3},
                              {"classes", 1000},
                              {"pixels", "signed"},
                              {"activation", "gelu_tanh"},
                              {"eps", 1e-6}};
  all.insert(all.end(), own.begin(), own.end());
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::string Value::text() const {
  switch (kind) {
  case Kind::Integer:
    return fmt::format("{}", integer);
  case Kind::Real:
    return fmt::format("{}", real);
  case Kind::Word:
    break;
  }
  return word;
}

void Values::set(const Setting &setting, bool given) {
  values.insert_or_assign(setting.first, setting.second);
  if (given)
    byUser.insert(setting.first);
}

std::string Values::flag(const std::string &name) const {
  return "--" + name + " " + values.at(name).text();
}

std::string moec::zoo::checkImage(const Values &values) {
  if (values.integer("image") % values.integer("patch"))
    return fmt::format("{} is no multiple of {}", values.flag("image"),
                       values.flag("patch"));
  if (values.word("pixels") == "imagenet" && values.integer("channels") != 3)
    return fmt::format("--pixels imagenet is for 3 channels, and not for {}",
                       values.flag("channels"));
  return "";
}

std::string moec::zoo::checkDrops(const Values &values) {
  for (const char *name : {"dropout", "drop-path"})
    if (values.real(name) >= 1)
      return values.flag(name) + " leaves nothing: expected less than 1";
  return "";
}

bool moec::zoo::pretrains(const Values &values, const char *how) {
  return values.has("pretrain") && values.word("pretrain") == how;
}

std::string moec::zoo::checkPretraining(const Values &values) {
  // Ways of pre-training and their options, which families have that know them.
  static const std::pair<const char *, std::vector<const char *>> ways[] = {
      {"none", {"pre-logits", "label-smoothing"}},
      {"mae",
       {"mask", "decoder-layers", "decoder-width", "decoder-hidden",
        "decoder-heads"}},
      {"moco-v3", {"projector-hidden", "projector-width"}}};
  std::string pretrain = values.flag("pretrain");
  for (const auto &[way, options] : ways) {
    if (!pretrains(values, way)) {
      for (const char *option : options)
        if (values.given(option))
          return fmt::format("{} has nothing to act on with {}",
                             values.flag(option), pretrain);
    } else if (!pretrains(values, "none") && !values.has(options.front())) {
      return fmt::format("{} is not for this model: see its --help", pretrain);
    }
  }
  if (pretrains(values, "none"))
    return "";
  if (values.given("classes") && values.integer("classes"))
    return fmt::format("{} trains without classes, and not with {}", pretrain,
                       values.flag("classes"));
  return pretrains(values, "mae") ? checkAutoencoder(values) : "";
}

std::string moec::zoo::checkTraining(const Values &values) {
  if (values.given("epochs") && values.given("steps") &&
      values.integer("steps"))
    return fmt::format("{} and {} exclude each other", values.flag("epochs"),
                       values.flag("steps"));
  bool pretrained = values.has("pretrain") && !pretrains(values, "none");
  if (values.integer("classes") || pretrained)
    return "";
  for (const char *name : {"pre-logits", "label-smoothing", "balance-weight",
                           "switch-weight", "router-z-weight", "learning-rate",
                           "weight-decay", "warmup", "epochs", "steps"})
    if (values.given(name))
      return fmt::format("{} has nothing to act on with {}", values.flag(name),
                         values.flag("classes"));
  return "";
}

std::string moec::zoo::checkHeads(const Values &values) {
  if (values.integer("width") % values.integer("heads") == 0)
    return "";
  return fmt::format("{} does not divide {}", values.flag("heads"),
                     values.flag("width"));
}
