//===- TuneTimesTest.cpp - Comparing times of two builds ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/TuneTimes.h"
#include "gtest/gtest.h"

using namespace moec::driver;

TEST(TuneTimes, NeighboursAreCompared) {
  // The machine is slower in the last turns, and something else disturbs x in
  // the third: medians of each alone are 2 and 2.7.
  std::vector<TuneTimes> first, second;
  for (double speed : {1, 1, 2, 3, 3}) {
    first.push_back({{{"x", speed}, {"y", 2 * speed}}, 3 * speed});
    second.push_back({{{"x", 0.9 * speed}, {"y", 2 * speed}}, 2.9 * speed});
  }
  second[2].shapes["x"] = 3; // disturbed
  TuneComparison found = compareTurns(first, second);
  EXPECT_DOUBLE_EQ(found.shares.shapes["x"], 0.9);
  EXPECT_DOUBLE_EQ(found.shares.shapes["y"], 1);
  EXPECT_DOUBLE_EQ(found.shares.whole, 2.9 / 3);
  EXPECT_DOUBLE_EQ(found.first.shapes["x"], 2);
  EXPECT_DOUBLE_EQ(found.second.shapes["x"], 2.7);
  EXPECT_DOUBLE_EQ(found.first.whole, 6);
}

TEST(TuneTimes, NothingIsToldOfAShapeThatAMeasurementLacks) {
  TuneTimes both{{{"x", 1}, {"y", 1}}, 2}, one{{{"x", 1}}, 1};
  EXPECT_EQ(compareTurns({both, both}, {both, one}).shares.shapes.count("y"),
            0u);
  EXPECT_EQ(compareTurns({both, one}, {both, both}).shares.shapes.count("y"),
            0u);
  EXPECT_EQ(compareTurns({both}, {one}).first.shapes.count("x"), 1u);
}
