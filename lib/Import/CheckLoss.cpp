//===- CheckLoss.cpp - What is minimised and what is reported -----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Reader.h"
#include "lib/Import/Use.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/GlobPattern.h"

using namespace moec::import;
using llvm::ArrayRef;
using llvm::formatv;
using llvm::SmallVector;
using llvm::StringRef;
using llvm::Twine;

ArrayRef<AttrDef> moec::import::termAttrs() {
  static const AttrDef defs[] = {AttrDef{"weight", AttrDef::Kind::Real,
                                         "times the sum of the values", false,
                                         1, -1e30}};
  return defs;
}

/// A value per image or a scalar.
static bool isReportable(const Model &model, const TensorInfo &info) {
  return info.dtype == DType::F32 &&
         (info.rank() == 0 ||
          (info.rank() == 1 && info.shape[0] == model.batch));
}

static bool expectReportable(Reader &reader, const JsonValue &item, Ref ref) {
  const Model &model = reader.model;
  const TensorInfo *info = model.graph.info(ref);
  if (info && !ref.isInput() && isReportable(model, *info))
    return true;
  if (info)
    reader.problems
        .add(item, "'" + item.text +
                       "' is neither a value per image nor one "
                       "of the whole batch")
        .expected(
            formatv("f32 [{0}] or a scalar, computed by a node", model.batch))
        .got(toString(*info))
        .fix("name a node of a loss, such as 'softmax_cross_entropy'");
  return false;
}

static bool isPattern(StringRef text) {
  return text.find_first_of("*?[") != StringRef::npos;
}

/// The scalars that layers tell about themselves and that a pattern matches,
/// such as all "*.importance".
static bool addMatches(Reader &reader, const JsonValue &item,
                       llvm::SmallVectorImpl<Ref> &values) {
  llvm::Expected<llvm::GlobPattern> glob = llvm::GlobPattern::create(item.text);
  if (!glob) {
    reader.problems.add(item, "'" + item.text + "' is not a pattern")
        .expected("a name with *, ? or [letters]")
        .got(llvm::toString(glob.takeError()));
    return false;
  }
  const Graph &graph = reader.model.graph;
  size_t before = values.size();
  SmallVector<std::string> known;
  std::string fix = "remove it";
  for (auto [i, node] : llvm::enumerate(graph.nodes)) {
    for (auto [j, value] : llvm::enumerate(node.values)) {
      Ref ref{static_cast<int>(i), static_cast<int>(j)};
      if (value.isOutput || value.name.empty() || value.info.rank() != 0)
        continue;
      known.push_back(graph.nameOf(ref));
      if (glob->match(known.back()) && !llvm::is_contained(values, ref))
        values.push_back(ref);
    }
    for (const Absent &absent : node.absent)
      if (glob->match(node.name + "." + absent.name))
        fix = absent.fix;
  }
  if (values.size() != before || !graph.sound)
    return true;
  SmallVector<StringRef> names(known.begin(), known.end());
  reader.problems.add(item, "no value matches '" + item.text + "'")
      .expected(names.empty() ? "a loss of a layer, such as that of a 'moe' "
                                "node; there is none"
                              : joinNames(names))
      .got("'" + item.text + "'")
      .fix(fix);
  return false;
}

/// Reads a name, a pattern, or a list of both.
static bool readValues(Reader &reader, const JsonValue &json,
                       llvm::SmallVectorImpl<Ref> &values) {
  ArrayRef<JsonValue> items = json;
  if (json.isArray())
    items = json.items;
  bool good = !items.empty() && items.size() <= maxPatterns;
  if (!good)
    reader.problems.add(json, "'of' names too few or too many values")
        .expected(formatv("1 to {0} names or patterns", maxPatterns))
        .got(Twine(items.size()));
  for (const JsonValue &item : items.take_front(maxPatterns)) {
    if (item.isString() && isPattern(item.text)) {
      good &= addMatches(reader, item, values);
      continue;
    }
    std::optional<Ref> ref = resolve(reader, reader.model.graph, item);
    good &= ref && expectReportable(reader, item, *ref);
    if (ref && !llvm::is_contained(values, *ref))
      values.push_back(*ref);
  }
  // Several in the order of the graph, whatever that of the patterns.
  llvm::stable_sort(values, [&](Ref a, Ref b) {
    return std::make_pair(a.node, a.value) < std::make_pair(b.node, b.value);
  });
  return good;
}

