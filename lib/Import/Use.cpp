//===- Use.cpp - What of a graph a use of it needs ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Use.h"
#include "lib/Import/Ops.h"

using namespace moec::import;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::StringRef;

bool Use::isRandom() const {
  for (auto [i, node] : llvm::enumerate(graph->nodes))
    if (needs(static_cast<int>(i)) && (node.noise || node.drop))
      return true;
  return llvm::any_of(blocks, [](const auto &entry) {
    return llvm::any_of(entry.second,
                        [](const Use &use) { return use.isRandom(); });
  });
}

Ref moec::import::innerValue(const Node &node, const Run &run, int index) {
  if (node.values[index].isOutput)
    return run.graph->outputs[index];
  auto [name, value] = StringRef(node.values[index].name).split('.');
  int inner = run.graph->names.lookup(name);
  return {inner, run.graph->nodes[inner].findValue(value)};
}

/// The inputs of a node that runs a block, and what it needs of the block.
static SmallVector<Ref> useBlock(Use &use, int index, bool training) {
  const Node &node = use.graph->nodes[index];
  bool repeats = node.op == &repeatOp;
  size_t outputs = node.numOutputs();
  std::vector<Use> &runs = use.blocks[index];
  llvm::SmallBitVector reads(node.inputs.size());
  // A layer gives all its outputs to the next.
  if (repeats)
    reads.set(0, outputs);
  for (const Run &run : node.runs) {
    SmallVector<Ref> results;
    for (size_t i = 0; i != node.values.size(); ++i)
      if (use.wanted[index].test(i) || (repeats && i < outputs))
        results.push_back(innerValue(node, run, static_cast<int>(i)));
    runs.push_back(findUse(*run.graph, results, training));
    for (auto [i, read] : llvm::enumerate(runs.back().inputs))
      if (read)
        reads.set(i);
  }
  SmallVector<Ref> inputs;
  for (unsigned i : reads.set_bits())
    inputs.push_back(node.inputs[i]);
  return inputs;
}

Use moec::import::findUse(const Graph &graph, ArrayRef<Ref> results,
                          bool training) {
  Use use;
  use.graph = &graph;
  use.inputs.resize(graph.inputs.size());
  for (const Node &node : graph.nodes)
    use.wanted.emplace_back(std::max<size_t>(node.values.size(), 1));
  auto mark = [&](Ref ref) {
    if (ref.isInput())
      use.inputs[ref.inputIndex()] = true;
    else
      use.wanted[ref.node].set(ref.value);
  };
  llvm::for_each(results, mark);
  for (int node : llvm::reverse(graph.order))
    if (use.needs(node))
      llvm::for_each(
          graph.nodes[node].op->runsBlock()
              ? useBlock(use, node, training)
              : SmallVector<Ref>(graph.nodes[node].readInputs(training)),
          mark);
  return use;
}
