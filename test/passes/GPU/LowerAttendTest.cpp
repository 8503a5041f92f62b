//===- LowerAttendTest.cpp - kernel.attend on the GPU ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GpuHarness.h"
#include "test/passes/Codegen/AttendSource.h"

using namespace moec::test;

namespace {

testing::AssertionResult holds(const AttendSource &source,
                               double tolerance = 2e-5) {
  GpuHarness harness(source.str(), "sm_80", "moec-assign-gpu-schedule");
  harness.randomize();
  auto result = harness.check(tolerance);
  return result ? result : result << "\n" << source.str();
}

TEST(GpuLowerAttend, ExtentsAndTypes) {
  for (auto [s, e, t, d] : attendExtents)
    for (Kind kind : {Kind::F32, Kind::BF16, Kind::Rounded})
      EXPECT_TRUE(holds({1, 2, 1, s, e, t, d, kind}));
}

TEST(GpuLowerAttend, LayoutsAndSharedHeads) {
  for (auto [s, e, t, d] : attendExtents)
    for (auto layout : {AttendSource::Joined, AttendSource::Transposed})
      for (Kind kind : {Kind::F32, Kind::BF16}) {
        // Two images in f32, heads that share a key in bf16.
        bool shares = kind == Kind::BF16;
        AttendSource source{
            shares ? 1 : 2, 2, shares ? 2 : 1, s, e, t, d, kind};
        source.layout = layout;
        EXPECT_TRUE(holds(source));
      }
}

/// Tiles of every size: several along each dimension, the last ones cut.
TEST(GpuLowerAttend, SimtSchedulesAndStatistic) {
  for (auto [s, e, t, d] : attendExtents)
    for (const char *schedule :
         {"tile = [4, 64, 16, 32], micro = [1, 4]",
          "tile = [16, 16, 8, 16], micro = [4, 2]",
          "tile = [32, 32, 32, 8], micro = [2, 2]",
          "tile = [16, 64, 16, 16], micro = [2, 4], stages = 2",
          "tile = [32, 64, 64, 64], micro = [4, 8], stages = 2",
          "tile = [128, 32, 32, 32], micro = [4, 4]"})
      for (bool both : {false, true}) {
        AttendSource source{1, 2, 1, s, e, t, d};
        source.statistic = source.residual = both;
        source.schedule = schedule;
        EXPECT_TRUE(holds(source));
      }
}

TEST(GpuLowerAttend, MmaSchedulesAndStatistic) {
  for (auto [s, e, t, d] : attendExtents)
    for (const char *schedule :
         {"tile = [16, 16, 16, 16], micro = [16, 16], variant = mma.sync",
          "tile = [64, 32, 32, 64], micro = [16, 32], variant = mma.sync, "
          "stages = 2",
          "tile = [32, 64, 64, 32], micro = [16, 64], variant = mma.sync"})
      for (Kind kind : {Kind::BF16, Kind::Rounded}) {
        AttendSource source{1, 2, 1, s, e, t, d, kind};
        source.statistic = source.residual = kind == Kind::BF16;
        source.schedule = schedule;
        EXPECT_TRUE(holds(source));
      }
}

/// Whole pieces of 16 bytes go by cp.async, several tiles of each.
TEST(GpuLowerAttend, AsynchronousCopies) {
  for (auto layout : {AttendSource::HeadsInside, AttendSource::Transposed})
    for (const char *stages : {"", ", stages = 2"}) {
      AttendSource source{1, 2, 2, 80, 64, 168, 64, Kind::BF16};
      source.layout = layout;
      source.schedule = std::string("tile = [64, 64, 64, 64], micro = [16, "
                                    "64], variant = mma.sync") +
                        stages;
      GpuHarness harness(source.str());
      harness.randomize();
      ASSERT_TRUE(harness.check(2e-5));
      EXPECT_EQ(harness.ptx().variant, "mma.sync");
      EXPECT_EQ(harness.counters().copyGroupsInFlight, 1u);
    }
}

/// Scores far from each other and from 0, which exp alone would not survive;
/// the largest stands in the first, a middle or the last tile of keys.
TEST(GpuLowerAttend, LargeScores) {
  for (int64_t largest : {0, 20, 52}) {
    AttendSource source{1, 1, 1, 3, 8, 53, 4};
    source.statistic = true;
    source.schedule = "tile = [16, 16, 8, 16], micro = [4, 2]";
    GpuHarness harness(source.str());
    harness.randomize();
    for (int64_t i = 0; i < 3 * 4; ++i)
      harness.data<float>(0)[i] = 30;
    for (int64_t i = 0; i < 53 * 4; ++i)
      harness.data<float>(1)[i] = i / 4 == largest ? 20 : i % 7 - 9;
    EXPECT_TRUE(harness.check(2e-5)) << largest;
  }
}

/// With weights rounded to bf16 this would be off by a hundred times as much.
TEST(GpuLowerAttend, WeightsAreNotRounded) {
  AttendSource source{1, 1, 1, 16, 16, 48, 16, Kind::BF16};
  GpuHarness harness(source.str(), "sm_80", "moec-assign-gpu-schedule");
  harness.randomize();
  ASSERT_EQ(harness.ptx().variant, "mma.sync");
  EXPECT_TRUE(harness.check(1e-6));
}

} // namespace
