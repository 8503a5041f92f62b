//===- MetricsFile.h - What epochs report, as JSON --------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TOOL_METRICSFILE_H
#define MOEC_RUNTIME_TOOL_METRICSFILE_H

#include "runtime/tool/StepFile.h"
#include "runtime/train/Trainer.h"

#include <nlohmann/json_fwd.hpp>

namespace moec::rt {

/// An array of objects, one a layer: node, layer, and the names of
/// RoutingLayer with their values.
nlohmann::ordered_json routingJson(const std::vector<RoutingLayer> &layers);

/// --metrics: a JSON object a line, with "epoch", "step", "images", and what
/// was reported.
StepFile::Form metricsForm();
std::string metricsLine(const EpochReport &report);

} // namespace moec::rt

#endif // MOEC_RUNTIME_TOOL_METRICSFILE_H
