//===- Training.cpp - The training section of a model file --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Reader.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/GlobPattern.h"

using namespace moec::import;
using llvm::formatv;
using llvm::SmallVector;
using llvm::StringRef;
using llvm::Twine;

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

llvm::ArrayRef<SectionDef> moec::import::lossDefs() {
  static const SectionDef defs[] = {
      {"softmax_cross_entropy",
       "mean cross-entropy of logits [batch, classes] and i32 labels [batch]",
       {AttrDef::share("label_smoothing", 0,
                       "share of the target that all classes get equally")}}};
  return defs;
}

llvm::ArrayRef<SectionDef> moec::import::optimizerDefs() {
  static const AttrDef rate{"learning_rate",
                            AttrDef::Kind::Real,
                            "learning rate, the peak of the schedule",
                            true,
                            0,
                            0,
                            true};
  static const AttrDef decay =
      AttrDef::nonNegative("weight_decay", 0, "weight decay");
  static const AttrDef noDecay{
      "no_decay", AttrDef::Kind::Patterns,
      "patterns (\"*.bias\") of the parameters without weight decay; without "
      "this key only the matrices of layers decay"};
  static const SectionDef defs[] = {
      {"adamw",
       "Adam with decoupled weight decay (arXiv 1711.05101)",
       {rate, decay, noDecay, AttrDef::share("beta1", 0.9, "decay of the mean"),
        AttrDef::share("beta2", 0.999, "decay of the variance"),
        AttrDef::positive("eps", 1e-8, "added to the root of the variance")}},
      {"sgd",
       "stochastic gradient descent with momentum",
       {rate, decay, noDecay,
        AttrDef::share("momentum", 0.9, "decay of the sum of gradients")}}};
  return defs;
}

llvm::ArrayRef<SectionDef> moec::import::scheduleDefs() {
  static const SectionDef defs[] = {
      {"constant", "the learning rate all the time", {}},
      {"warmup_cosine",
       "linear warm-up from 0, then half a cosine",
       {AttrDef::share("warmup", 0.05, "share of all steps that warm up"),
        AttrDef::share("final", 0,
                       "last learning rate as a share of the "
                       "peak")}}};
  return defs;
}

llvm::ArrayRef<AttrDef> moec::import::trainingAttrs() {
  static const AttrDef defs[] = {
      AttrDef::nonNegative("clip_norm", 0,
                           "largest norm of all gradients together; 0: none"),
      AttrDef::integer("epochs", 10, "passes over the training images"),
      AttrDef{"seed", AttrDef::Kind::Integer,
              "seed of parameters, order and noise"},
      AttrDef::choice("precision", {"f32", "bf16"},
                      "what contractions multiply, in inference too; they sum "
                      "in f32. --precision overrides it")};
  return defs;
}

