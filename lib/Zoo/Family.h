//===- Family.h - What the families of the zoo are made with ---*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_ZOO_FAMILY_H
#define MOEC_LIB_ZOO_FAMILY_H

#include "lib/Zoo/Zoo.h"

#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace moec::zoo {

using Json = nlohmann::ordered_json;

/// The values of a family's options for one model.
class Values {
public:
  /// Sets a value; `given`: the user did.
  void set(const Setting &setting, bool given);

  int64_t integer(const std::string &name) const {
    return values.at(name).integer;
  }
  double real(const std::string &name) const { return values.at(name).real; }
  const std::string &word(const std::string &name) const {
    return values.at(name).word;
  }
  bool has(const std::string &name) const { return values.count(name); }
  bool given(const std::string &name) const { return byUser.count(name); }
  /// "--image 225", for messages.
  std::string flag(const std::string &name) const;

private:
  std::map<std::string, Value> values;
  std::set<std::string> byUser;
};

/// The options that every family has, then `own` and `more`.
std::vector<Setting> withCommon(std::vector<Setting> own,
                                const std::vector<Setting> &more = {});

/// A node: name, op, inputs, and what else the op is told.
Json node(const std::string &name, const std::string &op,
          const std::vector<std::string> &inputs,
          const Json &attributes = Json::object());

/// How a model is trained, as far as the format can say it.
struct Recipe {
  std::string description;           ///< where it is from, and what is left out
  std::string loss;                  ///< op
  Json routerLosses = Json::array(); ///< see routerLosses()
  Json schedule = {{"op", "warmup_linear"}}; ///< without its warm-up
  Json groups = Json::array();               ///< of the optimizer
  /// Parameters that MoCo v3 leaves as they start; "": none.
  std::string frozenByMoco = "";
  bool routing = false; ///< whether routers report how they share items out
};

/// How a masked autoencoder is trained, unless the user says otherwise.
struct Pretraining {
  std::string description; ///< where it is from, and what is left out
  double learningRate = 0;
  double clipNorm = 0;
  double visibleWeight = 0;          ///< of what the encoder sees
  Json routerLosses = Json::array(); ///< see routerLosses()
  bool routing = false; ///< whether routers report how they share items out
};

/// A model that is being written. Values are called by the names of nodes.
class Draft {
public:
  Draft(const Values &values, Json batch) : values(values) {
    dims["batch"] = std::move(batch);
  }

  /// A named size; options that are sizes go under their own names, with _ for
  /// each -.
  void size(const std::string &name, int64_t value);
  void sizes(std::initializer_list<const char *> options);

  /// A block from tokens x [batch, tokens, width] to tokens; the last node is
  /// its output. `sizes` are given by each use; `prefix` stands ahead of the
  /// names of the other two.
  void block(const std::string &name, Json nodes,
             const std::vector<std::string> &sizes = {},
             const std::string &prefix = "");
  /// Adds a node to the model; its name.
  std::string add(Json node);

  /// Normalised pixels, then patches as tokens [batch, tokens, width].
  std::string patches();
  /// The same with position embeddings and, if asked for, a class token.
  std::string transformerTokens(bool classToken);
  /// `count` layers of a block; `input` itself for 0.
  std::string layers(const std::string &name, const std::string &input,
                     const std::string &block, int64_t count);
  /// A rule of how parameters start.
  void start(Json rule) { inits.push_back(std::move(rule)); }
  /// Experts of a layer start alike; `node` is what their layer is called.
  void startAlike(const std::string &node);
  /// The last norm, the pooled features and, with classes, the logits, with a
  /// tanh layer ahead of them if one is asked for.
  void head(const std::string &input, bool classToken);
  /// The training section, of a model with classes or one that is pre-trained.
  void train(const Recipe &recipe);

  /// With --pretrain mae, of tokens with their positions those that the encoder
  /// sees, behind the class token; else all.
  std::string visibleTokens(const std::string &tokens, bool classToken);
  /// What a masked autoencoder has in place of the head and its training: a
  /// decoder of the layers `own`, from what the encoder made of its tokens.
  void decode(const std::string &input, bool classToken, Json own,
              const Pretraining &how);

  /// The whole model.
  Json finish(const std::string &name, const std::string &description);

private:
  /// Whether there is a head for classes.
  bool classifies() const {
    return values.integer("classes") &&
           (!values.has("pretrain") || values.word("pretrain") == "none");
  }
  /// What `normalize` does to pixels.
  Json pixelValues() const;
  /// Makes what there is the encoder of MoCo v3 (Moco.cpp).
  void pretrainMoco(const Recipe &recipe);

  const Values &values;
  std::vector<std::string> fields; ///< images besides "image"
  Json dims = Json::object(), blocks = Json::object(), nodes = Json::array();
  Json outputs = Json::array(), inits = Json::array(), training;
};

// Parts that families share.

/// Which branches of a layer have dropout at their end, if the family has it.
enum class Dropout { All, Mlp };

/// The nodes of a pre-norm Transformer layer with `mlp` between norm2 and the
/// second sum; its input is "norm2" (arXiv 2010.11929, equations 2 and 3).
Json transformerLayer(const Values &values, Json mlp,
                      Dropout where = Dropout::All);
/// The nodes of a Mixer layer (arXiv 2105.01601, equation 1).
Json mixerLayer(const Values &values);
/// The node `mlp` of a dense layer.
Json denseMlp(const Values &values, const std::string &input);

/// The recipe of the Soft MoE paper (arXiv 2308.00951, section 3.1, and the
/// authors' configuration) without its description.
Recipe softMoeRecipe();
/// Its length and its rates: 4,000,000 steps.
std::vector<Setting> softMoeTraining();

/// The options of models whose items choose their experts: the weights of what
/// their routers add to the loss.
std::vector<Setting> routerLossOptions();
/// The parts of the loss, { "of": patterns, "weight": w }, that these ask for;
/// `load`: whether the routers have a load loss.
Json routerLosses(const Values &values, bool load);
/// A loss that is a node and those parts.
Json lossWith(const std::string &node, const Json &routerLosses);

/// Whether `--pretrain` says `how`.
bool pretrains(const Values &values, const char *how);
/// The values that a layer of the decoder has in place of the encoder's.
Values decoderValues(const Values &values);

/// What is wrong with patches and pixels, with heads, and with pre-training, of
/// a family that has it; "" if nothing is.
std::string checkImage(const Values &values);
std::string checkHeads(const Values &values);
/// And with shares that are dropped, of a family that has them.
std::string checkDrops(const Values &values);
std::string checkPretraining(const Values &values);
/// And, of all families, with options that only a training section reads, or
/// that say its length twice.
std::string checkTraining(const Values &values);
/// Its part for masked autoencoders.
std::string checkAutoencoder(const Values &values);

/// JSON as people write it: what fits goes on one line.
std::string layOut(const Json &json);

// Every family, each in a file of its own, in the order of the list.
#define MOEC_ZOO_FAMILIES(FAMILY)                                              \
  FAMILY(mixerFamily)                                                          \
  FAMILY(vitFamily)                                                            \
  FAMILY(softMoeFamily)                                                        \
  FAMILY(vMoeFamily)                                                           \
  FAMILY(sparseMlpFamily)                                                      \
  FAMILY(mlitFamily)

#define MOEC_DECLARE_FAMILY(family) extern const Family family;
MOEC_ZOO_FAMILIES(MOEC_DECLARE_FAMILY)
#undef MOEC_DECLARE_FAMILY

} // namespace moec::zoo

#endif // MOEC_LIB_ZOO_FAMILY_H
