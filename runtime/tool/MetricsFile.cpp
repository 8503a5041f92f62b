//===- MetricsFile.cpp - What epochs report, as JSON ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/tool/MetricsFile.h"

#include <nlohmann/json.hpp>

namespace moec::rt {

nlohmann::ordered_json routingJson(const std::vector<RoutingLayer> &layers) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const RoutingLayer &layer : layers) {
    nlohmann::ordered_json object = {{"node", layer.node},
                                     {"layer", layer.number}};
    for (size_t i = 0; i < RoutingLayer::Count; ++i)
      object[RoutingLayer::names[i]] = layer.values[i];
    list.push_back(std::move(object));
  }
  return list;
}

StepFile::Form metricsForm() {
  return {"--metrics", "JSON object with a \"step\"",
          [](std::string_view line) -> std::optional<int64_t> {
            auto object =
                nlohmann::json::parse(line.begin(), line.end(), nullptr, false);
            if (!object.is_object() || !object.contains("step") ||
                !object["step"].is_number_integer())
              return std::nullopt;
            return object["step"].get<int64_t>();
          }};
}

std::string metricsLine(const EpochReport &report) {
  nlohmann::ordered_json object = {{"epoch", report.epoch},
                                   {"step", report.step},
                                   {"images", report.images}};
  for (const auto &[name, value] : report.scalars)
    object[name] = value;
  if (!report.routing.empty())
    object["routing"] = routingJson(report.routing);
  return object.dump();
}

} // namespace moec::rt
