//===- ChoiceTest.cpp - Tests of choices that hang on a rounding ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Interpreter.h"
#include "gtest/gtest.h"

using namespace moec::reference;

static Choice choice(std::vector<double> scores, int64_t options, int64_t k,
                     int64_t capacity, bool byImportance = false) {
  Choice made;
  made.options = options;
  made.items = int64_t(scores.size()) / options;
  made.k = k;
  made.capacity = capacity;
  made.byImportance = byImportance;
  made.scores = std::move(scores);
  return made;
}

static bool steady(const Choice &made, double by) {
  return isSteady(made, std::vector<double>(made.scores.size(), by));
}

TEST(Choice, HangsOnNearlyEqualScores) {
  Choice made = choice({0.3, 0.3001, 0.1}, 3, 1, 1);
  EXPECT_TRUE(steady(made, 1e-5));
  EXPECT_FALSE(steady(made, 1e-4));
}

// The second choice may be close where the first is not.
TEST(Choice, LooksAtAllThatAreChosen) {
  Choice made = choice({0.6, 0.2, 0.1999}, 3, 2, 1);
  EXPECT_FALSE(steady(made, 1e-3));
  EXPECT_TRUE(steady(choice({0.6, 0.2, 0.1999}, 3, 1, 1), 1e-3));
}

// Who is dropped hangs on the gates of other items.
TEST(Choice, LooksAtWhoIsDropped) {
  std::vector<double> scores = {0.9, 0.1, 0.8999, 0.1};
  EXPECT_FALSE(steady(choice(scores, 2, 1, 1, /*byImportance=*/true), 1e-3));
  EXPECT_TRUE(steady(choice(scores, 2, 1, 1, /*byImportance=*/false), 1e-3));
}

// An expert's last item hangs on the next one of the same group only.
TEST(Choice, LooksAtWhomExpertsTake) {
  Choice made = choice({0.9, 0.1, 0.5, 0.4, 0.8999, 0.3, 0.2, 0.1}, 2, 1, 1);
  made.optionsChoose = true;
  EXPECT_TRUE(steady(made, 1e-5));
  EXPECT_FALSE(steady(made, 1e-3));
  made.groups = 2;
  EXPECT_TRUE(steady(made, 1e-3));
  // Nothing is left to choose.
  made.groups = 1;
  made.capacity = 4;
  EXPECT_TRUE(steady(made, 1));
}
