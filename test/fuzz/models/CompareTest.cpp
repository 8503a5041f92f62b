//===- CompareTest.cpp - Tests of the comparison with the reference -------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/fuzz/models/Compare.h"

#include "gtest/gtest.h"
#include <cmath>
#include <limits>

using namespace moec::fuzz;

static Expected row(std::vector<double> exact, double spread) {
  Expected expected;
  expected.name = "logits";
  expected.shape = {int64_t(exact.size())};
  expected.spread.assign(exact.size(), spread);
  expected.exact = std::move(exact);
  return expected;
}

TEST(Compare, AllowsAMultipleOfTheSpread) {
  Expected expected = row({1, 2, 3}, 1e-3);
  float near[] = {1, 2.0079f, 3}, far[] = {1, 2.009f, 3};
  EXPECT_LT(compare(expected, near, 8).ratio, 1);
  Deviation wrong = compare(expected, far, 8);
  EXPECT_GT(wrong.ratio, 1);
  EXPECT_EQ(wrong.at, 1);
  EXPECT_NE(wrong.text(expected).find("output 'logits', element 1 of 3"),
            std::string::npos);
}

TEST(Compare, AllowsRoundingOfExactResults) {
  Expected expected = row({1e6, 0}, 0);
  float near[] = {1e6f + 0.5f, 0}, far[] = {1e6f + 4, 0};
  EXPECT_LT(compare(expected, near, 4).ratio, 1);
  EXPECT_GT(compare(expected, far, 4).ratio, 1);
}

// A row of large numbers excuses nothing in the next one.
TEST(Compare, JudgesEachRowByItself) {
  Expected expected = row(std::vector<double>(16, 1e6), 0);
  expected.shape = {2, 8};
  std::vector<float> got(16, 1e6f);
  for (int i = 8; i < 16; ++i)
    got[i] = float(expected.exact[i] = 1);
  EXPECT_LT(compare(expected, got.data(), 8).ratio, 1);
  got[12] = 1.001f;
  EXPECT_GT(compare(expected, got.data(), 8).ratio, 1);
}

TEST(Compare, NotANumberIsWrongWhereTheReferenceIsFinite) {
  Expected expected = row({1, 2}, 1);
  float got[] = {1, std::nanf("")};
  EXPECT_TRUE(std::isinf(compare(expected, got, 8).ratio));
}

TEST(Compare, LeavesOutWhatMayOverflow) {
  Expected expected = row({1e15, 2}, 1e38);
  float got[] = {std::numeric_limits<float>::infinity(), 2};
  EXPECT_EQ(compare(expected, got, 8).compared, 0);
}

TEST(Compare, LeavesOutWhatNobodyKnows) {
  Expected expected = row({1, 2, 3}, 0);
  expected.spread[0] = std::numeric_limits<double>::infinity();
  expected.exact[1] = expected.spread[1] = std::nan("");
  float got[] = {std::nanf(""), 7, 3};
  Deviation deviation = compare(expected, got, 8);
  EXPECT_EQ(deviation.ratio, 0);
  EXPECT_EQ(deviation.skipped, 2);
  EXPECT_EQ(deviation.compared, 1);
}
