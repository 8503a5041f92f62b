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
//===----------------------------------------------------------------------===//

#include "lib/Driver/TuneCommand.h"
#include "lib/Driver/CompileModel.h"
#include "lib/Driver/TuningFile.h"
#include "runtime/core/Fail.h"
#include "runtime/core/Module.h"
#include "runtime/data/File.h"
#include "runtime/data/LockedFile.h"
#include "runtime/tool/CommandLine.h"
#include "runtime/tool/OutputPaths.h"
#include "runtime/tool/Progress.h"
#include "runtime/tool/Say.h"
#include "runtime/tool/Tool.h"
#include "runtime/train/HostInputs.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

using namespace moec;
using namespace moec::driver;

namespace {
struct TuneRequest {
  CompileRequest compile;
  std::string output;
  int threads = 0;
  int64_t candidates = 12, repetitions = 7;
};

/// A model that is compiled with certain schedules, and what they are.
struct Build {
  std::shared_ptr<const rt::Module> module;
  std::vector<PlannedKernel> kernels;
};

/// Seconds of a run: of the kernels of each shape, and of all entries.
struct Times {
  std::map<std::string, double> shapes;
  double whole = 0;
};

/// What is searched for one shape.
struct Search {
  std::vector<Schedule> candidates;
  size_t best = 0;
  std::vector<double> seconds; ///< of each candidate; infinite: not measured
};
} // namespace

/// A candidate has to be so much faster than the cost model's choice: less is
/// the noise of a measurement.
static constexpr double worthwhile = 0.98;

static Build compile(const TuneRequest &request, const Schedules &schedules) {
  rt::ScratchFolder folder;
  if (std::error_code error = folder.make())
    rt::fail("cannot make a folder for temporary files: {}; set TMPDIR to a "
             "folder that can be written",
             error.message());
  Build build;
  CompileRequest asked = request.compile;
  asked.output = folder.path() + "/module.moec";
  asked.tuning = schedules;
  asked.candidates = request.candidates;
  asked.planned = [&](std::vector<PlannedKernel> kernels) {
    build.kernels = std::move(kernels);
  };
  if (int code = compileModel(asked))
    throw rt::Error("'" + asked.model +
                        "' was not compiled; see the messages above",
                    rt::ErrorCode(code));
  build.module = rt::Module::load(asked.output, "of " + asked.model);
  return build;
}

static double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Runs every entry but the one that prepares variables, which is no part of a
/// step.
static Times measure(const Build &build, const TuneRequest &request) {
  rt::CommonOptions options;
  options.threads = request.threads;
  std::unique_ptr<rt::Session> session =
      rt::makeSession(build.module, options, /*measure=*/true);
  const rt::Manifest &manifest = session->manifest();
  uint64_t seed = manifest.training.seed;
  std::map<std::string, std::string> shapes; // by symbol
  for (const PlannedKernel &kernel : build.kernels)
    shapes[kernel.symbol] = kernel.shape;

  Times times;
  for (size_t e = 0; e < manifest.entries.size(); ++e) {
    if (manifest.entries[e].preparesDerived())
      continue;
    session->prepare(int64_t(e));
    rt::fillFields(*session, int64_t(e), seed);
    std::vector<double> whole;
    std::map<std::string, std::vector<double>> samples;
    constexpr int64_t warmup = 2;
    for (int64_t i = -warmup; i < request.repetitions; ++i) {
      rt::setHostInputs(*session, int64_t(e), {1e-5, i + warmup + 1, seed});
      session->clearCosts();
      double seconds = session->run(int64_t(e));
      if (i < 0)
        continue;
      whole.push_back(seconds);
      std::map<std::string, double> sums;
      for (size_t k = 0; k < session->costs().size(); ++k)
        if (auto found = shapes.find(manifest.kernels[k].symbol);
            found != shapes.end() && session->costs()[k].launches)
          sums[found->second] += session->costs()[k].seconds;
      for (const auto &[shape, sum] : sums)
        samples[shape].push_back(sum);
    }
    times.whole += median(whole);
    for (auto &[shape, values] : samples)
      times.shapes[shape] += median(values);
  }
  return times;
}

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
static std::map<std::string, Search> newShapes(const Build &build,
                                               const TuningFile &file) {
  std::map<std::string, Search> searches;
  for (const PlannedKernel &kernel : build.kernels)
    if (!file.entries.count(kernel.shape) && !kernel.candidates.empty()) {
      Search &search = searches[kernel.shape];
      search.candidates = kernel.candidates;
      search.seconds.assign(kernel.candidates.size(), INFINITY);
    }
  return searches;
}

/// Keeps the best of what was measured.
static void finish(const std::map<std::string, Search> &searches,
                   TuningFile &file) {
  for (const auto &[shape, search] : searches) {
    // Of kernels that no run reaches nothing is known.
    if (!std::isfinite(search.seconds[0]))
      continue;
    size_t best =
        size_t(std::min_element(search.seconds.begin(), search.seconds.end()) -
               search.seconds.begin());
    if (search.seconds[best] > worthwhile * search.seconds[0])
      best = 0;
    auto round = [](double seconds) {
      return std::round(seconds * 1e6) * 1e-3;
    };
    file.entries[shape] = {search.candidates[best], round(search.seconds[best]),
                           round(search.seconds[0])};
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
  Build build = compile(request, file.schedules());
  std::map<std::string, Search> searches = newShapes(build, file);
  size_t rounds = 0;
  for (const auto &[shape, search] : searches)
    rounds = std::max(rounds, search.candidates.size());
  progress.line(fmt::format("{}: {} shapes to measure, {} known, in {} rounds",
                            build.module->manifest().model, searches.size(),
                            file.entries.size(), rounds));
  if (searches.empty())
    return 0;
  double model = 0;
  for (size_t round = 0; round < rounds; ++round) {
    // Round 0 is the cost model's choice.
    Schedules schedules = file.schedules();
    size_t measured = 0;
    for (const auto &[shape, search] : searches)
      if (round < search.candidates.size()) {
        schedules[shape] = search.candidates[round];
        ++measured;
      }
    progress.show(fmt::format("round {} of {}: compiling", round + 1, rounds));
    build = compile(request, schedules);
    progress.show(fmt::format("round {} of {}: running", round + 1, rounds));
    Times times = measure(build, request);
    for (auto &[shape, search] : searches)
      if (auto found = times.shapes.find(shape);
          found != times.shapes.end() && round < search.candidates.size())
        search.seconds[round] = found->second;
    if (round == 0)
      model = times.whole;
    progress.line(fmt::format("round {} of {}: {} shapes, {:.3f} ms in all",
                              round + 1, rounds, measured, times.whole * 1e3));
  }
  finish(searches, file);
  Times tuned = measure(compile(request, file.schedules()), request);
  rt::writeFileAtomic(request.output, {file.text()});
  progress.line(fmt::format("wrote {}: {} shapes; the cost model's schedules "
                            "take {:.3f} ms, those of the file {:.3f} ms",
                            request.output, file.entries.size(), model * 1e3,
                            tuned.whole * 1e3));
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
