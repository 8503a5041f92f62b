//===- TuneMeasure.cpp - Times of a model's kernels -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/TuneMeasure.h"
#include "runtime/core/Fail.h"
#include "runtime/data/File.h"
#include "runtime/tool/Tool.h"
#include "runtime/train/HostInputs.h"

using namespace moec;
using namespace moec::driver;

TuneBuild moec::driver::buildWith(const TuneRequest &request,
                                  const Schedules &schedules) {
  rt::ScratchFolder folder;
  if (std::error_code error = folder.make())
    rt::fail("cannot make a folder for temporary files: {}; set TMPDIR to a "
             "folder that can be written",
             error.message());
  TuneBuild build;
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

TuneTimes moec::driver::measure(const TuneBuild &build,
                                const TuneRequest &request) {
  rt::CommonOptions options;
  options.threads = request.threads;
  std::unique_ptr<rt::Session> session =
      rt::makeSession(build.module, options, /*measure=*/true);
  const rt::Manifest &manifest = session->manifest();
  uint64_t seed = manifest.training.seed;
  std::map<std::string, std::string> shapes; // by symbol
  for (const PlannedKernel &kernel : build.kernels)
    shapes[kernel.symbol] = kernel.shape;

  TuneTimes times;
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

TuneComparison moec::driver::measureInTurn(const TuneBuild &first,
                                           const TuneBuild &second,
                                           const TuneRequest &request,
                                           int turns) {
  std::vector<TuneTimes> ofFirst, ofSecond;
  for (int turn = 0; turn < turns; ++turn) {
    if (turn % 2 == 0)
      ofFirst.push_back(measure(first, request));
    ofSecond.push_back(measure(second, request));
    if (turn % 2 == 1)
      ofFirst.push_back(measure(first, request));
  }
  return compareTurns(ofFirst, ofSecond);
}
