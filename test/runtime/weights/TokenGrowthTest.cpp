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
    std::optional<TokenGrowth> growth = TokenGrowth::of(from, to);
    ASSERT_TRUE(growth);
    EXPECT_EQ(growth->rows(), rows);
  }
  for (auto [from, to] : {std::pair(Shape{4, 2}, Shape{4, 2}), // nothing grows
                          {{4, 2}, {8, 4}},                    // not K * K
                          {{4, 2}, {16, 18}},                  // two K
                          {{4, 2}, {2, 2}},                    // fewer
                          {{4, 2}, {17, 2}},
                          {{4, 2, 3}, {16, 2, 3}}, // not the last two axes
                          {{4, 2}, {16}},
                          {{0, 2}, {0, 9}},
                          {{}, {}}})
    EXPECT_FALSE(TokenGrowth::of(from, to));
}

TEST(TokenGrowth, Rows) {
  // Both axes: three hidden elements for one patch, then for 2 x 2 of them.
  auto both = TokenGrowth::of({1, 3}, {4, 12});
  ASSERT_TRUE(both);
  EXPECT_EQ(both->row({1, 2, 3}, 1),
            (Values{0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0}));
  // A router: the mean over the parts of an image.
  auto in = TokenGrowth::of({2, 2}, {8, 2});
  ASSERT_TRUE(in);
  EXPECT_EQ(in->row({4, 8, 12, 16}, 0), (Values{1, 2}));
  EXPECT_EQ(in->row({4, 8, 12, 16}, 7), (Values{3, 4}));
  // Biases of two layers.
  auto out = TokenGrowth::of({2, 1}, {2, 4});
  ASSERT_TRUE(out);
  EXPECT_EQ(out->row({5, 6}, 1), (Values{6, 6, 6, 6}));
}
