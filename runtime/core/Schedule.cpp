//===- Schedule.cpp - Learning rate over a run ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Schedule.h"

#include <algorithm>
#include <cmath>

namespace moec::rt {

/// The part of the peak `done` steps behind the warm-up, of `rest`.
using Curve = double (*)(const ScheduleInfo &, double done, double rest);

double halfCosine(double done, double all) {
  return (1 + std::cos(M_PI * done / all)) / 2;
}

static double cosine(const ScheduleInfo &schedule, double done, double rest) {
  return schedule.final + (1 - schedule.final) * halfCosine(done, rest);
}

static double linear(const ScheduleInfo &schedule, double done, double rest) {
  return schedule.final + (1 - schedule.final) * (1 - done / rest);
}

static double rsqrt(const ScheduleInfo &schedule, double done, double) {
  return 1 / std::sqrt(1 + done / schedule.timescale);
}

static constexpr struct {
  std::string_view op;
  Curve curve;
} curves[] = {
    {"constant", [](const ScheduleInfo &, double, double) { return 1.0; }},
    {"warmup_cosine", cosine},
    {"warmup_linear", linear},
    {"warmup_rsqrt", rsqrt},
};

std::vector<std::string_view> allSchedules() {
  std::vector<std::string_view> names;
  for (const auto &each : curves)
    names.push_back(each.op);
  return names;
}

/// Of a number that is a share of all steps below 1.
static double toSteps(double number, double steps) {
  return number < 1 ? std::round(number * steps) : std::min(number, steps);
}

double learningRateAt(const ScheduleInfo &schedule, double peak, int64_t step,
                      int64_t steps) {
  // The end of the schedule, which is its only step, may be 0.
  if (steps == 1)
    return peak;
  double now = double(step), all = double(steps);
  double warmup = toSteps(schedule.warmup, all);
  double cooldown = toSteps(schedule.cooldown, all);
  double rate = peak;
  if (now <= warmup)
    rate *= now / warmup;
  else
    for (const auto &each : curves)
      if (each.op == schedule.op)
        rate *= each.curve(schedule, now - warmup, all - warmup);
  if (all - now < cooldown)
    rate *= (all - now) / cooldown;
  return rate;
}

} // namespace moec::rt