static bool readTerm(Reader &reader, const JsonValue &json, LossTerm &term) {
  if (json.isString())
    return readValues(reader, json, term.values);
  SmallVector<StringRef> keys = {"of"};
  for (const AttrDef &def : termAttrs())
    keys.push_back(def.name);
  if (!json.isObject()) {
    reader.problems
        .add(json, "a part of the loss is neither a name nor an "
                   "object")
        .expected("\"ce\" or { \"of\": \"moe.importance\", \"weight\": 0.005 }")
        .got(json.describe());
    return false;
  }
  const JsonValue *of = json.find("of");
  if (json.find("op")) {
    reader.problems.add(json, "the loss is not the name of a node")
        .expected("\"ce\", or a list with \"ce\" and { \"of\": "
                  "\"moe.importance\", \"weight\": 0.005 }")
        .got(json.describe())
        .fix("make it a node of 'training.nodes', and name that");
    return false;
  }
  AttrValues values;
  bool good =
      reader.object(json, "a part of the loss", keys) &&
      reader.attributes(json, termAttrs(), "a part of the loss", "", values);
  term.weight = values["weight"].real;
  if (!of)
    reader.missing(json, "a part of the loss", "of")
        .expected("a name, a pattern, or a list of them");
  return of && readValues(reader, *of, term.values) && good;
}

bool moec::import::checkLoss(Reader &reader, const JsonValue &training) {
  Model &model = reader.model;
  const JsonValue *loss = training.find("loss");
  if (!loss) {
    reader.missing(training, "'training'", "loss")
        .expected("the name of a node, or a list of them");
    return false;
  }
  ArrayRef<JsonValue> parts = *loss;
  if (loss->isArray())
    parts = loss->items;
  if (parts.empty() || parts.size() > maxPatterns) {
    reader.problems.add(*loss, "the loss has too few or too many parts")
        .expected(formatv("1 to {0}", maxPatterns))
        .got(Twine(parts.size()));
    return false;
  }
  bool good = true;
  for (const JsonValue &part : parts)
    good &= readTerm(reader, part, model.loss.emplace_back());
  SmallVector<Ref> seen;
  for (const LossTerm &term : model.loss)
    for (Ref ref : term.values) {
      if (llvm::is_contained(seen, ref)) {
        reader.problems
            .add(*loss, "'" + model.graph.nameOf(ref) +
                            "' is in two parts of "
                            "the loss")
            .expected("each value once");
        good = false;
      }
      seen.push_back(ref);
    }
  return good;
}

bool moec::import::checkMetrics(Reader &reader, const JsonValue &training) {
  Model &model = reader.model;
  const JsonValue *metrics = training.find("metrics");
  if (!metrics) {
    addAccuracy(reader);
    return true;
  }
  if (!metrics->isArray()) {
    reader.problems.add(*metrics, "'metrics' is not a list of names")
        .expected("[\"accuracy\", ...]")
        .got(metrics->describe());
    return false;
  }
  bool good = true;
  for (const JsonValue &item : metrics->items) {
    std::optional<Ref> ref = resolve(reader, model.graph, item);
    if (!ref || !expectReportable(reader, item, *ref)) {
      good = false;
      continue;
    }
    bool taken = item.text == "loss" || item.text == "grad_norm" ||
                 llvm::any_of(model.metrics, [&](const Metric &metric) {
                   return metric.name == item.text;
                 });
    if (taken) {
      reader.problems.add(item, "there is a metric '" + item.text + "'")
          .expected("names of other nodes; 'loss' and 'grad_norm' are reported "
                    "by themselves")
          .fix("remove it, or rename the node");
      good = false;
    }
    model.metrics.push_back({item.text, *ref});
  }
  return good;
}

