//===- ArenaPackerTest.cpp ------------------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Memory/ArenaPacker.h"
#include "gtest/gtest.h"
#include <random>
#include <vector>

using namespace moec::memory;

TEST(ArenaPacker, EmptyNeedsNothing) { EXPECT_EQ(packArena({}), 0); }

TEST(ArenaPacker, ReusesMemoryOfDeadBuffers) {
  std::vector<Lifetime> l = {{100, 0, 1}, {100, 1, 2}, {100, 2, 3}};
  EXPECT_EQ(packArena(l), 256);
  EXPECT_EQ(l[0].offset, l[2].offset);
  EXPECT_NE(l[0].offset, l[1].offset);
}

TEST(ArenaPacker, NothingAliveTogetherOverlaps) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<Lifetime> l;
    for (int i = 0; i < 60; ++i) {
      int64_t start = random() % 40;
      l.push_back(
          {int64_t(random() % 5000), start, start + int64_t(random() % 10)});
    }
    int64_t size = packArena(l);
    for (size_t i = 0; i < l.size(); ++i) {
      EXPECT_EQ(l[i].offset % 64, 0);
      EXPECT_LE(l[i].offset + l[i].bytes, size);
      for (size_t j = 0; j < i; ++j) {
        bool together = l[i].start <= l[j].end && l[j].start <= l[i].end;
        bool apart = l[i].offset + l[i].bytes <= l[j].offset ||
                     l[j].offset + l[j].bytes <= l[i].offset;
        EXPECT_TRUE(!together || apart || !l[i].bytes || !l[j].bytes);
      }
    }
  }
}

TEST(ArenaPacker, FindsThePeak) {
  EXPECT_TRUE(findPeak({}).empty());
  // Together at time 2: 50 + 70 + 30; the first such time counts, and what has
  // no bytes is not listed.
  std::vector<Lifetime> l = {{50, 0, 2}, {70, 2, 4}, {30, 1, 2},
                             {0, 0, 9},  {80, 3, 5}, {20, 6, 6}};
  EXPECT_EQ(findPeak(l), (llvm::SmallVector<size_t>{1, 0, 2}));
  l[4].bytes = 81;
  EXPECT_EQ(findPeak(l), (llvm::SmallVector<size_t>{4, 1}));
}
