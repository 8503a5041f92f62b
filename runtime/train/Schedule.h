//===- Schedule.h - Learning rate over a run --------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TRAIN_SCHEDULE_H
#define MOEC_RUNTIME_TRAIN_SCHEDULE_H

#include "runtime/core/Manifest.h"

namespace moec::rt {

/// The learning rate of step `step` (from 1) of `steps`, for a peak of `peak`.
///
/// constant: the peak. warmup_cosine: with w warm-up steps (`warmup` itself
/// above 1, else that fraction of all steps, rounded) the rate is
/// peak * step / w up to step w, then
/// peak * (f + (1 - f) * (1 + cos(pi * (step - w) / (steps - w))) / 2)
/// with f = `final`. A single step takes the peak.
double learningRateAt(const ScheduleInfo &schedule, double peak, int64_t step,
                      int64_t steps);

} // namespace moec::rt

#endif // MOEC_RUNTIME_TRAIN_SCHEDULE_H
