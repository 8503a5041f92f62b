//===- LowerAttendTest.cpp - Compiled attention against its meaning -------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelHarness.h"
#include "test/passes/Codegen/AttendSource.h"

using namespace moec::test;

namespace {

testing::AssertionResult holds(const AttendSource &source,
                               const std::string &text) {
  KernelHarness harness(text, "moec-assign-schedule");
  harness.randomize();
  auto result = harness.check(2e-5);
  return result ? result : result << "\n" << source.str();
}
testing::AssertionResult holds(const AttendSource &source) {
  return holds(source, source.str());
}

TEST(LowerAttendTest, ExtentsAndTypes) {
  for (auto [s, e, t, d] : attendExtents)
    for (Kind kind : {Kind::F32, Kind::BF16, Kind::Rounded})
      EXPECT_TRUE(holds({1, 2, 1, s, e, t, d, kind}));
}

TEST(LowerAttendTest, LayoutsAndSharedHeads) {
  for (auto [s, e, t, d] : attendExtents)
    for (auto layout : {AttendSource::Joined, AttendSource::Transposed})
      for (int64_t shared : {1, 4}) {
        AttendSource source{2, 4, shared, s, e, t, d};
        source.layout = layout;
        EXPECT_TRUE(holds(source));
      }
}

/// Blocks of keys of every size: the maximum and the total so far, and what was
/// summed up with them.
TEST(LowerAttendTest, SchedulesAndStatistic) {
  for (auto [s, e, t, d] : attendExtents)
    for (const char *schedule :
         {"tile = [1, 1], micro = [1, 1]", "tile = [6, 16], micro = [3, 16]",
          "tile = [14, 48], micro = [7, 48]",
          "tile = [28, 64], micro = [14, 32]",
          "tile = [1000, 1000], micro = [6, 64]"})
      for (bool both : {false, true}) {
        AttendSource source{1, 2, 1, s, e, t, d};
        source.statistic = source.residual = both;
        source.schedule = schedule;
        EXPECT_TRUE(holds(source));
      }
}

/// AVX2 and NEON: narrower vectors, fewer registers.
TEST(LowerAttendTest, NarrowVectors) {
  for (auto [lanes, registers] : {std::pair(8, 16), {4, 32}})
    for (auto [s, e, t, d] : attendExtents) {
      AttendSource source{1, 2, 1, s, e, t, d};
      source.statistic = true;
      EXPECT_TRUE(holds(source, onCpu(lanes, registers, source.str())));
    }
}

/// Scores far from each other and from 0, which exp alone would not survive;
/// the largest stands in the first, a middle or the last block of keys. With a
/// scale of 1e6 neighbouring scores are farther apart than exponents reach.
TEST(LowerAttendTest, LargeScores) {
  for (auto [largest, scale] :
       {std::pair<int64_t, float>(0, 1), {20, 1}, {52, 1}, {20, 1e6}})
    for (bool statistic : {false, true}) {
      AttendSource source{1, 1, 1, 3, 8, 53, 4};
      source.statistic = statistic;
      source.schedule = "tile = [3, 16], micro = [3, 16]";
      KernelHarness harness(source.str());
      harness.randomize();
      for (int64_t i = 0; i < 3 * 4; ++i)
        harness.data<float>(0)[i] = 30 * scale;
      for (int64_t i = 0; i < 53 * 4; ++i)
        harness.data<float>(1)[i] = (i / 4 == largest ? 20 : i % 7 - 9) * scale;
      EXPECT_TRUE(harness.check(2e-5)) << largest;
    }
}

/// Keys and values that do not fit into a thread's scratch are packed for each
/// block of rows.
TEST(LowerAttendTest, KeysPackedForEachBlock) {
  AttendSource source{1, 1, 1, 3, 2, 4200, 500};
  source.schedule = "tile = [2, 256], micro = [2, 32]";
  EXPECT_TRUE(holds(source));
}

} // namespace
