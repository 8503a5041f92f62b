//===- CheckNodes.cpp - Checks the nodes of a model or block ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Reader.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"
#include <functional>

using namespace moec::import;
using llvm::formatv;
using llvm::SmallVector;
using llvm::StringRef;
using llvm::Twine;

static std::string fullName(const Graph &graph, StringRef name) {
  return graph.name.empty() ? name.str() : graph.name + "." + name.str();
}

/// Reads name, op and attributes of a node. False if it cannot be used.
static bool readNode(Reader &reader, Graph &graph, const JsonValue &json,
                     size_t index, Node &node) {
  Problems &problems = reader.problems;
  std::string what = formatv("node {0}", index);
  if (!json.isObject()) {
    reader.object(json, what, {});
    return false;
  }
  node.json = &json;
  bool good = true;
  const JsonValue *name = json.find("name");
  if (!name || !name->isString()) {
    Problem &problem = reader.missing(json, what, "name");
    problem.fix("give it a name; other nodes and the weights file need it");
    if (name)
      problem.got(name->describe());
    good = false;
  } else {
    node.name = name->text;
    good = reader.identifier(name->text, *name, "the node's name");
    what = "node '" + node.name + "'";
  }
  node.fullName = fullName(graph, node.name);

  const JsonValue *op = json.find("op");
  if (!op || !op->isString()) {
    Problem &problem = reader.missing(json, what, "op", node.fullName);
    problem.expected(joinNames(opNames()));
    if (op)
      problem.got(op->describe());
    return false;
  }
  node.op = findOp(op->text);
  if (!node.op) {
    problems.add(*op, "unknown op '" + op->text + "'")
        .node(node.fullName)
        .expected(joinNames(opNames()))
        .got("'" + op->text + "'")
        .fix(suggest(op->text, opNames(), "use one of these ops"));
    return false;
  }
  SmallVector<StringRef> keys = {"name", "op", "inputs", "description"};
  for (const AttrDef &def : node.op->attrs)
    keys.push_back(def.name);
  reader.object(json, "'" + Twine(node.op->name) + "'", keys, node.fullName);
  bool attrs =
      reader.attributes(json, node.op->attrs, what, node.fullName, node.attrs);
  return good && attrs;
}

/// Fills the inputs of a node. False after a problem.
static bool readInputs(Reader &reader, Graph &graph, Node &node) {
  const JsonValue *inputs = node.json->find("inputs");
  if (!inputs || !inputs->isArray()) {
    Problem &problem = reader.missing(
        *node.json, "node '" + Twine(node.name) + "'", "inputs", node.fullName);
    problem.expected("an array of names");
    if (inputs)
      problem.got(inputs->describe());
    return false;
  }
  bool good = true;
  for (const JsonValue &item : inputs->items) {
    std::optional<int> base = resolveBase(reader, graph, item, node.fullName);
    if (base)
      node.inputs.push_back({*base, 0});
    else
      good = false;
  }
  if (!node.op)
    return false;
  size_t count = inputs->items.size();
  unsigned low = node.op->minInputs, high = node.op->maxInputs;
  if (count < low || count > high) {
    std::string wanted = low == high ? std::to_string(low)
                                     : formatv("{0} to {1}", low, high).str();
    reader.problems
        .add(*inputs,
             formatv("'{0}' takes {1} input{2}, not {3}", node.op->name, wanted,
                     high == 1 ? "" : "s", count))
        .node(node.fullName)
        .expected(wanted)
        .got(Twine(count));
    return false;
  }
  return good;
}

/// Orders the nodes by what they read, otherwise as in the file. Reports one
/// cycle, if there are any, and leaves its nodes out.
static void sortNodes(Reader &reader, Graph &graph) {
  enum { Unseen, Open, Done };
  std::vector<int> state(graph.nodes.size(), Unseen);
  for (int node : graph.order)
    state[node] = Done;
  SmallVector<std::pair<int, size_t>> stack; // node, next input to look at
  for (int first = 0, n = graph.nodes.size(); first != n; ++first) {
    if (state[first] != Unseen)
      continue;
    stack.push_back({first, 0});
    state[first] = Open;
    while (!stack.empty()) {
      auto [at, next] = stack.back();
      const Node &node = graph.nodes[at];
      if (next == node.inputs.size()) {
        state[at] = Done;
        graph.order.push_back(at);
        stack.pop_back();
        continue;
      }
      ++stack.back().second;
      int input = node.inputs[next].node;
      if (input < 0 || state[input] == Done)
        continue;
      if (state[input] == Unseen) {
        stack.push_back({input, 0});
        state[input] = Open;
        continue;
      }
      // What is open from `input` up is the cycle, each reading the next.
      auto *begin = llvm::find_if(
          stack, [&](const auto &entry) { return entry.first == input; });
      std::string text = graph.nodes[input].name;
      for (auto *it = stack.end(); it-- != begin;)
        text += " -> " + graph.nodes[it->first].name;
      reader.problems.add(*graph.nodes[input].json, "the nodes form a cycle")
          .node(graph.nodes[input].fullName)
          .expected("nodes that read only what is computed before them")
          .got(text)
          .fix("break the cycle at one of these inputs; use 'repeat' to run "
               "nodes several times");
      graph.sound = false;
      return;
    }
  }
}

