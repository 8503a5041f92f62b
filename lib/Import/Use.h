//===- Use.h - What of a graph a use of it needs ---------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_USE_H
#define MOEC_LIB_IMPORT_USE_H

#include "lib/Import/Model.h"
#include "llvm/ADT/SmallBitVector.h"

namespace moec::import {

/// The nodes, values and inputs of a graph that some values are computed from;
/// of blocks that nodes run likewise.
struct Use {
  const Graph *graph = nullptr;
  std::vector<llvm::SmallBitVector> wanted; ///< values of each node
  std::vector<bool> inputs;                 ///< of the graph
  std::map<int, std::vector<Use>> blocks;   ///< by node, one a run

  bool needs(int node) const { return wanted[node].any(); }
  /// Whether a node that is needed draws random numbers.
  bool isRandom() const;
};

/// What `results` are computed from.
Use findUse(const Graph &graph, llvm::ArrayRef<Ref> results, bool training);

/// The value of a block's graph that value `index` of a node which runs it is.
Ref innerValue(const Node &node, const Run &run, int index);

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_USE_H
