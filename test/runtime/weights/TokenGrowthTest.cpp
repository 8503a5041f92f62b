//===- TokenGrowthTest.cpp - Tests of layers over more tokens -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/weights/TokenGrowth.h"
#include "test/runtime/TestSupport.h"

using namespace moec::rt;

using Values = std::vector<float>;
using Shape = std::vector<int64_t>;

static Values copies(GrownAxis axis, bool elements) {
  Values result;
  for (int64_t i = 0; i < axis.grown(); ++i)
    result.push_back(
        float(elements ? axis.place(i).element : axis.place(i).copy));
  return result;
}

TEST(TokenGrowth, PatchesOfPartsOfAnImage) {
  // 2 x 2 patches become 4 x 4, in rows.
  EXPECT_EQ(copies({4, 2}, false),
            (Values{0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3}));
  EXPECT_EQ(copies({4, 2}, true),
            (Values{0, 1, 0, 1, 2, 3, 2, 3, 0, 1, 0, 1, 2, 3, 2, 3}));
  EXPECT_EQ(copies({1, 3}, false), (Values{0, 1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(TokenGrowth, OtherElementsSideBySide) {
  EXPECT_EQ(copies({2, 2}, false), (Values{0, 0, 1, 1, 2, 2, 3, 3}));
  EXPECT_EQ(copies({2, 2}, true), (Values{0, 1, 0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(copies({3, 1}, true), (Values{0, 1, 2}));
}

TEST(TokenGrowth, Shapes) {
  for (auto [from, to, rows] : {std::tuple(Shape{4, 2}, Shape{16, 8}, 16),
                                {{5, 4, 3}, {5, 36, 27}, 36},
                                {{2, 5, 4, 3}, {2, 5, 16, 3}, 16},
                                {{3}, {12}, 1},
                                {{2, 3}, {2, 12}, 2}}) {
    std::string why;
    std::optional<TokenGrowth> growth = TokenGrowth::of(from, to, why);
    ASSERT_TRUE(growth);
    EXPECT_EQ(growth->rows(), rows);
  }
  const std::string axes = "other axes than the last two differ";
  for (auto [from, to, reason] :
       {std::tuple(Shape{4, 2}, Shape{4, 2}, axes), // nothing grows
        {{4, 2}, {8, 4}, "8 is not 4, 9 or another square times 4"},
        {{4, 2},
         {16, 18},
         "one axis has 4 times as many elements, the other 9 times"},
        {{4, 2}, {2, 2}, "2 is not 4, 9 or another square times 4"},
        {{4, 2}, {17, 2}, "17 is not 4, 9 or another square times 4"},
        {{4, 2, 3}, {16, 2, 3}, axes},
        {{4, 2}, {16}, axes},
        {{2, 0}, {2, 9}, "9 is not 4, 9 or another square times 0"},
        {{}, {}, axes}}) {
    std::string why;
    EXPECT_FALSE(TokenGrowth::of(from, to, why));
    EXPECT_EQ(why, reason);
  }
}

TEST(TokenGrowth, Rows) {
  // Both axes: three hidden elements for one patch, then for 2 x 2 of them.
  std::string why;
  auto both = TokenGrowth::of({1, 3}, {4, 12}, why);
  ASSERT_TRUE(both);
  EXPECT_EQ(both->row({1, 2, 3}, 1),
            (Values{0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0}));
  // A router: the mean over the parts of an image.
  auto in = TokenGrowth::of({2, 2}, {8, 2}, why);
  ASSERT_TRUE(in);
  EXPECT_EQ(in->row({4, 8, 12, 16}, 0), (Values{1, 2}));
  EXPECT_EQ(in->row({4, 8, 12, 16}, 7), (Values{3, 4}));
  // Biases of two layers.
  auto out = TokenGrowth::of({2, 1}, {2, 4}, why);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->row({5, 6}, 1), (Values{6, 6, 6, 6}));
}
