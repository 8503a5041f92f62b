//===- TokenGridTest.cpp - Tests of position embeddings -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/weights/TokenGrid.h"
#include "test/runtime/TestSupport.h"

using namespace moec::rt;

using Values = std::vector<float>;

TEST(TokenGrid, Counts) {
  for (auto [tokens, side, classToken] : {std::tuple(1, 1, false),
                                          {2, 1, true},
                                          {4, 2, false},
                                          {5, 2, true},
                                          {196, 14, false},
                                          {197, 14, true},
                                          {577, 24, true}}) {
    std::optional<TokenGrid> grid = TokenGrid::of(tokens);
    ASSERT_TRUE(grid) << tokens;
    EXPECT_EQ(grid->side, side) << tokens;
    EXPECT_EQ(grid->classToken, classToken) << tokens;
    EXPECT_EQ(grid->tokens(), tokens);
  }
  for (int64_t tokens : {0, 3, 7, 198})
    EXPECT_FALSE(TokenGrid::of(tokens)) << tokens;
}

TEST(TokenGrid, Resamples) {
  // Width 2: the second number is 10 times the first one.
  Values two = {0, 0, 1, 10, 2, 20, 3, 30};
  EXPECT_EQ(resample(two, {2, false}, {3, false}),
            (Values{0, 0, 0.5, 5, 1, 10, 1, 10, 1.5, 15, 2, 20, 2, 20, 2.5, 25,
                    3, 30}));
  EXPECT_EQ(resample(two, {2, false}, {2, false}), two);
  EXPECT_EQ(resample(two, {2, false}, {1, false}), (Values{0, 0}));
  // Back to fewer: the corners stay.
  EXPECT_EQ(
      resample(resample(two, {2, false}, {3, false}), {3, false}, {2, false}),
      two);
  // A class token is left as it is; one patch is the same everywhere.
  EXPECT_EQ(resample({7, 4}, {1, true}, {2, true}), (Values{7, 4, 4, 4, 4}));
}
