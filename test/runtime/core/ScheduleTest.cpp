//===- ScheduleTest.cpp - Tests of learning rates -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Schedule.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace moec::rt;

static ScheduleInfo make(const char *op, double warmup, double final = 0) {
  ScheduleInfo schedule;
  schedule.op = op;
  schedule.warmup = warmup;
  schedule.final = final;
  return schedule;
}

static ScheduleInfo cosine(double warmup, double final) {
  return make("warmup_cosine", warmup, final);
}

TEST(Schedule, Constant) {
  ScheduleInfo schedule;
  EXPECT_EQ(learningRateAt(schedule, 0.3, 1, 100), 0.3);
  EXPECT_EQ(learningRateAt(schedule, 0.3, 100, 100), 0.3);
}

TEST(Schedule, HalfCosine) {
  EXPECT_EQ(halfCosine(0, 8), 1);
  EXPECT_NEAR(halfCosine(2, 8), 0.5 + std::sqrt(0.125), 1e-15);
  EXPECT_NEAR(halfCosine(4, 8), 0.5, 1e-15);
  EXPECT_EQ(halfCosine(8, 8), 0);
}

TEST(Schedule, EveryCurveBeginsAtThePeak) {
  EXPECT_EQ(allSchedules().size(), 4u);
  for (std::string_view op : allSchedules()) {
    ScheduleInfo schedule = make(std::string(op).c_str(), 10);
    EXPECT_NEAR(learningRateAt(schedule, 2, 5, 100), 1, 1e-12) << op;
    EXPECT_NEAR(learningRateAt(schedule, 2, 10, 100), 2, 1e-12) << op;
    schedule.warmup = 0;
    EXPECT_NEAR(learningRateAt(schedule, 2, 1, 1000000), 2, 1e-3) << op;
  }
}

TEST(Schedule, WarmupCosine) {
  // 10 of 100 steps warm up, as a share or as a number
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

TEST(Schedule, WarmupLinear) {
  ScheduleInfo schedule = make("warmup_linear", 10);
  EXPECT_NEAR(learningRateAt(schedule, 2, 11, 100), 2 * 89 / 90.0, 1e-12);
  EXPECT_NEAR(learningRateAt(schedule, 2, 55, 100), 1, 1e-12);
  EXPECT_NEAR(learningRateAt(schedule, 2, 100, 100), 0, 1e-12);
  schedule.final = 0.5;
  EXPECT_NEAR(learningRateAt(schedule, 2, 55, 100), 1.5, 1e-12);
  EXPECT_NEAR(learningRateAt(schedule, 2, 100, 100), 1, 1e-12);
}

TEST(Schedule, WarmupRsqrt) {
  // As Soft MoE trains: 10,000 steps warm up, 50,000 cool down.
  ScheduleInfo schedule = make("warmup_rsqrt", 10000);
  schedule.cooldown = 50000;
  const int64_t steps = 4000000;
  EXPECT_NEAR(learningRateAt(schedule, 1e-3, 5000, steps), 5e-4, 1e-12);
  EXPECT_NEAR(learningRateAt(schedule, 1e-3, 20000, steps), 1e-3 / sqrt(2),
              1e-12);
  EXPECT_NEAR(learningRateAt(schedule, 1e-3, 310000, steps), 1e-3 / sqrt(31),
              1e-12);
  double uncooled = 1e-3 / sqrt(1 + 3965000 / 10000.0);
  EXPECT_NEAR(learningRateAt(schedule, 1e-3, 3975000, steps), uncooled / 2,
              1e-12);
  EXPECT_EQ(learningRateAt(schedule, 1e-3, steps, steps), 0);
}

TEST(Schedule, Cooldown) {
  for (double cooldown : {0.2, 20.0}) {
    ScheduleInfo schedule;
    schedule.cooldown = cooldown;
    EXPECT_EQ(learningRateAt(schedule, 2, 80, 100), 2);
    EXPECT_NEAR(learningRateAt(schedule, 2, 90, 100), 1, 1e-12);
    EXPECT_EQ(learningRateAt(schedule, 2, 100, 100), 0);
  }
}

TEST(Schedule, Edges) {
  EXPECT_NEAR(learningRateAt(cosine(0, 0), 1, 50, 100), 0.5, 1e-12);
  // More warm-up than steps: the whole run warms up.
  EXPECT_NEAR(learningRateAt(cosine(500, 0), 1, 1, 1), 1, 1e-12);
  EXPECT_NEAR(learningRateAt(cosine(500, 0), 1, 2, 4), 0.5, 1e-12);
  EXPECT_NEAR(learningRateAt(cosine(500, 0), 1, 4, 4), 1, 1e-12);
  // One step of warm-up, which is at the peak.
  EXPECT_NEAR(learningRateAt(cosine(1, 0), 1, 1, 4), 1, 1e-12);
  // One step has no way to come down; it must not be lost.
  EXPECT_NEAR(learningRateAt(cosine(0, 0), 1, 1, 1), 1, 1e-12);
  EXPECT_NEAR(learningRateAt(cosine(0.05, 0.1), 2, 1, 1), 2, 1e-12);
}
