//===- Counters.cpp - The tables of --counters ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Fail.h"
#include "runtime/tool/Tool.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace moec::rt {

/// The counters of a kernel by name, for each run.
static std::vector<std::pair<std::string, double>>
countersOf(const Session &session, size_t kernel, int64_t runs) {
  std::vector<std::pair<std::string, double>> result;
  std::vector<std::string> names = session.device().counterNames();
  const KernelCost &cost = session.costs()[kernel];
  for (size_t i = 0; i < std::min(names.size(), cost.counters.size()); ++i) {
    const std::string &name = names[i];
    constexpr std::string_view largest = "per_block";
    bool isLargest = name.size() >= largest.size() &&
                     name.compare(name.size() - largest.size(), largest.size(),
                                  largest) == 0;
    result.emplace_back(name,
                        cost.counters[i] / (isLargest ? 1.0 : double(runs)));
  }
  return result;
}

nlohmann::ordered_json counterJson(const Session &session, size_t kernel,
                                   int64_t runs) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (auto &[name, value] : countersOf(session, kernel, runs))
    object[name] = value;
  return object;
}

std::string counterTable(const Session &session, int64_t runs) {
  std::string table = fmt::format(
      "{:>8} {:>11} {:>11} {:>11} {:>11} {:>6} {:>11} {:>6} {:>9} {:>9} {:>9} "
      "{:>9} {:>9} {:>8} {:>6}  {}\n",
      "launches", "warp inst", "MFLOP", "tensor MF", "load sect", "excess",
      "store sect", "excess", "partial", "bulk KiB", "local KiB", "conflicts",
      "barriers", "shared", "stages", "kernel (nodes)");
  for (size_t k = 0; k < session.costs().size(); ++k) {
    const KernelCost &cost = session.costs()[k];
    if (cost.launches == 0)
      continue;
    std::map<std::string, double> c;
    for (auto &[name, value] : countersOf(session, k, runs))
      c[name] = value;
    // 1.00: every sector is one that the bytes need anyway.
    auto excess = [&](const char *sectors, const char *ideal) {
      return c[ideal] > 0 ? fmt::format("{:.2f}", c[sectors] / c[ideal])
                          : std::string("-");
    };
    const Kernel &kernel = session.manifest().kernels[k];
    table += fmt::format(
        "{:8} {:11.0f} {:11.3f} {:11.3f} {:11.0f} {:>6} {:11.0f} {:>6} {:9.0f} "
        "{:9.1f} {:9.1f} {:9.0f} {:9.0f} {:8.0f} {:6.0f}  {}\n",
        cost.launches / runs, c["warp_instructions"], c["float_flops"] * 1e-6,
        c["tensor_flops"] * 1e-6, c["global_load_sectors"],
        excess("global_load_sectors", "global_load_ideal_sectors"),
        c["global_store_sectors"],
        excess("global_store_sectors", "global_store_ideal_sectors"),
        c["global_partial_sectors"], c["bulk_bytes"] / 1024,
        c["local_bytes"] / 1024,
        c["shared_load_conflicts"] + c["shared_store_conflicts"] +
            c["wgmma_conflicts"],
        c["barriers"], c["shared_bytes_per_block"],
        std::max(c["bulk_stages_per_block"], c["cp_async_groups_per_block"]),
        kernelText(kernel));
  }
  return table;
}

} // namespace moec::rt
