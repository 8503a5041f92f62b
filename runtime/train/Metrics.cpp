//===- Metrics.cpp - Means of what an entry reports -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/train/Metrics.h"

#include "runtime/core/Text.h"

#include <algorithm>
#include <fmt/format.h>

namespace moec::rt {

static const std::string routingSuffix = ".routing";

static bool isRouting(const OutputInfo &output) {
  const std::string &name = output.name;
  return name.size() > routingSuffix.size() &&
         name.compare(name.size() - routingSuffix.size(), routingSuffix.size(),
                      routingSuffix) == 0 &&
         output.dtype == DType::F32 && output.shape.size() == 2 &&
         output.shape[1] == RoutingLayer::Count;
}

MeanMetrics::MeanMetrics(const Entry &entry) {
  for (size_t i = 0; i < entry.outputs.size(); ++i) {
    const OutputInfo &output = entry.outputs[i];
    std::vector<double> zeros(size_t(output.elements));
    if (isRouting(output))
      routingSums.push_back(
          {int64_t(i),
           output.name.substr(0, output.name.size() - routingSuffix.size()),
           std::move(zeros)});
    else if (output.kind == OutputKind::Metric && output.shape.empty() &&
             output.dtype == DType::F32)
      scalarSums.push_back({int64_t(i), output.name, std::move(zeros)});
  }
}

void MeanMetrics::add(Session &session, int64_t index) {
  ++count;
  for (std::vector<Sum> *sums : {&scalarSums, &routingSums})
    for (Sum &sum : *sums) {
      auto *values =
          static_cast<const float *>(session.output(index, sum.output));
      for (size_t i = 0; i < sum.values.size(); ++i)
        sum.values[i] += double(values[i]);
    }
}

void MeanMetrics::clear() {
  count = 0;
  for (std::vector<Sum> *sums : {&scalarSums, &routingSums})
    for (Sum &sum : *sums)
      std::fill(sum.values.begin(), sum.values.end(), 0.0);
}

std::vector<std::pair<std::string, double>> MeanMetrics::scalars() const {
  std::vector<std::pair<std::string, double>> means;
  if (count)
    for (const Sum &sum : scalarSums)
      means.emplace_back(sum.name, sum.values[0] / double(count));
  return means;
}

std::vector<RoutingLayer> MeanMetrics::routing() const {
  std::vector<RoutingLayer> layers;
  if (!count)
    return layers;
  for (const Sum &sum : routingSums)
    for (size_t at = 0; at < sum.values.size(); at += RoutingLayer::Count) {
      RoutingLayer &layer = layers.emplace_back();
      layer.node = sum.name;
      layer.number = int64_t(at / RoutingLayer::Count);
      for (size_t i = 0; i < RoutingLayer::Count; ++i)
        layer.values[i] = sum.values[at + i] / double(count);
    }
  return layers;
}

std::vector<std::string> routingTable(const std::vector<RoutingLayer> &layers) {
  std::vector<std::string> lines, names;
  if (layers.empty())
    return lines;
  size_t width = std::string("routing").size();
  for (const RoutingLayer &layer : layers) {
    names.push_back(
        fmt::format("{} {}", escapeControls(layer.node), layer.number));
    width = std::max(width, names.back().size());
  }
  lines.push_back(fmt::format(
      "  {:<{}}  items of an expert: {:>7} {:>8} {:>7}  std/mean   dropped  "
      "overflow  entropy",
      "routing", width, "least", "mean", "most"));
  for (size_t i = 0; i < layers.size(); ++i) {
    const auto &v = layers[i].values;
    lines.push_back(fmt::format(
        "  {:<{}}  {:19} {:7.1f} {:8.1f} {:7.1f}  {:8.3f} {:7.2f} % {:7.2f} % "
        "{:8.3f}",
        names[i], width, "", v[RoutingLayer::Least], v[RoutingLayer::Mean],
        v[RoutingLayer::Most], v[RoutingLayer::Variation],
        100 * v[RoutingLayer::Dropped], 100 * v[RoutingLayer::Overflow],
        v[RoutingLayer::Entropy]));
  }
  return lines;
}

} // namespace moec::rt
