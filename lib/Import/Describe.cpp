//===- Describe.cpp - What a model's module says about itself -----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Build.h"
#include "lib/Import/Ops.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace moec;
using namespace moec::import;

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

/// Dictionaries of names, numbers and texts.
class Describer {
public:
  explicit Describer(MLIRContext *context) : b(context) {}

  NamedAttribute real(StringRef name, double value) {
    return b.getNamedAttr(name, b.getF64FloatAttr(value));
  }
  NamedAttribute integer(StringRef name, int64_t value) {
    return b.getNamedAttr(name, b.getI64IntegerAttr(value));
  }
  NamedAttribute text(StringRef name, StringRef value) {
    return b.getNamedAttr(name, b.getStringAttr(value));
  }
  NamedAttribute section(StringRef name, ArrayRef<NamedAttribute> entries) {
    return b.getNamedAttr(name, b.getDictionaryAttr(entries));
  }
  NamedAttribute inputs(const Graph &graph, ArrayRef<Ref> refs) {
    SmallVector<StringRef> names;
    for (Ref ref : refs)
      names.push_back(graph.nameOf(ref));
    return b.getNamedAttr("inputs", b.getStrArrayAttr(names));
  }
  NamedAttribute node(const Graph &graph, const Node &node);
  /// The nodes and the inputs that `results` are computed from, by name.
  SmallVector<NamedAttribute> nodes(const Graph &graph, ArrayRef<Ref> results);

  Builder b;
};
} // namespace

/// Op, inputs and all attributes, also those that have their default. Sizes
/// are numbers, so it does not matter how the file calls them.
NamedAttribute Describer::node(const Graph &graph, const Node &node) {
  SmallVector<NamedAttribute> entries = {text("op", node.op->name),
                                         inputs(graph, node.inputs)};
  for (const AttrDef &def : node.op->attrs) {
    const AttrValue &value = node.attrs.find(def.name)->second;
    switch (def.kind) {
    case AttrDef::Kind::Size:
    case AttrDef::Kind::Integer:
      entries.push_back(integer(def.name, value.integer));
      break;
    case AttrDef::Kind::Flag:
      entries.push_back(
          b.getNamedAttr(def.name, b.getBoolAttr(value.integer != 0)));
      break;
    case AttrDef::Kind::Real:
      entries.push_back(real(def.name, value.real));
      break;
    case AttrDef::Kind::Choice:
      entries.push_back(text(def.name, value.text));
      break;
    case AttrDef::Kind::Block:
      entries.push_back(
          section(def.name, nodes(*node.block, node.block->outputs)));
      break;
    case AttrDef::Kind::Patterns:
      llvm_unreachable("nodes have no patterns");
    }
  }
  return section(node.name, entries);
}

SmallVector<NamedAttribute> Describer::nodes(const Graph &graph,
                                             ArrayRef<Ref> results) {
  Sources sources(graph, results);
  SmallVector<NamedAttribute> entries;
  for (auto [input, used] : llvm::zip(graph.inputs, sources.inputs))
    if (used)
      entries.push_back(text(input.name, toString(input.info)));
  for (auto [each, used] : llvm::zip(graph.nodes, sources.nodes))
    if (used)
      entries.push_back(node(graph, each));
  return entries;
}

/// Which inputs and which output a data set goes to and is scored by.
static void describeData(ModuleOp module, const Model &model) {
  if (!model.logits)
    return;
  Describer d(module.getContext());
  const Graph &graph = model.graph;
  SmallVector<NamedAttribute> data = {
      d.text("logits", graph.nameOf(*model.logits)),
      d.integer("classes", graph.info(*model.logits)->shape.back())};
  // The image is what the logits are computed from, the first of several.
  std::vector<bool> used = Sources(graph, *model.logits).inputs;
  auto image = llvm::find(used, true);
  if (image != used.end())
    data.push_back(d.text("image", graph.inputs[image - used.begin()].name));
  if (model.training)
    data.push_back(d.text("label", graph.nameOf(model.training->label)));
  if (!model.classNames.empty()) {
    SmallVector<StringRef> names(model.classNames.begin(),
                                 model.classNames.end());
    data.push_back(d.b.getNamedAttr("class_names", d.b.getStrArrayAttr(names)));
  }
  module->setAttr("moe.data", d.b.getDictionaryAttr(data));
}

void moec::import::describeModel(ModuleOp module, const Model &model) {
  Describer d(module.getContext());
  module->setAttr("moe.model", d.b.getStringAttr(model.name));
  describeData(module, model);
  if (!model.training)
    return;
  const Training &t = *model.training;
  SmallVector<NamedAttribute> optimizer = {
      d.text("op", t.optimizer), d.real("weight_decay", t.weightDecay)};
  if (t.optimizer == "sgd")
    optimizer.push_back(d.real("momentum", t.momentum));
  else
    optimizer.append({d.real("beta1", t.beta1), d.real("beta2", t.beta2),
                      d.real("eps", t.eps)});
  SmallVector<NamedAttribute> schedule = {d.text("op", t.schedule)};
  if (t.schedule == "warmup_cosine")
    schedule.append(
        {d.real("warmup", t.warmup), d.real("final", t.finalShare)});
  if (t.precision != "f32")
    module->setAttr("moe.precision", d.b.getStringAttr(t.precision));
  // The last three say what the steps compute: a checkpoint keeps all of it, so
  // that a run goes on with the model that it was begun with.
  module->setAttr(
      "moe.training",
      d.b.getDictionaryAttr(
          {d.section("optimizer", optimizer),
           d.real("learning_rate", t.learningRate),
           d.real("clip_norm", t.clipNorm), d.section("schedule", schedule),
           d.integer("epochs", t.epochs), d.integer("batch", t.batch),
           d.integer("seed", t.seed),
           d.section("loss", {d.text("op", t.loss),
                              d.inputs(model.graph, {t.logits, t.label}),
                              d.real("label_smoothing", t.labelSmoothing)}),
           d.section("auxiliary", {d.real("importance", t.importance),
                                   d.real("load", t.load)}),
           d.section("model", d.nodes(model.graph, {t.logits, t.label}))}));
}