bool moec::import::findRouting(Reader &reader, const JsonValue &flag) {
  Model &model = reader.model;
  const Graph &graph = model.graph;
  if (!graph.sound)
    return false;
  SmallVector<Ref> loss;
  for (const LossTerm &term : model.loss)
    loss.append(term.values);
  Use use = findUse(graph, loss, /*training=*/true);
  for (auto [i, node] : llvm::enumerate(graph.nodes))
    for (auto [j, value] : llvm::enumerate(node.values))
      if (value.over == NodeValue::Over::Join &&
          use.needs(static_cast<int>(i))) {
        Ref ref{static_cast<int>(i), static_cast<int>(j)};
        model.routing.push_back({graph.nameOf(ref), ref});
      }
  if (!model.routing.empty())
    return true;
  reader.problems.add(flag, "'routing_statistics' has nothing to act on")
      .expected("a 'moe' node that the loss needs")
      .fix(
          "remove it; 'soft_moe' drops nothing, its shares are 'NODE.experts'");
  return false;
}

/// The node of the loss that compares logits with labels, or -1.
static int findClassification(const Model &model) {
  for (const LossTerm &term : model.loss)
    for (Ref ref : term.values)
      if (!ref.isInput() && model.graph.nodes[ref.node].op->classifies)
        return ref.node;
  return -1;
}

void moec::import::addAccuracy(Reader &reader) {
  Model &model = reader.model;
  int loss = findClassification(model);
  if (loss < 0 || !model.graph.nodes[loss].known())
    return;
  // Of a loss of two labels the first, which has the larger share.
  SmallVector<Ref> inputs(
      ArrayRef<Ref>(model.graph.nodes[loss].inputs).take_front(2));
  int node = addNode(reader, model.graph, "accuracy", accuracyOp, inputs);
  model.metrics.push_back({"accuracy", {node, 0}});
}

void moec::import::findLogits(Reader &reader, bool hasTraining) {
  Model &model = reader.model;
  Graph &graph = model.graph;
  if (hasTraining) {
    int node = findClassification(model);
    for (const Metric &metric : model.metrics)
      if (node < 0 && !metric.value.isInput() &&
          graph.nodes[metric.value.node].op == &accuracyOp)
        node = metric.value.node;
    if (node < 0 || !graph.nodes[node].known())
      return;
    model.logits = graph.nodes[node].inputs[0];
    model.label = graph.nodes[node].inputs[1].inputIndex();
    return;
  }
  // The one output that may be logits.
  for (const Output &output : model.outputs) {
    const TensorInfo *info = graph.info(output.value);
    if (!info || info->rank() != 2 || info->shape[0] != model.batch)
      continue;
    // Not what a layer tells about itself.
    const NodeValue &value =
        graph.nodes[output.value.node].values[output.value.value];
    if (!value.isOutput && !value.name.empty())
      continue;
    if (model.logits && !(*model.logits == output.value)) {
      model.logits.reset();
      return;
    }
    model.logits = output.value;
  }
  if (!model.logits)
    return;
  // Evaluation brings labels of its own.
  std::string name = "label";
  auto taken = [&](const Input &input) { return input.field == name; };
  while (graph.names.contains(name) || llvm::any_of(graph.inputs, taken))
    name += "_";
  model.label = static_cast<int>(graph.inputs.size());
  Ref label = Ref::input(graph.inputs.size());
  graph.inputs.push_back(
      {name, {{model.batch}, DType::I32}, name, true, &reader.root});
  int loss = addNode(reader, graph, "loss", softmaxCrossEntropyOp,
                     {*model.logits, label});
  model.loss.push_back({{{loss, 0}}, 1});
  addAccuracy(reader);
}
