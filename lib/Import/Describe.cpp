//===- Describe.cpp - What the host needs to know of a model --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The compiler carries these settings as one attribute that no phase reads:
// which inputs a data set goes to, how the training loop runs, and all that
// decides what its steps compute. The manifest has them as the JSON that they
// are here.
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEConventions.h"
#include "lib/Import/Build.h"
#include "lib/Import/Optimizers.h"
#include "lib/Import/Use.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace moec::import;
namespace json = llvm::json;

static json::Array inputNames(const Graph &graph, ArrayRef<Ref> refs) {
  json::Array names;
  for (Ref ref : refs)
    names.push_back(graph.nameOf(ref));
  return names;
}

static json::Object describeNodes(const Use &use);

static json::Value describeNumbers(ArrayRef<double> numbers) {
  if (numbers.size() == 1)
    return numbers.front();
  return json::Array(numbers);
}

static json::Object describeSizes(const SizeLists &sizes) {
  json::Object entry;
  for (const auto &[name, list] : sizes)
    entry[name] = json::Array(list);
  return entry;
}

/// Op, inputs and all attributes, also those that have their default. Sizes
/// are numbers, so it does not matter how the file calls them.
static json::Object describeNode(const Use &use, int index) {
  const Graph &graph = *use.graph;
  const Node &node = graph.nodes[index];
  json::Object entry{{"op", node.op->name},
                     {"inputs", inputNames(graph, node.inputs)}};
  for (const AttrDef &def : node.op->attrs) {
    const AttrValue &value = node.attrs.find(def.name)->second;
    switch (def.kind) {
    case AttrDef::Kind::Size:
    case AttrDef::Kind::Integer:
      entry[def.name] = value.integer;
      break;
    case AttrDef::Kind::Flag:
      entry[def.name] = value.integer != 0;
      break;
    case AttrDef::Kind::Real:
      entry[def.name] = value.real;
      break;
    case AttrDef::Kind::Numbers:
      if (value.json)
        entry[def.name] = describeNumbers(value.numbers);
      break;
    case AttrDef::Kind::Choice:
      entry[def.name] = value.text;
      break;
    case AttrDef::Kind::Name:
      if (value.json)
        entry[def.name] = value.text;
      break;
    case AttrDef::Kind::Sizes:
      if (value.json)
        entry[def.name] = describeSizes(value.sizes);
      break;
    }
  }
  if (!node.op->runsBlock())
    return entry;
  // Not what the block is called, but what is in it.
  const std::vector<Use> &runs = use.blocks.at(index);
  if (node.op == &repeatOp) {
    entry["count"] = node.numLayers();
  }
  if (runs.size() == 1) {
    entry["block"] = describeNodes(runs.front());
    return entry;
  }
  json::Array blocks;
  for (const Use &run : runs)
    blocks.push_back(describeNodes(run));
  entry["block"] = std::move(blocks);
  return entry;
}

/// The nodes and the inputs that are needed, by name.
static json::Object describeNodes(const Use &use) {
  json::Object nodes;
  for (auto [input, used] : llvm::zip(use.graph->inputs, use.inputs))
    if (used)
      nodes[input.name] = toString(input.info);
  for (auto [i, node] : llvm::enumerate(use.graph->nodes))
    if (use.needs(static_cast<int>(i)))
      nodes[node.name] = describeNode(use, static_cast<int>(i));
  return nodes;
}

/// Which fields of a data set images and labels are, and which output says the
/// class.
static json::Object describeData(const Model &model) {
  const Graph &graph = model.graph;
  json::Object data{{"logits", graph.nameOf(*model.logits)},
                    {"classes", graph.info(*model.logits)->shape.back()},
                    {"label", graph.inputs[*model.label].field}};
  // The image is what the logits are computed from, the first of several.
  std::vector<bool> used =
      findUse(graph, *model.logits, /*training=*/false).inputs;
  auto image = llvm::find(used, true);
  if (image != used.end())
    data["image"] = graph.inputs[image - used.begin()].field;
  if (!model.classNames.empty())
    data["class_names"] = json::Array(model.classNames);
  return data;
}

