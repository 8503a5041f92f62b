//===- CheckNodes.cpp - Checks the nodes of a model or block ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Reader.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"

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
  if (node.op == &repeatOp && !graph.name.empty()) {
    problems.add(*op, "a block cannot contain 'repeat'")
        .node(node.fullName)
        .fix("repeat the block from the nodes of the model");
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
    std::optional<Ref> ref = resolve(reader, graph, item, node.fullName);
    if (ref)
      node.inputs.push_back(*ref);
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
  SmallVector<std::pair<Ref, size_t>> stack; // node, next input to look at
  for (Ref first = 0, n = graph.nodes.size(); first != n; ++first) {
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
      Ref input = node.inputs[next];
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

std::optional<Ref> moec::import::resolve(Reader &reader, const Graph &graph,
                                         const JsonValue &name,
                                         StringRef node) {
  if (!name.isString()) {
    reader.problems.add(name, "an input is not a name")
        .node(node)
        .expected("the name of a node or an input")
        .got(name.describe());
    return std::nullopt;
  }
  auto found = graph.names.find(name.text);
  if (found != graph.names.end())
    return found->second;
  SmallVector<StringRef> known;
  if (!reader.problems.full()) {
    for (const Input &input : graph.inputs)
      known.push_back(input.name);
    for (const Node &other : graph.nodes)
      known.push_back(other.name);
  }
  reader.problems.add(name, "undefined name '" + name.text + "'")
      .node(node)
      .expected("a node or an input of the same graph")
      .got("'" + name.text + "'")
      .fix(suggest(name.text, known, "add a node of that name"));
  return std::nullopt;
}

void moec::import::checkNodes(Reader &reader, Graph &graph,
                              const JsonValue &nodes) {
  Problems &problems = reader.problems;
  for (auto [i, input] : llvm::enumerate(graph.inputs))
    graph.names.try_emplace(input.name, ~static_cast<Ref>(i));
  if (!nodes.isArray() || nodes.items.empty()) {
    problems.add(nodes, "'nodes' has no nodes")
        .expected("an array with at least one node")
        .got(nodes.describe());
    graph.sound = false;
    return;
  }
  std::vector<bool> usable;
  graph.nodes.resize(nodes.items.size());
  for (auto [i, json] : llvm::enumerate(nodes.items)) {
    Node &node = graph.nodes[i];
    usable.push_back(readNode(reader, graph, json, i, node));
    if (node.name.empty())
      continue;
    auto [entry, fresh] =
        graph.names.try_emplace(node.name, static_cast<Ref>(i));
    if (fresh)
      continue;
    Ref first = entry->second;
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
  for (auto [i, node] : llvm::enumerate(graph.nodes))
    if (node.json)
      usable[i] = readInputs(reader, graph, node) && usable[i];
  sortNodes(reader, graph);
  for (Ref i : graph.order) {
    Node &node = graph.nodes[i];
    // What depends on something broken is not checked: it would only repeat
    // the first problem.
    if (!usable[i] || !llvm::all_of(node.inputs, [&](Ref ref) {
          return graph.info(ref) != nullptr;
        })) {
      graph.sound = false;
      continue;
    }
    NodeCheck check(reader.model, graph, node, problems);
    node.result = node.op->check(check);
    if (!node.result)
      continue;
    bool fits = reader.elements(node.result->shape, *node.json,
                                "the result of '" + Twine(node.name) + "'",
                                node.fullName);
    for (const Shape &shape : node.temporaries)
      fits &= reader.elements(shape, *node.json,
                              "a value inside '" + Twine(node.name) + "'",
                              node.fullName);
    for (const ParamSpec &param : node.params)
      fits &= reader.elements(param.shape, *node.json,
                              "parameter '" + param.suffix + "' of '" +
                                  node.name + "'",
                              node.fullName);
    auto stackFits = [&](const Shape &shape, const Twine &what) {
      Shape stacked = {node.count};
      stacked.append(shape.begin(), shape.end());
      fits &= reader.elements(stacked, *node.json,
                              what + "' of '" + node.name + "'", node.fullName);
    };
    if (node.block)
      for (const Node &inner : node.block->nodes) {
        for (const ParamSpec &param : inner.params)
          stackFits(param.shape,
                    "parameter '" + inner.name + "." + param.suffix);
        if (inner.noise)
          stackFits(inner.noise->shape, "the noise of '" + inner.name);
      }
    if (!fits)
      node.result.reset();
  }
}
