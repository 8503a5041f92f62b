//===- Bench.cpp - The command bench, and profiles ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Fail.h"
#include "runtime/core/JsonView.h"
#include "runtime/core/Random.h"
#include "runtime/cpu/FmaPeak.h"
#include "runtime/tool/Say.h"
#include "runtime/tool/Tool.h"
#include "runtime/train/Feed.h"
#include "runtime/train/HostInputs.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace moec::rt {

std::string profileTable(const Session &session, int64_t runs) {
  const Manifest &manifest = session.manifest();
  const std::vector<KernelCost> &costs = session.costs();
  std::vector<size_t> order(costs.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return costs[a].seconds > costs[b].seconds;
  });
  double total = 0;
  for (const KernelCost &cost : costs)
    total += cost.seconds;
  std::string table =
      fmt::format("{:>9} {:>6} {:>8} {:>9} {:>8}  {}\n", "ms", "%", "launches",
                  "GFLOP/s", "GB/s", "kernel: nodes");
  for (size_t i : order) {
    const KernelCost &cost = costs[i];
    const Kernel &kernel = manifest.kernels[i];
    if (cost.launches == 0)
      continue;
    double seconds = std::max(cost.seconds, 1e-12);
    table += fmt::format("{:9.3f} {:6.1f} {:8} {:9.1f} {:8.1f}  {}: {}\n",
                         cost.seconds * 1e3 / double(runs),
                         100 * cost.seconds / total, cost.launches / runs,
                         kernel.flops * double(cost.launches) / seconds * 1e-9,
                         kernel.bytes * double(cost.launches) / seconds * 1e-9,
                         kernel.symbol, fmt::join(kernel.nodes, ", "));
  }
  table += fmt::format("{:9.3f} {:6.1f}           total\n",
                       total * 1e3 / double(runs), total > 0 ? 100.0 : 0.0);
  return table;
}

nlohmann::ordered_json profileJson(const Session &session, int64_t runs,
                                   bool counters) {
  auto kernels = nlohmann::ordered_json::array();
  for (size_t k = 0; k < session.costs().size(); ++k) {
    const KernelCost &cost = session.costs()[k];
    const Kernel &kernel = session.manifest().kernels[k];
    if (cost.launches == 0)
      continue;
    nlohmann::ordered_json item = {
        {"symbol", kernel.symbol},
        {"kind", kernel.kind},
        {"nodes", kernel.nodes},
        {"launches", cost.launches / runs},
        {"ms", cost.seconds * 1e3 / double(runs)},
        {"gflops_per_second", kernel.flops * double(cost.launches) /
                                  std::max(cost.seconds, 1e-12) * 1e-9}};
    if (!kernel.variant.empty())
      item["variant"] = kernel.variant;
    if (counters)
      item["counters"] = counterJson(session, k, runs);
    kernels.push_back(std::move(item));
  }
  return kernels;
}

void fillFields(Session &session, int64_t index, uint64_t seed) {
  const Manifest &manifest = session.manifest();
  const Entry &entry = manifest.entries[index];
  int64_t classes = std::max<int64_t>(1, moduleClasses(manifest));
  for (size_t i = 0; i < entry.inputs.size(); ++i) {
    const TensorInfo &tensor = entry.inputs[i];
    if (entry.inputs[i].source == InputSource::Host)
      continue;
    uint64_t key = streamKey(seed, "bench " + tensor.name);
    void *data = session.input(index, int64_t(i));
    for (int64_t e = 0; e < tensor.elements; ++e) {
      uint64_t bits = randomBits(key, uint64_t(e));
      if (tensor.dtype == DType::U8)
        static_cast<uint8_t *>(data)[e] = uint8_t(bits);
      else if (tensor.dtype == DType::I32)
        static_cast<int32_t *>(data)[e] = int32_t(bits % uint64_t(classes));
      else
        static_cast<float *>(data)[e] =
            float(double(bits >> 11) * 0x1p-52 - 1.0);
    }
  }
}

/// The value that a share `p` of the sorted samples does not exceed.
static double percentile(const std::vector<double> &sorted, double p) {
  size_t rank = size_t(std::ceil(p * double(sorted.size())));
  return sorted[std::min(sorted.size() - 1, rank ? rank - 1 : 0)];
}

static int64_t pickEntry(const Module &module, const BenchOptions &options) {
  if (!options.entry.empty())
    return module.requireEntry(options.entry, options.batch);
  int64_t train = module.manifest().findEntry("train_step", options.batch);
  return train >= 0 ? train : pickInferEntry(module, options.batch);
}

