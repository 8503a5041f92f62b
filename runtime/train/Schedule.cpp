//===- Schedule.cpp - Learning rate over a run ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/train/Schedule.h"

#include <algorithm>
#include <cmath>

namespace moec::rt {

double learningRateAt(const ScheduleInfo &schedule, double peak, int64_t step,
                      int64_t steps) {
  if (schedule.kind == ScheduleInfo::Kind::Constant)
    return peak;
  // The end of the schedule, which is its only step, may be 0.
  if (steps == 1)
    return peak;
  double warmup = schedule.warmup > 1
                      ? std::min(schedule.warmup, double(steps))
                      : std::round(schedule.warmup * double(steps));
  if (double(step) <= warmup)
    return peak * double(step) / warmup;
  double rest = std::max(1.0, double(steps) - warmup);
  double progress = std::min(1.0, (double(step) - warmup) / rest);
  return peak * (schedule.final +
                 (1 - schedule.final) * (1 + std::cos(M_PI * progress)) / 2);
}

} // namespace moec::rt