static json::Array describeGroups(const Training &training) {
  json::Array groups;
  for (const ParameterGroup &group : training.groups) {
    json::Object entry{{"match", json::Array(group.match)}};
    if (group.decay)
      entry["decay"] = *group.decay;
    if (group.weightDecay)
      entry["weight_decay"] = *group.weightDecay;
    if (group.learningRate != 1)
      entry["learning_rate"] = group.learningRate;
    if (group.freeze)
      entry["freeze"] = true;
    groups.push_back(std::move(entry));
  }
  return groups;
}

static json::Object describeTraining(const Model &model) {
  const Training &t = *model.training;
  json::Object optimizer{{"op", t.optimizer->name},
                         {"weight_decay", t.weightDecay}};
  for (const AttrDef &def : t.optimizer->attrs)
    optimizer[def.name] = t.optimizerAttrs.find(def.name)->second.real;
  if (!t.groups.empty())
    optimizer["groups"] = describeGroups(t);
  json::Object schedule{{"op", t.schedule}};
  for (const auto &[name, value] : t.scheduleAttrs)
    schedule[name] = value.real;
  json::Array loss;
  SmallVector<Ref> refs;
  for (const LossTerm &term : model.loss) {
    loss.push_back(json::Object{{"of", inputNames(model.graph, term.values)},
                                {"weight", term.weight}});
    refs.append(term.values);
  }
  // The last three say what the steps compute: a checkpoint keeps all of it, so
  // that a run goes on with the model that it was begun with.
  json::Object training{
      {"optimizer", std::move(optimizer)},
      {"learning_rate", t.learningRate},
      {"clip_norm", t.clipNorm},
      {"schedule", std::move(schedule)},
      {"epochs", t.epochs},
      {"batch", t.batch},
      {"seed", t.seed},
      {"loss", std::move(loss)},
      {"model", describeNodes(findUse(model.graph, refs, /*training=*/true))}};
  if (t.steps)
    training["steps"] = t.steps;
  json::Object shadows;
  for (const Shadow &shadow : t.shadows) {
    json::Object entry{{"of", json::Array(shadow.of)}, {"decay", shadow.decay}};
    if (shadow.schedule != "constant")
      entry["schedule"] = shadow.schedule;
    shadows[shadow.name] = std::move(entry);
  }
  if (!shadows.empty())
    training["shadows"] = std::move(shadows);
  return training;
}

static Attribute toAttribute(Builder &b, const json::Value &value) {
  if (auto boolean = value.getAsBoolean())
    return b.getBoolAttr(*boolean);
  if (auto integer = value.getAsInteger())
    return b.getI64IntegerAttr(*integer);
  if (auto number = value.getAsNumber())
    return b.getF64FloatAttr(*number);
  if (auto text = value.getAsString())
    return b.getStringAttr(*text);
  if (const json::Array *list = value.getAsArray())
    return b.getArrayAttr(llvm::map_to_vector(
        *list, [&](const json::Value &item) { return toAttribute(b, item); }));
  SmallVector<NamedAttribute> entries;
  for (auto &[key, item] : *value.getAsObject())
    entries.push_back(b.getNamedAttr(StringRef(key), toAttribute(b, item)));
  return b.getDictionaryAttr(entries);
}

void moec::import::describeModel(ModuleOp module, const Model &model) {
  Builder b(module.getContext());
  moe::attr::model.set(module, b.getStringAttr(model.name));
  json::Object settings;
  if (model.logits)
    settings["data"] = describeData(model);
  if (model.training) {
    settings["training"] = describeTraining(model);
    if (model.training->precision != "f32")
      moe::attr::precision.set(module,
                               b.getStringAttr(model.training->precision));
  }
  moe::attr::settings.set(
      module, cast<DictionaryAttr>(toAttribute(b, std::move(settings))));
}
