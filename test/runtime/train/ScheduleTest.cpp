//===- ScheduleTest.cpp - Tests of learning rates -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/train/Schedule.h"

#include <gtest/gtest.h>

using namespace moec::rt;

static ScheduleInfo cosine(double warmup, double final) {
  ScheduleInfo schedule;
  schedule.kind = ScheduleInfo::Kind::WarmupCosine;
  schedule.warmup = warmup;
  schedule.final = final;
  return schedule;
}

TEST(Schedule, Constant) {
  ScheduleInfo schedule;
  EXPECT_EQ(learningRateAt(schedule, 0.3, 1, 100), 0.3);
  EXPECT_EQ(learningRateAt(schedule, 0.3, 100, 100), 0.3);
}

TEST(Schedule, WarmupCosine) {
  // 10 of 100 steps warm up, as a fraction or as a number
  for (double warmup : {0.1, 10.0}) {
    ScheduleInfo schedule = cosine(warmup, 0);
    EXPECT_NEAR(learningRateAt(schedule, 2, 1, 100), 0.2, 1e-12);
    EXPECT_NEAR(learningRateAt(schedule, 2, 10, 100), 2, 1e-12);
    EXPECT_NEAR(learningRateAt(schedule, 2, 55, 100), 1, 1e-12); // half way
    EXPECT_NEAR(learningRateAt(schedule, 2, 100, 100), 0, 1e-12);
  }
  EXPECT_NEAR(learningRateAt(cosine(0.1, 0.25), 2, 55, 100), 1.25, 1e-12);
  EXPECT_NEAR(learningRateAt(cosine(0.1, 0.25), 2, 100, 100), 0.5, 1e-12);
}

TEST(Schedule, Edges) {
  EXPECT_NEAR(learningRateAt(cosine(0, 0), 1, 50, 100), 0.5, 1e-12);
  // More warm-up than steps: the whole run warms up.
  EXPECT_NEAR(learningRateAt(cosine(500, 0), 1, 1, 1), 1, 1e-12);
  EXPECT_NEAR(learningRateAt(cosine(1, 0), 1, 4, 4), 1, 1e-12);
  // One step has no way to come down; it must not be lost.
  EXPECT_NEAR(learningRateAt(cosine(0, 0), 1, 1, 1), 1, 1e-12);
  EXPECT_NEAR(learningRateAt(cosine(0.05, 0.1), 2, 1, 1), 2, 1e-12);
}
