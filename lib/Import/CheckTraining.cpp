//===- CheckTraining.cpp - The training section of a model file ---------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Optimizers.h"
#include "lib/Import/Reader.h"

using namespace moec::import;
using llvm::SmallVector;
using llvm::StringRef;
using llvm::Twine;

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

/// What all optimizers have, then what each has besides.
llvm::ArrayRef<SectionDef> moec::import::optimizerDefs() {
  static const auto defs = [] {
    const AttrDef rate{"learning_rate",
                       AttrDef::Kind::Real,
                       "learning rate, the peak of the schedule",
                       true,
                       0,
                       0,
                       true};
    std::vector<SectionDef> defs;
    for (const OptimizerDef &optimizer : allOptimizers()) {
      std::vector<AttrDef> attrs = {
          rate, AttrDef::nonNegative("weight_decay", 0, "weight decay")};
      attrs.insert(attrs.end(), optimizer.attrs.begin(), optimizer.attrs.end());
      defs.push_back({optimizer.name, optimizer.doc, std::move(attrs)});
    }
    return defs;
  }();
  return defs;
}

llvm::ArrayRef<SectionDef> moec::import::scheduleDefs() {
  const AttrDef warmup = AttrDef::nonNegative(
      "warmup", 0.05,
      "steps that warm up linearly from 0; below 1 a share of all steps");
  const AttrDef cooldown = AttrDef::nonNegative(
      "cooldown", 0,
      "last steps, which go down linearly to 0; below 1 a share of all steps");
  const AttrDef final =
      AttrDef::share("final", 0, "last learning rate as a share of the peak");
  const AttrDef timescale = AttrDef::positive(
      "timescale", 10000, "steps that bring the peak down to 0.707 of it");
  static const SectionDef defs[] = {
      {"constant", "the learning rate all the time", {cooldown}},
      {"warmup_cosine",
       "linear warm-up, then half a cosine",
       {warmup, final, cooldown}},
      {"warmup_linear",
       "linear warm-up, then a straight line",
       {warmup, final, cooldown}},
      {"warmup_rsqrt",
       "linear warm-up, then 1 / sqrt(1 + steps / timescale)",
       {warmup, timescale, cooldown}}};
  return defs;
}

llvm::ArrayRef<AttrDef> moec::import::trainingAttrs() {
  static const AttrDef defs[] = {
      AttrDef::nonNegative("clip_norm", 0,
                           "largest norm of all gradients together; 0: none"),
      AttrDef::integer("epochs", 10, "passes over the training images"),
      AttrDef::integer("steps", 0, "steps of training, instead of epochs"),
      AttrDef{"seed", AttrDef::Kind::Integer,
              "seed of parameters, order and noise"},
      AttrDef::flag("routing_statistics", false,
                    "whether training and evaluation report how the routers of "
                    "'moe' nodes share items out"),
      AttrDef::choice("precision", {"f32", "bf16"},
                      "what contractions multiply, in inference too; they sum "
                      "in f32. --precision overrides it"),
      AttrDef{"evaluate", AttrDef::Kind::Name,
              "the shadow whose averages evaluation and inference use instead "
              "of the parameters"}};
  return defs;
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

const SectionDef *moec::import::readSection(Reader &reader,
                                            const JsonValue &json,
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

static bool checkOptimizer(Reader &reader, const JsonValue &json,
                           Training &training) {
  AttrValues values;
  const SectionDef *def = readSection(reader, json, "'optimizer'",
                                      optimizerDefs(), {"groups"}, values);
  if (!def)
    return false;
  training.optimizer = findOptimizer(def->name);
  training.learningRate = values["learning_rate"].real;
  training.weightDecay = values["weight_decay"].real;
  training.optimizerAttrs = std::move(values);
  const JsonValue *groups = json.find("groups");
  return !groups || checkGroups(reader, *groups, training);
}

static bool checkSchedule(Reader &reader, const JsonValue &json,
                          Training &training) {
  const SectionDef *def = readSection(
      reader, json, "'schedule'", scheduleDefs(), {}, training.scheduleAttrs);
  if (def)
    training.schedule = def->name;
  return def;
}

/// How long training takes, in epochs or in steps.
static bool checkLength(Reader &reader, const AttrValue &epochs,
                        const AttrValue &steps, Training &training) {
  training.epochs = epochs.integer;
  training.steps = steps.json ? steps.integer : 0;
  if (!steps.json || !epochs.json)
    return true;
  reader.problems.add(*steps.json, "both 'steps' and 'epochs' are given")
      .expected("how long training takes in one of them")
      .fix("remove 'epochs'");
  return false;
}

void moec::import::checkTraining(Reader &reader, const JsonValue &json) {
  Training training;
  SmallVector<StringRef> keys = {"nodes",     "loss",       "metrics",
                                 "optimizer", "schedule",   "shadows",
                                 "batch",     "description"};
  for (const AttrDef &def : trainingAttrs())
    keys.push_back(def.name);
  if (!reader.object(json, "'training'", keys))
    return;
  AttrValues values;
  bool good =
      reader.attributes(json, trainingAttrs(), "'training'", "", values);
  training.clipNorm = values["clip_norm"].real;
  good &= checkLength(reader, values["epochs"], values["steps"], training);
  training.seed = values["seed"].integer;
  training.precision = values["precision"].text;
  training.evaluate = values["evaluate"].text;
  training.batch = reader.model.batch;
  // The batch of training decides which batch the model is checked with, see
  // Import.cpp; here only its form counts.
  if (const JsonValue *batch = json.find("batch"))
    good &= reader.size(*batch, "batch").has_value();

  if (const JsonValue *nodes = json.find("nodes"))
    checkNodes(reader, reader.model.graph, *nodes);
  good &= checkLoss(reader, json);
  good &= checkMetrics(reader, json);
  if (values["routing_statistics"].integer && good)
    good = findRouting(reader, *values["routing_statistics"].json);
  const JsonValue *optimizer = json.find("optimizer");
  if (!optimizer)
    reader.missing(json, "'training'", "optimizer");
  good &= optimizer && checkOptimizer(reader, *optimizer, training);
  good &= checkShadows(reader, json, training);
  if (const JsonValue *schedule = json.find("schedule"))
    good &= checkSchedule(reader, *schedule, training);
  if (good)
    reader.model.training = std::move(training);
}
