//===- LowerAttendGradTest.cpp - kernel.attend_grad on the GPU ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GpuHarness.h"
#include "test/passes/Codegen/AttendGradSource.h"

using namespace moec::test;

namespace {

testing::AssertionResult holds(const AttendGradSource &source,
                               double tolerance = 2e-5) {
  GpuHarness harness(source.str(), "sm_80", "moec-assign-gpu-schedule");
  harness.randomize();
  lessenWeights(harness);
  auto result = harness.check(tolerance);
  return result ? result : result << "\n" << source.str();
}

TEST(GpuLowerAttendGrad, ExtentsAndTypes) {
  for (auto [s, e, t, d] : attendGradExtents)
    for (Kind kind : {Kind::F32, Kind::BF16, Kind::Rounded})
      EXPECT_TRUE(holds({1, 2, 1, s, e, t, d, kind}));
}

/// Heads that share a key are rows beside each other.
TEST(GpuLowerAttendGrad, LayoutsAndSharedHeads) {
  for (auto [s, e, t, d] : attendGradExtents)
    for (auto layout : {AttendGradSource::Joined, AttendGradSource::Transposed})
      for (Kind kind : {Kind::F32, Kind::BF16}) {
        // Two images in f32, heads that share a key in bf16.
        bool shares = kind == Kind::BF16;
        AttendGradSource source{
            shares ? 1 : 2, 2, shares ? 3 : 1, s, e, t, d, kind};
        source.layout = layout;
        EXPECT_TRUE(holds(source));
      }
}

/// Tiles of every size: several along each dimension, the last ones cut.
TEST(GpuLowerAttendGrad, SimtSchedules) {
  for (auto [s, e, t, d] : attendGradExtents)
    for (const char *schedule :
         {"tile = [4, 64, 16, 32], micro = [1, 4]",
          "tile = [16, 16, 8, 16], micro = [4, 2]",
          "tile = [32, 32, 32, 16], micro = [2, 2]",
          "tile = [16, 64, 16, 16], micro = [2, 4], stages = 2",
          "tile = [32, 64, 64, 64], micro = [4, 8], stages = 2",
          "tile = [128, 32, 32, 32], micro = [4, 4]"}) {
      AttendGradSource source{1, 1, 2, s, e, t, d};
      source.residual = s > t;
      source.schedule = schedule;
      EXPECT_TRUE(holds(source));
    }
}

TEST(GpuLowerAttendGrad, MmaSchedules) {
  for (auto [s, e, t, d] : attendGradExtents)
    for (const char *schedule :
         {"tile = [16, 16, 16, 16], micro = [16, 16], variant = mma.sync",
          "tile = [64, 32, 32, 64], micro = [16, 32], variant = mma.sync, "
          "stages = 2",
          "tile = [32, 64, 64, 32], micro = [16, 64], variant = mma.sync"})
      for (Kind kind : {Kind::BF16, Kind::Rounded}) {
        AttendGradSource source{1, 1, 2, s, e, t, d, kind};
        source.residual = kind == Kind::BF16;
        source.schedule = schedule;
        EXPECT_TRUE(holds(source));
      }
}

/// Whole pieces of 16 bytes go by cp.async, several tiles of each.
TEST(GpuLowerAttendGrad, AsynchronousCopies) {
  for (auto layout :
       {AttendGradSource::HeadsInside, AttendGradSource::Transposed})
    for (const char *stages : {"", ", stages = 2"}) {
      AttendGradSource source{1, 1, 2, 40, 64, 88, 64, Kind::BF16};
      source.layout = layout;
      source.schedule = std::string("tile = [64, 32, 64, 64], micro = [16, "
                                    "32], variant = mma.sync") +
                        stages;
      GpuHarness harness(source.str());
      harness.randomize();
      lessenWeights(harness);
      ASSERT_TRUE(harness.check(2e-5));
      EXPECT_EQ(harness.ptx().variant, "mma.sync");
      EXPECT_EQ(harness.counters().copyGroupsInFlight, 1u);
    }
}

/// With weights or changes rounded to bf16 this would be off by a hundred times
/// as much.
TEST(GpuLowerAttendGrad, WeightsAreNotRounded) {
  AttendGradSource source{1, 1, 1, 48, 16, 48, 16, Kind::BF16};
  GpuHarness harness(source.str(), "sm_80", "moec-assign-gpu-schedule");
  harness.randomize();
  lessenWeights(harness);
  ASSERT_EQ(harness.ptx().variant, "mma.sync");
  EXPECT_TRUE(harness.check(1e-6));
}

} // namespace
