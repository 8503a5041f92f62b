//===- TuneCommand.cpp - moec tune ----------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Kernels are measured where they are used: the model is compiled with one
// candidate for every shape, run, and what its profile says of each kernel is
// noted; then with the next ones. So caches are as full as they are in a step,
// ragged kernels have the offsets that a router makes, and the number of rounds
// is that of candidates, not of shapes.
//
// Each round runs the cost model's build as well, and a candidate's time counts
// as a share of that one's. What seems faster has to be so once more, all of it
// in one build, beside the cost model's.
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/TuneCommand.h"
#include "lib/Driver/TuneMeasure.h"
#include "lib/Driver/TuningFile.h"
#include "runtime/core/Fail.h"
#include "runtime/data/File.h"
#include "runtime/data/LockedFile.h"
#include "runtime/tool/CommandLine.h"
#include "runtime/tool/OutputPaths.h"
#include "runtime/tool/Progress.h"
#include "runtime/tool/Say.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>

using namespace moec;
using namespace moec::driver;

namespace {
/// What is searched for one shape.
struct Search {
  std::vector<Schedule> candidates; ///< the cost model's choice first
  size_t best = 0;
  /// Of each candidate, its time as a share of that of the cost model's;
  /// infinite: not measured.
  std::vector<double> shares;
  double seconds = 0, modelSeconds = 0; ///< of the best, and of the first
};
using Searches = std::map<std::string, Search>;
} // namespace

/// A candidate has to be so much faster than the cost model's choice: less is
/// the noise of a measurement.
static constexpr double worthwhile = 0.98;
/// How often the build with all that seems faster is measured beside the cost
/// model's.
static constexpr int turns = 5;

/// What the file has already; new ones have this machine.
static TuningFile openFile(const TuneRequest &request,
                           const TuningMachine &here) {
  std::error_code error;
  if (!std::filesystem::exists(request.output, error))
    return {here, {}};
  TuningFile file = readTuningFile(request.output);
  requireMachine(file, here, request.output);
  return file;
}

/// The shapes of the build that the file does not have.
static Searches newShapes(const TuneBuild &build, const TuningFile &file) {
  Searches searches;
  for (const PlannedKernel &kernel : build.kernels)
    if (!file.entries.count(kernel.shape) && !kernel.candidates.empty()) {
      Search &search = searches[kernel.shape];
      search.candidates = kernel.candidates;
      search.shares.assign(kernel.candidates.size(), INFINITY);
    }
  return searches;
}

/// What the file has, and for each shape the candidate that `choose` names, if
/// there is one.
static Schedules
schedulesOf(const TuningFile &file, const Searches &searches,
            const std::function<size_t(const Search &)> &choose) {
  Schedules schedules = file.schedules();
  for (const auto &[shape, search] : searches)
    if (size_t choice = choose(search); choice < search.candidates.size())
      schedules[shape] = search.candidates[choice];
  return schedules;
}

static size_t numFaster(const Searches &searches) {
  return size_t(
      std::count_if(searches.begin(), searches.end(), [](const auto &search) {
        return search.second.best != 0;
      }));
}

/// Measures one candidate of each shape that has so many.
static void tryCandidates(size_t round, const TuneBuild &model,
                          const TuneRequest &request, const TuningFile &file,
                          Searches &searches, rt::Progress &progress,
                          const std::string &label) {
  progress.show(label + ": compiling");
  TuneBuild build =
      buildWith(request, schedulesOf(file, searches,
                                     [&](const Search &) { return round; }));
  progress.show(label + ": running");
  TuneComparison times = measureInTurn(model, build, request, 1);
  size_t measured = 0;
  for (auto &[shape, search] : searches) {
    if (round >= search.candidates.size())
      continue;
    ++measured;
    // Of kernels that no run reaches nothing is known.
    if (auto share = times.shares.shapes.find(shape);
        share != times.shares.shapes.end())
      search.shares[round] = share->second;
  }
  progress.line(fmt::format("{}: {} shapes, {:.3f} ms in all, the cost model's "
                            "{:.3f} ms",
                            label, measured, times.second.whole * 1e3,
                            times.first.whole * 1e3));
}

/// The fastest candidate of each shape.
static void choose(Searches &searches) {
  for (auto &[shape, search] : searches) {
    auto least = std::min_element(search.shares.begin(), search.shares.end());
    if (*least <= worthwhile)
      search.best = size_t(least - search.shares.begin());
  }
}