llvm::ArrayRef<AttrDef> moec::import::auxiliaryAttrs() {
  static const AttrDef defs[] = {
      AttrDef::nonNegative("importance", 0,
                           "weight of the importance loss of each moe layer"),
      AttrDef::nonNegative("load", 0,
                           "weight of the load loss of each moe layer")};
  return defs;
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

/// Reads { "op": ..., attributes } by a list of tables.
static const SectionDef *readSection(Reader &reader, const JsonValue &json,
                                     const Twine &what,
                                     llvm::ArrayRef<SectionDef> defs,
                                     llvm::ArrayRef<StringRef> otherKeys,
                                     AttrValues &values) {
  SmallVector<StringRef> names;
  for (const SectionDef &def : defs)
    names.push_back(def.name);
  if (!json.isObject()) {
    reader.object(json, what, {});
    return nullptr;
  }
  const JsonValue *op = json.find("op");
  if (!op) {
    reader.missing(json, what, "op").expected(joinNames(names));
    return nullptr;
  }
  for (const SectionDef &def : defs) {
    if (op->text != def.name)
      continue;
    SmallVector<StringRef> keys(otherKeys);
    keys.push_back("op");
    for (const AttrDef &attr : def.attrs)
      keys.push_back(attr.name);
    reader.object(json, what, keys);
    return reader.attributes(json, def.attrs, what, "", values) ? &def
                                                                : nullptr;
  }
  reader.problems.add(*op, "unknown op of " + what)
      .expected(joinNames(names))
      .got(op->describe())
      .fix(suggest(op->text, names, "use one of these"));
  return nullptr;
}

static bool checkLoss(Reader &reader, const JsonValue &json,
                      Training &training) {
  const Graph &graph = reader.model.graph;
  AttrValues values;
  const SectionDef *def =
      readSection(reader, json, "'loss'", lossDefs(), {"inputs"}, values);
  if (!def)
    return false;
  training.loss = def->name;
  training.labelSmoothing = values["label_smoothing"].real;
  const JsonValue *inputs = json.find("inputs");
  if (!inputs || !inputs->isArray() || inputs->items.size() != 2) {
    reader.problems.add(inputs ? *inputs : json, "the loss takes 2 inputs")
        .expected("[logits, label]")
        .got(inputs ? inputs->isArray() ? std::to_string(inputs->items.size())
                                        : inputs->describe()
                    : "none");
    return false;
  }
  std::optional<Ref> logits = resolve(reader, graph, inputs->items[0]);
  std::optional<Ref> label = resolve(reader, graph, inputs->items[1]);
  if (!logits || !label)
    return false;
  training.logits = *logits;
  training.label = *label;
  const TensorInfo *x = graph.info(*logits), *y = graph.info(*label);
  if (!x || !y)
    return true;
  if (x->dtype != DType::F32 || x->rank() != 2 || *logits < 0) {
    reader.problems.add(inputs->items[0], "the loss needs logits")
        .expected("f32 [batch, classes], computed by a node")
        .got(toString(*x));
    return false;
  }
  TensorInfo wanted{{x->shape[0]}, DType::I32};
  if (!(*y == wanted) || *label >= 0) {
    reader.problems.add(inputs->items[1], "the labels do not fit the logits")
        .expected(toString(wanted) + ", an input of the model, for logits " +
                  toString(x->shape))
        .got(toString(*y));
    return false;
  }
  return true;
}

/// Every pattern must name a parameter: one that names none is misspelt.
static bool checkNoDecay(Reader &reader, const JsonValue &json,
                         Training &training) {
  SmallVector<std::string> names;
  for (const Node &node : reader.model.graph.nodes) {
    for (const ParamSpec &param : node.params)
      names.push_back(node.name + "." + param.suffix);
    if (node.block)
      for (const Node &inner : node.block->nodes)
        for (const ParamSpec &param : inner.params)
          names.push_back(node.name + "." + inner.name + "." + param.suffix);
  }
  bool good = true;
  constexpr size_t maxPatterns = 64;
  if (json.items.size() > maxPatterns) {
    reader.problems.add(json, "'no_decay' has too many patterns")
        .expected(formatv("at most {0}", maxPatterns))
        .got(llvm::Twine(json.items.size()));
    return false;
  }
  training.noDecay.emplace();
  for (const JsonValue &item : json.items) {
    llvm::Expected<llvm::GlobPattern> glob =
        llvm::GlobPattern::create(item.text);
    if (!glob) {
      reader.problems.add(item, "'" + item.text + "' is not a pattern")
          .expected("a name with *, ? or [letters]")
          .got(llvm::toString(glob.takeError()));
      good = false;
      continue;
    }
    training.noDecay->push_back(item.text);
    if (!reader.model.graph.sound ||
        llvm::any_of(
            names, [&](const std::string &name) { return glob->match(name); }))
      continue;
    SmallVector<StringRef> known(names.begin(), names.end());
    reader.problems.add(item, "no parameter is named '" + item.text + "'")
        .expected("a pattern of parameter names, such as '" +
                  (names.empty() ? std::string("*.bias") : names.back()) + "'")
        .got("'" + item.text + "'")
        .fix(suggest(item.text, known, "remove it"));
    good = false;
  }
  return good;
}

static bool checkOptimizer(Reader &reader, const JsonValue &json,
                           Training &training) {
  AttrValues values;
  const SectionDef *def =
      readSection(reader, json, "'optimizer'", optimizerDefs(), {}, values);
  if (!def)
    return false;
  training.optimizer = def->name;
  training.learningRate = values["learning_rate"].real;
  training.weightDecay = values["weight_decay"].real;
  training.beta1 = values["beta1"].real;
  training.beta2 = values["beta2"].real;
  training.eps = values["eps"].real;
  training.momentum = values["momentum"].real;
  for (const char *name : {"beta1", "beta2", "momentum"})
    if (values[name].real == 1) {
      reader.problems
          .add(*values[name].json, "'" + Twine(name) + "' of 1 never forgets")
          .expected("a number below 1")
          .got("1");
      return false;
    }
  const JsonValue *noDecay = values["no_decay"].json;
  return !noDecay || checkNoDecay(reader, *noDecay, training);
}

static bool checkAuxiliary(Reader &reader, const JsonValue &json,
                           Training &training) {
  SmallVector<StringRef> keys;
  for (const AttrDef &def : auxiliaryAttrs())
    keys.push_back(def.name);
  AttrValues values;
  if (!reader.object(json, "'auxiliary'", keys) ||
      !reader.attributes(json, auxiliaryAttrs(), "'auxiliary'", "", values))
    return false;
  training.importance = values["importance"].real;
  training.load = values["load"].real;
  if (!reader.model.graph.sound ||
      (training.importance == 0 && training.load == 0))
    return true;
  bool balanced = false, noisy = false;
  auto look = [&](const Node &node) {
    balanced |= node.balanced;
    noisy |= node.noise.has_value();
  };
  for (const Node &node : reader.model.graph.nodes) {
    look(node);
    if (node.block)
      llvm::for_each(node.block->nodes, look);
  }
  if (!balanced) {
    reader.problems.add(json, "there is nothing that these losses balance")
        .expected("a 'moe' node in the model")
        .got("none")
        .fix("remove 'auxiliary'");
    return false;
  }
  if (training.load != 0 && !noisy) {
    reader.problems
        .add(*values["load"].json, "the load loss needs router noise")
        .expected("a 'moe' node with \"noise\" above 0")
        .got("no noise")
        .fix("set \"noise\": 1, or remove 'load'");
    return false;
  }
  return true;
}

void moec::import::checkTraining(Reader &reader, const JsonValue &json) {
  Training training;
  SmallVector<StringRef> keys = {"loss",     "auxiliary", "optimizer",
                                 "schedule", "batch",     "description"};
  for (const AttrDef &def : trainingAttrs())
    keys.push_back(def.name);
  if (!reader.object(json, "'training'", keys))
    return;
  AttrValues values;
  bool good =
      reader.attributes(json, trainingAttrs(), "'training'", "", values);
  training.clipNorm = values["clip_norm"].real;
  training.epochs = values["epochs"].integer;
  training.seed = values["seed"].integer;
  training.precision = values["precision"].text;
  training.batch = reader.model.batch;
  // The batch of training decides which batch the model is checked with, see
  // Import.cpp; here only its form counts.
  if (const JsonValue *batch = json.find("batch"))
    good &= reader.size(*batch, "batch").has_value();

  const JsonValue *loss = json.find("loss");
  const JsonValue *optimizer = json.find("optimizer");
  if (!loss)
    reader.missing(json, "'training'", "loss");
  if (!optimizer)
    reader.missing(json, "'training'", "optimizer");
  good &= loss && checkLoss(reader, *loss, training);
  good &= optimizer && checkOptimizer(reader, *optimizer, training);
  if (const JsonValue *auxiliary = json.find("auxiliary"))
    good &= checkAuxiliary(reader, *auxiliary, training);
  if (const JsonValue *schedule = json.find("schedule")) {
    AttrValues numbers;
    const SectionDef *def = readSection(reader, *schedule, "'schedule'",
                                        scheduleDefs(), {}, numbers);
    good &= def != nullptr;
    training.schedule = def ? def->name : "";
    training.warmup = numbers["warmup"].real;
    training.finalShare = numbers["final"].real;
  }
  if (good)
    reader.model.training = std::move(training);
}