/// Finds out which values the inputs are. False after a problem, of which the
/// node's own are reported.
static bool resolveInputs(Reader &reader, const Graph &graph, Node &node) {
  bool good = true;
  const JsonValue &names = *node.json->find("inputs");
  for (auto [ref, name] : llvm::zip(node.inputs, names.items)) {
    std::optional<Ref> found = resolve(reader, graph, name, node.fullName);
    if (!found || !graph.info(*found)) {
      good = false;
      continue;
    }
    ref = *found;
    if (ref.isInput() ||
        !graph.nodes[ref.node].values[ref.value].onlyInTraining)
      continue;
    reader.problems.add(name, "'" + name.text + "' exists in training only")
        .node(node.fullName)
        .expected("a value that inference has, too")
        .got("'" + name.text + "'")
        .fix("name it in 'loss' or 'metrics'");
    good = false;
  }
  return good;
}

/// Nodes of a graph, with those of the blocks that it runs.
static constexpr int64_t maxNodes = 100000;

/// Whether all that the node computes and has is of a size that can be.
static bool checkElements(Reader &reader, const Node &node) {
  bool fits = true;
  auto check = [&](llvm::ArrayRef<int64_t> shape, const Twine &what) {
    fits &= reader.elements(shape, *node.json, what, node.fullName);
  };
  if (!node.op->runsBlock())
    check(node.values.front().info.shape,
          "the result of '" + Twine(node.name) + "'");
  for (const Shape &shape : node.temporaries)
    check(shape, "a value inside '" + Twine(node.name) + "'");
  forEachParam(
      node, "", {},
      [&](StringRef name, auto shape, const ParamSpec &spec, const Node &) {
        check(shape, spec.kind() + " '" + name + "' of '" + node.name + "'");
      });
  // Of all layers at once.
  std::function<void(const Node &, Shape)> noise = [&](const Node &each,
                                                       Shape counts) {
    if (each.noise && !counts.empty()) {
      counts.append(each.noise->shape);
      check(counts, "the noise of '" + each.name + "' of '" + node.name + "'");
    }
    for (const Run &run : each.runs) {
      Shape all = counts;
      if (each.op == &repeatOp)
        all.push_back(run.count);
      for (const Node &inner : run.graph->nodes)
        noise(inner, all);
    }
  };
  noise(node, {});
  return fits;
}

/// Gives a node its values, whose inputs are known.
static void checkNode(Reader &reader, Graph &graph, Node &node) {
  NodeCheck check(reader, graph, node);
  std::optional<TensorInfo> result = node.op->check(check);
  if (!result) {
    node.values.clear();
    return;
  }
  if (!node.op->runsBlock())
    node.values.insert(node.values.begin(), {"", *result});
  int64_t weight = 1;
  for (const Run &run : node.runs)
    weight += run.graph->weight;
  graph.weight = std::min(graph.weight + weight, maxNodes + 1);
  if (graph.weight > maxNodes) {
    reader.problems.add(*node.json, "too many nodes")
        .node(node.fullName)
        .expected(formatv("at most {0}, where each use of a block counts its "
                          "nodes",
                          maxNodes))
        .fix("use 'repeat' for blocks that run one after the other");
    node.values.clear();
    return;
  }
  if (!checkElements(reader, node))
    node.values.clear();
}

int moec::import::addNode(Reader &reader, Graph &graph, StringRef name,
                          const OpDef &op, llvm::ArrayRef<Ref> inputs) {
  static const JsonValue none = [] {
    JsonValue value;
    value.kind = JsonValue::Kind::Object;
    return value;
  }();
  int index = static_cast<int>(graph.nodes.size());
  Node &node = graph.nodes.emplace_back();
  node.name = node.fullName = name.str();
  node.op = &op;
  node.json = &reader.root;
  node.inputs.assign(inputs.begin(), inputs.end());
  reader.attributes(none, op.attrs, "node '" + Twine(name) + "'", name,
                    node.attrs);
  checkNode(reader, graph, node);
  graph.order.push_back(index);
  return index;
}

void moec::import::checkNodes(Reader &reader, Graph &graph,
                              const JsonValue &nodes) {
  Problems &problems = reader.problems;
  size_t before = graph.nodes.size(), ordered = graph.order.size();
  for (auto [i, input] : llvm::enumerate(graph.inputs))
    graph.names.try_emplace(input.name, ~static_cast<int>(i));
  if (!nodes.isArray() || nodes.items.empty()) {
    problems.add(nodes, "'nodes' has no nodes")
        .expected("an array with at least one node")
        .got(nodes.describe());
    graph.sound = false;
    return;
  }
  std::vector<bool> usable;
  graph.nodes.resize(before + nodes.items.size());
  for (auto [i, json] : llvm::enumerate(nodes.items)) {
    Node &node = graph.nodes[before + i];
    usable.push_back(readNode(reader, graph, json, i, node));
    if (node.name.empty())
      continue;
    auto [entry, fresh] =
        graph.names.try_emplace(node.name, static_cast<int>(before + i));
    if (fresh)
      continue;
    int first = entry->second;
    const JsonValue *other =
        first < 0 ? graph.inputs[~first].json : graph.nodes[first].json;
    problems.add(*json.find("name"), "duplicate name '" + node.name + "'")
        .node(node.fullName)
        .expected("a name of its own")
        .got(formatv("the name of what stands at line {0}",
                     other->position.line))
        .fix("rename one of them");
    usable[i] = false;
  }
  for (size_t i = 0; i != usable.size(); ++i)
    if (Node &node = graph.nodes[before + i]; node.json)
      usable[i] = readInputs(reader, graph, node) && usable[i];
  sortNodes(reader, graph);
  for (int i : llvm::drop_begin(graph.order, ordered)) {
    Node &node = graph.nodes[i];
    // What depends on something broken is not checked: it would only repeat
    // the first problem.
    if (usable[i - before] && resolveInputs(reader, graph, node))
      checkNode(reader, graph, node);
    graph.sound &= node.known();
  }
  checkOwners(reader, graph);
}
