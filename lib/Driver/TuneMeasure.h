//===- TuneMeasure.h - Times of a model's kernels ---------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DRIVER_TUNEMEASURE_H
#define MOEC_LIB_DRIVER_TUNEMEASURE_H

#include "lib/Driver/CompileModel.h"
#include "lib/Driver/TuneTimes.h"
#include "runtime/core/Module.h"
#include <memory>

namespace moec::driver {

struct TuneRequest {
  CompileRequest compile;
  std::string output;
  int threads = 0;
  int64_t candidates = 12, repetitions = 7;
};

/// A model that is compiled with certain schedules, and what they are.
struct TuneBuild {
  std::shared_ptr<const rt::Module> module;
  std::vector<PlannedKernel> kernels;
};

/// Both throw rt::Error.
TuneBuild buildWith(const TuneRequest &request, const Schedules &schedules);

/// Runs every entry but the one that prepares variables, which is no part of a
/// step: medians over the repetitions that the request asks for.
TuneTimes measure(const TuneBuild &build, const TuneRequest &request);

/// Measures both so many times, another one first each time.
TuneComparison measureInTurn(const TuneBuild &first, const TuneBuild &second,
                             const TuneRequest &request, int turns);

} // namespace moec::driver

#endif // MOEC_LIB_DRIVER_TUNEMEASURE_H