/// What a run of the entry took, over the timed runs.
namespace {
struct Timing {
  double least, median, p90, p99;
  explicit Timing(std::vector<double> samples) {
    std::sort(samples.begin(), samples.end());
    least = samples.front();
    median = percentile(samples, 0.5);
    p90 = percentile(samples, 0.9);
    p99 = percentile(samples, 0.99);
  }
};
} // namespace

/// `peak` is 0 where it was not measured.
static nlohmann::ordered_json
benchJson(const Session &session, const Entry &entry, const Timing &timing,
          int64_t runs, double peak, const BenchOptions &options) {
  double rate = entry.modelFlops / timing.median;
  nlohmann::ordered_json object = {
      {"model", session.manifest().model},
      {"entry", entry.name},
      {"batch", entry.batch},
      {"device", session.device().describe()},
      {"threads", session.threads()},
      {"repetitions", runs},
      {"min_ms", timing.least * 1e3},
      {"median_ms", timing.median * 1e3},
      {"p90_ms", timing.p90 * 1e3},
      {"p99_ms", timing.p99 * 1e3},
      {"images_per_second", double(entry.batch) / timing.median},
      {"model_gflops_per_second", rate * 1e-9}};
  if (peak > 0) {
    object["fma_peak_gflops_per_second"] = peak * 1e-9;
    object["fma_peak_isa"] = fmaPeakIsa();
    object["share_of_peak"] = rate / peak;
  }
  if (options.profile || options.counters)
    object["kernels"] = profileJson(session, runs, options.counters);
  return object;
}

int benchCommand(std::shared_ptr<const Module> module,
                 const BenchOptions &options) {
  int64_t index = pickEntry(*module, options);
  const Entry &entry = module->manifest().entries[index];
  const DeviceInfo &device = chosenDevice(*module, options);
  bool simulated = device.simulated;
  if (options.counters && !simulated)
    throw Error(fmt::format("--counters needs --device ptxsim, device {} "
                            "counts nothing",
                            device.name),
                ErrorCode::Usage);
  int64_t repetitions = options.repetitions.value_or(simulated ? 1 : 30);
  int64_t warmup = options.warmup.value_or(simulated ? 0 : 5);
  std::unique_ptr<Session> session =
      makeSession(module, options, options.counters);
  session->prepare(index);
  uint64_t seed = options.seed.value_or(module->manifest().training.seed);
  fillFields(*session, index, seed);
  bool hasPeak = session->device().isHost();
  double peak = hasPeak ? measureFmaPeak(session->threads()) : 0;

  std::vector<double> samples;
  samples.reserve(size_t(repetitions));
  for (int64_t i = -warmup; i < repetitions; ++i) {
    // A small rate, so that the model does not run away from its start.
    setHostInputs(*session, index, {1e-5, i + warmup + 1, seed});
    if (i == 0)
      session->clearCosts();
    double seconds = session->run(index);
    if (i >= 0)
      samples.push_back(seconds);
  }
  if (hasPeak)
    peak = std::max(peak, measureFmaPeak(session->threads()));

  Timing timing(std::move(samples));
  if (options.json) {
    say("{}\n",
        benchJson(*session, entry, timing, repetitions, peak, options).dump());
    return 0;
  }
  std::string where = hasPeak
                          ? fmt::format("threads {}", session->threads())
                          : fmt::format("on {}", session->device().describe());
  say("{} {} {}: {} runs after {} to warm up\n", module->manifest().model,
      entry.text(), where, repetitions, warmup);
  say("  min {:.3f}  median {:.3f}  p90 {:.3f}  p99 {:.3f} ms{}\n",
      timing.least * 1e3, timing.median * 1e3, timing.p90 * 1e3,
      timing.p99 * 1e3,
      simulated ? " that the simulation took, no time of a GPU" : "");
  double images = double(entry.batch) / timing.median;
  double rate = entry.modelFlops / timing.median;
  if (hasPeak)
    say("  {:.0f} img/s  {:.1f} GFLOP/s = {:.1f} % of the FMA peak ({:.1f} "
        "GFLOP/s, {}, measured in this run)\n",
        images, rate * 1e-9, 100 * rate / peak, peak * 1e-9, fmaPeakIsa());
  else if (!simulated)
    say("  {:.0f} img/s  {:.1f} GFLOP/s\n", images, rate * 1e-9);
  if (options.profile)
    say("{}", profileTable(*session, repetitions));
  if (options.counters)
    say("{}", counterTable(*session, repetitions));
  return 0;
}

} // namespace moec::rt
