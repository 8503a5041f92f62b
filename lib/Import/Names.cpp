//===- Names.cpp - What the names in a model stand for ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Reader.h"

using namespace moec::import;
using llvm::SmallVector;
using llvm::StringRef;

std::optional<int> moec::import::resolveBase(Reader &reader, const Graph &graph,
                                             const JsonValue &name,
                                             StringRef node) {
  if (!name.isString()) {
    reader.problems.add(name, "an input is not a name")
        .node(node)
        .expected("the name of a node or an input")
        .got(name.describe());
    return std::nullopt;
  }
  // A node with a dot in its name has a problem of its own already.
  StringRef base = StringRef(name.text).split('.').first;
  if (graph.names.contains(name.text))
    base = name.text;
  auto found = graph.names.find(base);
  if (found != graph.names.end())
    return found->second;
  SmallVector<std::string> known;
  if (!reader.problems.full()) {
    for (const Input &input : graph.inputs)
      known.push_back(input.name);
    for (const Node &other : graph.nodes) {
      known.push_back(other.name);
      if (base != name.text)
        for (const NodeValue &value : other.values)
          known.push_back(other.name + "." + value.name);
    }
  }
  SmallVector<StringRef> names(known.begin(), known.end());
  reader.problems.add(name, "undefined name '" + base + "'")
      .node(node)
      .expected("a node or an input of the same graph")
      .got("'" + name.text + "'")
      .fix(suggest(name.text, names, "add a node of that name"));
  return std::nullopt;
}

/// Reports that a node has no value of that name.
static void noValue(Reader &reader, const Graph &graph, const Node &base,
                    StringRef value, const JsonValue &name, StringRef node) {
  if (reader.problems.full())
    return;
  SmallVector<std::string> own, all;
  for (const Node &other : graph.nodes)
    for (const NodeValue &known : other.values)
      if (!known.name.empty()) {
        all.push_back(other.name + "." + known.name);
        if (&other == &base)
          own.push_back(all.back());
      }
  SmallVector<StringRef> names(all.begin(), all.end());
  std::string fix =
      suggest(name.text, names, "name the node alone, '" + base.name + "'");
  for (const Absent &absent : base.absent)
    if (value == absent.name)
      fix = absent.fix;
  if (!own.empty())
    names.assign(own.begin(), own.end());
  reader.problems.add(name, "'" + base.name + "' has no value '" + value + "'")
      .node(node)
      .expected(names.empty()
                    ? "a node; none of this graph has values of a name"
                    : joinNames(names))
      .got("'" + name.text + "'")
      .fix(fix);
}

std::optional<Ref> moec::import::resolve(Reader &reader, const Graph &graph,
                                         const JsonValue &name,
                                         StringRef node) {
  std::optional<int> base = resolveBase(reader, graph, name, node);
  if (!base)
    return std::nullopt;
  StringRef value = StringRef(name.text).split('.').second;
  if (graph.names.contains(name.text))
    value = "";
  if (*base >= 0 && !graph.nodes[*base].known())
    return std::nullopt;
  if (value.empty() && !StringRef(name.text).ends_with("."))
    return Ref{*base, 0};
  if (*base < 0) {
    reader.problems
        .add(name, "input '" + graph.inputs[~*base].name + "' has no values")
        .node(node)
        .expected("the name of an input or a node")
        .got("'" + name.text + "'");
    return std::nullopt;
  }
  int index = value.empty() ? -1 : graph.nodes[*base].findValue(value);
  if (index >= 0)
    return Ref{*base, index};
  noValue(reader, graph, graph.nodes[*base], value, name, node);
  return std::nullopt;
}

void moec::import::checkUse(Reader &reader, const Graph &graph,
                            llvm::ArrayRef<Ref> roots) {
  if (!graph.sound)
    return;
  std::vector<bool> used(graph.nodes.size());
  for (Ref ref : roots)
    if (!ref.isInput())
      used[ref.node] = true;
  for (int node : llvm::reverse(graph.order))
    for (Ref input : graph.nodes[node].inputs)
      if (used[node] && !input.isInput())
        used[input.node] = true;
  for (auto [i, node] : llvm::enumerate(graph.nodes))
    if (!used[i])
      reader.problems
          .add(*node.json, "the result of '" + node.name + "' is not used")
          .node(node.fullName)
          .expected(graph.name.empty()
                        ? "nodes that an output, the loss or a metric needs"
                        : "nodes that an output of the block needs")
          .fix("use it, or remove the node");
}
