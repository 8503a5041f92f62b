//===- ResizeTest.cpp - Tests of transforms to one size -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Resize.h"
#include "runtime/data/MemoryDataset.h"
#include "runtime/data/Transform.h"
#include "test/runtime/data/ImageTestSupport.h"

#include <set>

using namespace moec::rt;
using namespace moec::rt::test;

static Image whole(const Image &from, int64_t height, int64_t width) {
  return resized(from, {0, 0, from.height, from.width}, height, width);
}

TEST(Resize, KeepsWhatStaysTheSame) {
  Image image = smoothImage(7, 5, 3);
  EXPECT_EQ(difference(whole(image, 7, 5), image), 0);
  Image part = resized(image, {2, 1, 3, 4}, 3, 4);
  for (int64_t y = 0; y < 3; ++y)
    for (int64_t i = 0; i < 12; ++i)
      EXPECT_EQ(part.row(y)[i], image.row(y + 2)[i + 3]);
  // A grey area keeps its value, whatever the sizes.
  Image grey(13, 11, 1);
  std::fill(grey.pixels.begin(), grey.pixels.end(), uint8_t(201));
  for (int64_t size : {1, 2, 3, 7, 12, 13, 29, 100})
    for (uint8_t pixel : whole(grey, size, size + 1).pixels)
      ASSERT_EQ(pixel, 201);
}

TEST(Resize, WeighsByATriangle) {
  Image row(1, 4, 1);
  row.pixels = {0, 100, 200, 40};
  // Half as wide: weights 1/8, 3/8, 3/8, 1/8 of four pixels, which at the edge
  // lose the first and become 3/7, 3/7, 1/7.
  Image half = whole(row, 1, 2);
  EXPECT_EQ(half.pixels[0], uint8_t((3 * 0 + 3 * 100 + 200) / 7.0 + 0.5));
  EXPECT_EQ(half.pixels[1], uint8_t((100 + 3 * 200 + 3 * 40) / 7.0 + 0.5));
  // Twice as wide: between two pixels by distance, at the edge the nearest.
  Image twice = whole(row, 1, 8);
  EXPECT_EQ(twice.pixels,
            (std::vector<uint8_t>{0, 25, 75, 125, 175, 160, 80, 40}));
}

namespace {
class Sized : public testing::Test {
protected:
  void SetUp() override {
    Image image = smoothImage(20, 30, 3);
    std::vector<uint8_t> pixels = image.pixels;
    data = labelledImages("photos", "labels", 20, 30, 3, pixels, {4});
  }
  Image read(const std::string &transform, int64_t epoch) {
    DatasetRef made = transformed(data, {transform});
    Image image(made->fields()[0].shape[0], made->fields()[0].shape[1], 3);
    made->read({0, epoch, 1}, 0, image.pixels.data());
    return image;
  }
  DatasetRef data;
};
} // namespace

TEST_F(Sized, ResizeIsTheSameInEachEpoch) {
  Image image = read("resize:8x9", 0);
  EXPECT_EQ(difference(image, whole(smoothImage(20, 30, 3), 8, 9)), 0);
  EXPECT_EQ(difference(image, read("resize:8x9", 5)), 0);
  EXPECT_EQ(labelOf(*transformed(data, {"resize:8"}), 0), 4);
}

TEST_F(Sized, ResizedCropIsADifferentPartInEachEpoch) {
  std::set<std::vector<uint8_t>> seen;
  Image from = smoothImage(20, 30, 3);
  for (int64_t epoch = 0; epoch < 50; ++epoch) {
    Image image = read("resized_crop:10", epoch);
    EXPECT_EQ(difference(image, read("resized_crop:10", epoch)), 0);
    seen.insert(image.pixels);
    // Nothing comes in from outside: the values are those of the picture, and
    // grow along both axes as they do there.
    for (int64_t y = 0; y < 10; ++y)
      for (int64_t x = 0; x < 10; ++x) {
        EXPECT_LE(image.row(y)[3 * x], from.row(19)[3 * 29]);
        if (x)
          EXPECT_GE(image.row(y)[3 * x], image.row(y)[3 * x - 3]);
        if (y)
          EXPECT_GE(image.row(y)[3 * x], image.row(y - 1)[3 * x]);
      }
  }
  EXPECT_GT(seen.size(), 45u);
}

TEST_F(Sized, Errors) {
  for (const char *bad : {"resize:", "resize:0", "resize:4097", "resize:3x",
                          "resize:3x4x5", "resize:-1", "resize:8,9"})
    EXPECT_ERROR(transformed(data, {bad}),
                 "expected a size of 1 to 4096 pixels, as 224 or 192x256 "
                 "(height x width)");
  EXPECT_ERROR(transformed(data, {"resized_crop:x"}),
               "transform resized_crop:x: expected a size");
  EXPECT_ERROR(transformed(data, {"resize"}),
               "transform resize: expected resize:HxW");
}
