//===- AxesTest.cpp - Tests of changes of axes ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/weights/Axes.h"
#include "test/runtime/TestSupport.h"

using namespace moec::rt;
using namespace moec::rt::test;

using Shape = std::vector<int64_t>;

/// Places in the stored tensor of the elements that a view gives, in order.
static Shape placesOf(const StridedView &view) {
  Shape places;
  std::vector<int64_t> index(view.axes.size());
  for (int64_t n = 0; n < view.elements(); ++n) {
    int64_t rest = n, at = view.offset;
    for (size_t i = view.axes.size(); i-- > 0; rest /= view.axes[i].size)
      at += rest % view.axes[i].size * view.axes[i].stride;
    places.push_back(at);
  }
  return places;
}

TEST(Axes, NothingByDefault) {
  StridedView view = AxesChange().apply({2, 3});
  EXPECT_EQ(view.shape, (Shape{2, 3}));
  EXPECT_EQ(placesOf(view), (Shape{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(placesOf(AxesChange().apply({})), (Shape{0}));
  EXPECT_EQ(AxesChange().apply({2, 0}).elements(), 0);
}

TEST(Axes, TransposesAndReshapes) {
  StridedView view = AxesChange("out in -> in out", {}, {}).apply({2, 3});
  EXPECT_EQ(view.shape, (Shape{3, 2}));
  EXPECT_EQ(placesOf(view), (Shape{0, 3, 1, 4, 2, 5}));
  view = AxesChange("a b c -> (b a) c", {}, {}).apply({2, 2, 2});
  EXPECT_EQ(view.shape, (Shape{4, 2}));
  EXPECT_EQ(placesOf(view), (Shape{0, 1, 4, 5, 2, 3, 6, 7}));
  view = AxesChange("1 1 c -> c 1", {}, {}).apply({1, 1, 3});
  EXPECT_EQ(view.shape, (Shape{3, 1}));
  EXPECT_EQ(placesOf(view), (Shape{0, 1, 2}));
  view = AxesChange("(a b) -> b a", {{"b", 3}}, {}).apply({6});
  EXPECT_EQ(view.shape, (Shape{3, 2}));
  EXPECT_EQ(placesOf(view), (Shape{0, 3, 1, 4, 2, 5}));
  view = AxesChange("->", {}, {}).apply({});
  EXPECT_EQ(view.shape, Shape());
}

TEST(Axes, TakesParts) {
  AxesChange first("(qkv out) in -> in out", {{"qkv", 3}}, {{"qkv", 0}});
  AxesChange second("(qkv out) in -> in out", {{"qkv", 3}}, {{"qkv", 1}});
  StridedView view = second.apply({6, 2});
  EXPECT_EQ(view.shape, (Shape{2, 2}));
  EXPECT_EQ(placesOf(view), (Shape{4, 6, 5, 7}));
  EXPECT_TRUE(first.isDisjoint(second));
  EXPECT_FALSE(first.isDisjoint(first));
  EXPECT_FALSE(first.isDisjoint(AxesChange()));
  // The same numbers of other axes say nothing.
  EXPECT_FALSE(first.isDisjoint(
      AxesChange("(qkv out) in -> in out", {{"qkv", 2}}, {{"qkv", 1}})));
  EXPECT_FALSE(first.isDisjoint(
      AxesChange("(out qkv) in -> in out", {{"qkv", 3}}, {{"qkv", 1}})));
  // An axis whose size the shape tells.
  view = AxesChange("part in -> in", {}, {{"part", 1}}).apply({2, 3});
  EXPECT_EQ(placesOf(view), (Shape{3, 4, 5}));
}

TEST(Axes, Simplify) {
  StridedView view =
      AxesChange("a b c d -> a c d b", {}, {}).apply({4, 1, 2, 3});
  view.simplify();
  ASSERT_EQ(view.axes.size(), 1u);
  EXPECT_EQ(view.axes[0].size, 24);
  view = AxesChange("a b c -> b a c", {}, {}).apply({2, 3, 4});
  view.simplify();
  EXPECT_EQ(view.axes.size(), 3u);
  EXPECT_EQ(view.elements(), 24);
}

TEST(Axes, Malformed) {
  auto expect = [](const char *text, AxesChange::Numbers sizes,
                   AxesChange::Numbers take, const char *part) {
    EXPECT_ERROR(AxesChange(text, sizes, take), part);
  };
  expect("out in", {}, {}, "expected axes of the tensor, an arrow");
  expect("a -> b -> c", {}, {}, "an arrow");
  expect("Out -> Out", {}, {}, "got 'O'");
  expect("a ((b) -> a b", {}, {}, "got '('");
  expect("a () -> a", {}, {}, "got ')'");
  expect("(a -> a", {}, {}, "expected a )");
  expect("2 a -> a", {}, {}, "got '2'");
  expect("a a -> a", {}, {}, "axis 'a' stands twice");
  expect("a b -> b a a", {}, {}, "axis 'a' stands twice");
  expect("a -> a b", {}, {}, "'b' stands on the right");
  expect("a b -> a", {}, {}, "say in \"take\"");
  expect("a b -> a b", {}, {{"a", 0}}, "\"take\" names 'a'");
  expect("a b -> a b", {}, {{"c", 0}}, "\"take\" names 'c'");
  expect("(a b) -> b", {{"a", 3}}, {{"a", 3}}, "part 3 of 'a', which has 3");
  expect("a -> a", {{"b", 2}}, {}, "\"sizes\" names 'b'");
  expect("(a b) -> b a", {}, {},
         "should tell all but one of the axes in (a b)");
}

TEST(Axes, OtherShapes) {
  AxesChange transpose("out in -> in out", {}, {});
  EXPECT_ERROR(transpose.apply({2}), "expected 2 axes");
  AxesChange split("(qkv out) -> out", {{"qkv", 3}}, {{"qkv", 2}});
  EXPECT_ERROR(split.apply({7}), "axis 0 of [7] should be a multiple of 3");
  EXPECT_ERROR(AxesChange("1 c -> c", {}, {}).apply({2, 3}),
               "axis 0 of [2, 3] should be 1");
  EXPECT_ERROR(AxesChange("(a b) -> a b", {{"a", 2}, {"b", 3}}, {}).apply({7}),
               "axis 0 of [7] should be 6");
  EXPECT_ERROR(AxesChange("a b -> b", {}, {{"a", 2}}).apply({2, 3}),
               "part 2 of 'a', which has 2 in [2, 3]");
  EXPECT_ERROR(AxesChange("(a b) -> a b",
                          {{"a", int64_t(1) << 40}, {"b", int64_t(1) << 40}},
                          {})
                   .apply({7}),
               "axis 0 of [7] should be");
}