/// Measures all that seems faster in one build, and goes back to the cost
/// model's choice where it is not, until it is. Returns seconds of a run with
/// the cost model's schedules and with these.
static std::pair<double, double>
check(const TuneBuild &model, double modelSeconds, const TuneRequest &request,
      const TuningFile &file, Searches &searches, rt::Progress &progress) {
  while (size_t faster = numFaster(searches)) {
    progress.show(fmt::format("checking {} schedules", faster));
    TuneBuild build = buildWith(
        request, schedulesOf(file, searches,
                             [](const Search &search) { return search.best; }));
    TuneComparison times = measureInTurn(model, build, request, turns);
    for (auto &[shape, search] : searches) {
      if (!search.best)
        continue;
      auto share = times.shares.shapes.find(shape);
      if (share == times.shares.shapes.end() || share->second > worthwhile) {
        search.best = 0;
        continue;
      }
      search.modelSeconds = times.first.shapes[shape];
      search.seconds = share->second * search.modelSeconds;
    }
    size_t kept = numFaster(searches);
    progress.line(fmt::format("checked {} schedules: {} are faster, {:.3f} ms "
                              "in all, the cost model's {:.3f} ms",
                              faster, kept, times.second.whole * 1e3,
                              times.first.whole * 1e3));
    modelSeconds = times.first.whole;
    if (kept < faster)
      continue;
    if (times.shares.whole < 1)
      return {modelSeconds, times.shares.whole * modelSeconds};
    // A kernel that is faster may cost others more than it saves.
    for (auto &[shape, search] : searches)
      search.best = 0;
  }
  return {modelSeconds, modelSeconds};
}

/// Keeps what was found of every shape that some run reaches.
static void finish(const Searches &searches, TuningFile &file) {
  for (const auto &[shape, search] : searches) {
    if (!std::isfinite(search.shares[0]))
      continue;
    auto round = [](double seconds) {
      return std::round(seconds * 1e6) * 1e-3;
    };
    double seconds = search.best ? search.seconds : search.modelSeconds;
    file.entries[shape] = {search.candidates[search.best], round(seconds),
                           round(search.modelSeconds)};
  }
}

static int tune(TuneRequest &request) {
  std::optional<TuningMachine> here = tuningMachine(request.compile);
  if (!here)
    return 1;
  rt::checkOutputs({{"-o", request.output}},
                   {{"the model", request.compile.model}});
  TuningFile file = openFile(request, *here);
  rt::Progress progress(stdout);
  TuneBuild model = buildWith(request, file.schedules());
  Searches searches = newShapes(model, file);
  size_t rounds = 0;
  for (const auto &[shape, search] : searches)
    rounds = std::max(rounds, search.candidates.size());
  progress.line(fmt::format("{}: {} shapes to measure, {} known, in {} rounds",
                            model.module->manifest().model, searches.size(),
                            file.entries.size(), rounds));
  if (searches.empty())
    return 0;
  auto label = [&](size_t round) {
    return fmt::format("round {} of {}", round + 1, rounds);
  };
  progress.show(label(0) + ": running");
  TuneTimes first = measure(model, request);
  for (auto &[shape, search] : searches)
    if (auto found = first.shapes.find(shape); found != first.shapes.end()) {
      search.shares[0] = 1;
      search.modelSeconds = found->second;
    }
  progress.line(fmt::format("{}: {} shapes, {:.3f} ms in all", label(0),
                            searches.size(), first.whole * 1e3));
  for (size_t round = 1; round < rounds; ++round)
    tryCandidates(round, model, request, file, searches, progress,
                  label(round));
  choose(searches);
  auto [before, now] =
      check(model, first.whole, request, file, searches, progress);
  finish(searches, file);
  rt::writeFileAtomic(request.output, {file.text()});
  progress.line(
      fmt::format("wrote {}: {} shapes, {} of the {} new ones faster than "
                  "the cost model's; without these {:.3f} ms, with "
                  "them {:.3f} ms",
                  request.output, file.entries.size(), numFaster(searches),
                  searches.size(), before * 1e3, now * 1e3));
  return 0;
}

void moec::driver::addTune(CLI::App &parent, std::function<int()> &action) {
  auto request = std::make_shared<TuneRequest>();
  CLI::App *app = parent.add_subcommand(
      "tune", "Measure schedules of a model's kernels on this machine");
  app->add_option("model", request->compile.model, "JSON model")->required();
  app->add_option("-o,--output", request->output,
                  "Tuning file to write, for --tuning; what it has already is "
                  "not measured again")
      ->required();
  app->add_option_function<std::string>(
         "--mode",
         [request](const std::string &mode) {
           request->compile.train = mode == "train";
         },
         "infer (default) or train: also the training step")
      ->check(rt::oneOf({"infer", "train"}));
  app->add_option("--batch", request->compile.batch,
                  "Batch size (default: those that the model lists)")
      ->check(rt::wholeNumber(1));
  app->add_option("--precision", request->compile.precision,
                  "f32 or bf16 (default: the model's, else f32)")
      ->check(rt::oneOf({"f32", "bf16"}));
  app->add_option("--threads", request->threads,
                  "Threads (default: OMP_NUM_THREADS, else all "
                  "cores)")
      ->check(rt::wholeNumber(1, 1024));
  app->add_option("--candidates", request->candidates,
                  fmt::format("Schedules to measure for a shape (default: {})",
                              request->candidates))
      ->check(rt::wholeNumber(1, 1000));
  app->add_option("--repetitions", request->repetitions,
                  fmt::format("Runs of each, of which the median counts "
                              "(default: {})",
                              request->repetitions))
      ->check(rt::wholeNumber(1, 100000));
  app->callback(
      [&action, request] { action = [request] { return tune(*request); }; });
}
