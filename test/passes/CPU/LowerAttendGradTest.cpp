//===- LowerAttendGradTest.cpp - Its compiled gradient against its meaning ===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelHarness.h"
#include "test/passes/Codegen/AttendGradSource.h"
#include "test/passes/Codegen/AttendSource.h"

using namespace moec::test;

namespace {

testing::AssertionResult holds(const AttendGradSource &source,
                               const std::string &text) {
  KernelHarness harness(text, "moec-assign-schedule");
  harness.randomize();
  lessenWeights(harness);
  auto result = harness.check(2e-5);
  return result ? result : result << "\n" << source.str();
}
testing::AssertionResult holds(const AttendGradSource &source) {
  return holds(source, source.str());
}

TEST(LowerAttendGradTest, ExtentsAndTypes) {
  for (auto [s, e, t, d] : attendGradExtents)
    for (Kind kind : {Kind::F32, Kind::BF16, Kind::Rounded})
      EXPECT_TRUE(holds({1, 2, 1, s, e, t, d, kind}));
}

/// Heads that share a key are rows beside each other.
TEST(LowerAttendGradTest, LayoutsAndSharedHeads) {
  for (auto [s, e, t, d] : attendGradExtents)
    for (auto layout : {AttendGradSource::Joined, AttendGradSource::Transposed})
      for (int64_t shared : {1, 3}) {
        AttendGradSource source{2, 2, shared, s, e, t, d};
        source.layout = layout;
        EXPECT_TRUE(holds(source));
      }
}

/// Blocks of rows and keys of every size: sums that go on, and such that are
/// stored at once.
TEST(LowerAttendGradTest, Schedules) {
  for (auto [s, e, t, d] : attendGradExtents)
    for (const char *schedule :
         {"tile = [1, 1], micro = [1, 1]", "tile = [6, 16], micro = [3, 16]",
          "tile = [14, 48], micro = [7, 48]",
          "tile = [28, 64], micro = [14, 32]",
          "tile = [6, 1000], micro = [6, 16]",
          "tile = [1000, 16], micro = [6, 16]",
          "tile = [1000, 1000], micro = [6, 64]"})
      for (bool residual : {false, true}) {
        AttendGradSource source{1, 1, 2, s, e, t, d};
        source.residual = residual;
        source.schedule = schedule;
        EXPECT_TRUE(holds(source));
      }
}

/// AVX2 and NEON: narrower vectors, fewer registers.
TEST(LowerAttendGradTest, NarrowVectors) {
  for (auto [lanes, registers] : {std::pair(8, 16), {4, 32}})
    for (auto [s, e, t, d] : attendGradExtents) {
      AttendGradSource source{1, 2, 1, s, e, t, d};
      EXPECT_TRUE(holds(source, onCpu(lanes, registers, source.str())));
    }
}

/// Weights are those of the attention whose statistic is read, however large
/// scores are: 1 of a key that is far ahead, 0 of the others.
TEST(LowerAttendGradTest, LargeScores) {
  constexpr int64_t s = 3, e = 8, t = 53, d = 4, largest = 20;
  for (float size : {1.0f, 1e3f, 1e6f}) {
    AttendSource forward{1, 1, 1, s, e, t, d};
    forward.statistic = true;
    forward.schedule = "tile = [3, 16], micro = [3, 16]";
    KernelHarness attend(forward.str());
    AttendGradSource source{1, 1, 1, s, e, t, d};
    source.schedule = "tile = [3, 16], micro = [3, 16]";
    KernelHarness gradient(source.str());
    attend.randomize();
    gradient.randomize();
    for (KernelHarness *harness : {&attend, &gradient}) {
      for (int64_t i = 0; i < s * d; ++i)
        harness->data<float>(0)[i] = 30.7f * size;
      for (int64_t i = 0; i < t * d; ++i)
        harness->data<float>(1)[i] =
            (i / d == largest ? 20.3f : i % 7 - 9) * size;
    }
    ASSERT_TRUE(attend.run());
    // Inputs q, k, v of one, and q, k, v, gradient, log-sum-exp and delta of
    // the other one; then y and log-sum-exp, and the gradients of q, k and v.
    for (int64_t i = 0; i < s; ++i)
      gradient.data<float>(4)[i] = attend.data<float>(4)[i];
    ASSERT_TRUE(gradient.run());
    for (int64_t key = 0; key < t; ++key)
      for (int64_t column = 0; column < e; ++column) {
        double expected = 0;
        for (int64_t row = 0; key == largest && row < s; ++row)
          expected += gradient.data<float>(3)[row * e + column];
        EXPECT_NEAR(gradient.data<float>(8)[key * e + column], expected, 1e-5)
            << size << " " << key;
      }
  }
}

} // namespace
