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
#include "lib/Import/Ops.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace moec::import;
namespace json = llvm::json;

namespace {
/// Nodes and inputs that values are computed from, themselves included.
struct Sources {
  Sources(const Graph &graph, ArrayRef<Ref> results)
      : nodes(graph.nodes.size()), inputs(graph.inputs.size()) {
    for (Ref ref : results)
      mark(ref);
    for (Ref node : llvm::reverse(graph.order))
      if (nodes[node])
        for (Ref ref : graph.nodes[node].inputs)
          mark(ref);
  }
  void mark(Ref ref) {
    if (ref < 0)
      inputs[~ref] = true;
    else
      nodes[ref] = true;
  }
  std::vector<bool> nodes, inputs;
};
} // namespace

static json::Array inputNames(const Graph &graph, ArrayRef<Ref> refs) {
  json::Array names;
  for (Ref ref : refs)
    names.push_back(graph.nameOf(ref));
  return names;
}

static json::Object describeNodes(const Graph &graph, ArrayRef<Ref> results);

/// Op, inputs and all attributes, also those that have their default. Sizes
/// are numbers, so it does not matter how the file calls them.
static json::Object describeNode(const Graph &graph, const Node &node) {
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
    case AttrDef::Kind::Choice:
      entry[def.name] = value.text;
      break;
    case AttrDef::Kind::Block:
      entry[def.name] = describeNodes(*node.block, node.block->outputs);
      break;
    case AttrDef::Kind::Patterns:
      llvm_unreachable("nodes have no patterns");
    }
  }
  return entry;
}

/// The nodes and the inputs that `results` are computed from, by name.
static json::Object describeNodes(const Graph &graph, ArrayRef<Ref> results) {
  Sources sources(graph, results);
  json::Object nodes;
  for (auto [input, used] : llvm::zip(graph.inputs, sources.inputs))
    if (used)
      nodes[input.name] = toString(input.info);
  for (auto [each, used] : llvm::zip(graph.nodes, sources.nodes))
    if (used)
      nodes[each.name] = describeNode(graph, each);
  return nodes;
}

/// Which inputs a data set goes to, and which output says the class.
static json::Object describeData(const Model &model) {
  const Graph &graph = model.graph;
  json::Object data{{"logits", graph.nameOf(*model.logits)},
                    {"classes", graph.info(*model.logits)->shape.back()},
                    {"label", model.labelName}};
  // The image is what the logits are computed from, the first of several.
  std::vector<bool> used = Sources(graph, *model.logits).inputs;
  auto image = llvm::find(used, true);
  if (image != used.end())
    data["image"] = graph.inputs[image - used.begin()].name;
  if (!model.classNames.empty())
    data["class_names"] = json::Array(model.classNames);
  return data;
}

static json::Object describeTraining(const Model &model) {
  const Training &t = *model.training;
  json::Object optimizer{{"op", t.optimizer}, {"weight_decay", t.weightDecay}};
  if (t.optimizer == "sgd") {
    optimizer["momentum"] = t.momentum;
  } else {
    optimizer["beta1"] = t.beta1;
    optimizer["beta2"] = t.beta2;
    optimizer["eps"] = t.eps;
  }
  json::Object schedule{{"op", t.schedule}};
  if (t.schedule == "warmup_cosine") {
    schedule["warmup"] = t.warmup;
    schedule["final"] = t.finalShare;
  }
  // The last three say what the steps compute: a checkpoint keeps all of it, so
  // that a run goes on with the model that it was begun with.
  return json::Object{
      {"optimizer", std::move(optimizer)},
      {"learning_rate", t.learningRate},
      {"clip_norm", t.clipNorm},
      {"schedule", std::move(schedule)},
      {"epochs", t.epochs},
      {"batch", t.batch},
      {"seed", t.seed},
      {"loss",
       json::Object{{"op", t.loss},
                    {"inputs", inputNames(model.graph, {t.logits, t.label})},
                    {"label_smoothing", t.labelSmoothing}}},
      {"auxiliary",
       json::Object{{"importance", t.importance}, {"load", t.load}}},
      {"model", describeNodes(model.graph, {t.logits, t.label})}};
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
