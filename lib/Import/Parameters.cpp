//===- Parameters.cpp - Which parameters a model has, and whose ---------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Reader.h"
#include "llvm/Support/GlobPattern.h"

using namespace moec::import;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::StringRef;

std::string moec::import::runName(const Node &node, const Run &run,
                                  StringRef name) {
  if (node.runs.size() == 1)
    return name.str();
  return (name + "." + llvm::Twine(run.first)).str();
}

void moec::import::forEachParam(const Node &node, StringRef name,
                                ArrayRef<int64_t> counts, FoundParam found) {
  if (node.owner >= 0)
    return;
  auto join = [](StringRef a, StringRef b) {
    return a.empty() ? b.str() : (a + "." + b).str();
  };
  for (const ParamSpec &spec : node.params) {
    Shape shape(counts);
    shape.append(spec.shape);
    found(join(name, spec.suffix), shape, spec, node);
  }
  for (const Run &run : node.runs) {
    Shape inner(counts);
    if (node.op == &repeatOp)
      inner.push_back(run.count);
    for (const Node &each : run.graph->nodes)
      forEachParam(each, join(runName(node, run, name), each.name), inner,
                   found);
  }
}

void moec::import::forEachParam(const Graph &graph, FoundParam found) {
  for (const Node &node : graph.nodes)
    forEachParam(node, node.name, {}, found);
}

static bool isShadow(const Reader &reader, StringRef name) {
  const JsonValue *training = reader.root.find("training");
  const JsonValue *shadows = training ? training->find("shadows") : nullptr;
  return shadows && shadows->find(name);
}

static bool sameRuns(const Node &a, const Node &b) {
  return a.op == b.op && a.runs.size() == b.runs.size() &&
         llvm::all_of(llvm::zip(a.runs, b.runs), [](const auto &pair) {
           const auto &[x, y] = pair;
           return x.graph == y.graph && x.count == y.count;
         });
}

void moec::import::checkOwners(Reader &reader, Graph &graph) {
  auto ownerOf = [](const Node &node) -> const AttrValue * {
    auto found = node.attrs.find("parameters");
    return found != node.attrs.end() && found->second.json ? &found->second
                                                           : nullptr;
  };
  for (Node &node : graph.nodes) {
    const AttrValue *named = node.known() ? ownerOf(node) : nullptr;
    if (!named || node.owner >= 0)
      continue;
    auto problem = [&](const llvm::Twine &message) -> Problem & {
      graph.sound = false;
      return reader.problems.add(*named->json, message)
          .node(node.fullName)
          .got(named->json->describe());
    };
    StringRef name = named->text, shadow;
    if (name.contains('.'))
      std::tie(shadow, name) = name.split('.');
    if (!shadow.empty() && !isShadow(reader, shadow)) {
      problem("there is no shadow '" + shadow + "'")
          .expected("a name of training.shadows, then '.' and that of a node");
      continue;
    }
    if (!shadow.empty() && !graph.name.empty()) {
      problem("a block cannot use a shadow of parameters")
          .expected("a node of the model or of the training section");
      continue;
    }
    auto found = graph.names.find(name);
    const Node *owner = found == graph.names.end() || found->second < 0
                            ? nullptr
                            : &graph.nodes[found->second];
    if (owner && !owner->known())
      continue;
    if (!owner || ownerOf(*owner) || owner == &node ||
        !sameRuns(node, *owner)) {
      SmallVector<StringRef> fitting;
      for (const Node &other : graph.nodes)
        if (&other != &node && other.known() && !ownerOf(other) &&
            sameRuns(node, other))
          fitting.push_back(other.name);
      problem("no such parameters as '" + named->text + "'")
          .expected("another node with parameters of its own, that runs the "
                    "same block with the same sizes as often")
          .fix(fitting.empty() ? "leave 'parameters' out"
                               : "there is " + joinNames(fitting));
      continue;
    }
    node.owner = found->second;
    node.shadow = shadow.str();
  }
}

bool moec::import::matchesAny(ArrayRef<std::string> patterns, StringRef name) {
  return llvm::any_of(patterns, [&](StringRef pattern) {
    return llvm::cantFail(llvm::GlobPattern::create(pattern)).match(name);
  });
}

Init Model::initOf(StringRef name, const ParamSpec &spec) const {
  for (const InitRule &rule : inits) {
    if (!matchesAny(rule.match, name))
      continue;
    if (StringRef(rule.init.op) != "default")
      return rule.init;
    Init own = spec.init;
    own.alike = rule.init.alike;
    return own;
  }
  return spec.init;
}

const ParameterGroup *Training::groupOf(StringRef parameter) const {
  for (const ParameterGroup &group : groups)
    if (matchesAny(group.match, parameter))
      return &group;
  return nullptr;
}
