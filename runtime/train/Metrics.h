//===- Metrics.h - Means of what an entry reports ---------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TRAIN_METRICS_H
#define MOEC_RUNTIME_TRAIN_METRICS_H

#include "runtime/core/Session.h"

#include <array>

namespace moec::rt {

/// How the router of one layer shares items out, as docs/module-format.md says
/// of outputs "NODE.routing".
struct RoutingLayer {
  enum { Least, Mean, Most, Variation, Dropped, Overflow, Entropy, Count };
  static constexpr const char *names[Count] = {
      "least", "mean", "most", "variation", "dropped", "overflow", "entropy"};
  std::string node;   ///< as the model calls it
  int64_t number = 0; ///< of the layers of a repeat
  std::array<double, Count> values = {};
};

/// Means over several runs of an entry: of its metrics that are scalars, and of
/// its outputs and metrics "NODE.routing", f32 [layers, 7].
class MeanMetrics {
public:
  explicit MeanMetrics(const Entry &entry);

  /// Takes what the last run of the entry, number `index`, gave.
  void add(Session &session, int64_t index);
  void clear();
  int64_t runs() const { return count; }
  std::vector<std::pair<std::string, double>> scalars() const;
  std::vector<RoutingLayer> routing() const;

private:
  struct Sum {
    int64_t output; ///< index
    std::string name;
    std::vector<double> values;
  };
  int64_t count = 0;
  std::vector<Sum> scalarSums, routingSums;
};

/// Lines of a table with a heading, one a layer; nothing without layers.
std::vector<std::string> routingTable(const std::vector<RoutingLayer> &layers);

} // namespace moec::rt

#endif // MOEC_RUNTIME_TRAIN_METRICS_H
