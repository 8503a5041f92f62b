//===- Schedule.h - Learning rate over a run --------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// peak * warm-up * curve * cool-down. With n steps in all, s the step (from 1),
// w steps of warm-up and c of cool-down:
//   warm-up    min(1, s / w)
//   cool-down  min(1, (n - s) / c)
//   curve      1 up to step w; then, with p = (s - w) / (n - w) and f = `final`
//     constant       1
//     warmup_cosine  f + (1 - f) * (1 + cos(pi * p)) / 2
//     warmup_linear  f + (1 - f) * (1 - p)
//     warmup_rsqrt   1 / sqrt(1 + (s - w) / timescale), as in the training of
//                    Soft MoE (arXiv 2308.00951, section 3.1)
// `warmup` and `cooldown` are steps from 1 on, below it shares of all steps.
// A single step takes the peak.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_SCHEDULE_H
#define MOEC_RUNTIME_CORE_SCHEDULE_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace moec::rt {

struct ScheduleInfo {
  std::string op = "constant";
  double warmup = 0, cooldown = 0;
  double final = 0;         ///< of the peak
  double timescale = 10000; ///< steps
};

/// (1 + cos(pi * done / all)) / 2, from 1 down to 0.
double halfCosine(double done, double all);

/// The curves that there are.
std::vector<std::string_view> allSchedules();

/// The learning rate of step `step` (from 1) of `steps`, for a peak of `peak`.
/// `schedule.op` is one of allSchedules().
double learningRateAt(const ScheduleInfo &schedule, double peak, int64_t step,
                      int64_t steps);

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_SCHEDULE_H
