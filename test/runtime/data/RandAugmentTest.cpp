//===- RandAugmentTest.cpp - Tests of changes of pictures -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/ImageOps.h"
#include "runtime/data/MemoryDataset.h"
#include "runtime/data/Transform.h"
#include "test/runtime/data/ImageTestSupport.h"

#include <set>

using namespace moec::rt;
using namespace moec::rt::test;

static Image imageOf(std::vector<uint8_t> pixels, int64_t height, int64_t width,
                     int64_t channels = 1) {
  Image image(height, width, channels);
  EXPECT_EQ(image.pixels.size(), pixels.size());
  image.pixels = std::move(pixels);
  return image;
}

using Pixels = std::vector<uint8_t>;

TEST(ImageOps, FactorsGoFromSomethingToThePicture) {
  auto after = [](void (*change)(Image &, int64_t), double factor,
                  Image image) {
    change(image, factorOf(factor));
    return image.pixels;
  };
  Image grey = imageOf({0, 100, 200, 255}, 2, 2);
  for (auto *change :
       {changeBrightness, changeContrast, changeColour, changeSharpness})
    EXPECT_EQ(after(change, 1, grey), grey.pixels);
  EXPECT_EQ(after(changeBrightness, 0, grey), (Pixels{0, 0, 0, 0}));
  EXPECT_EQ(after(changeBrightness, 1.5, grey), (Pixels{0, 150, 255, 255}));
  // Their mean is 138.75.
  EXPECT_EQ(after(changeContrast, 0, grey), (Pixels{139, 139, 139, 139}));
  EXPECT_EQ(after(changeContrast, 0.5, grey), (Pixels{70, 120, 170, 197}));
  // Grey pictures have no colour to change.
  EXPECT_EQ(after(changeColour, 0, grey), grey.pixels);
  Image red = imageOf({200, 0, 100}, 1, 1, 3);
  // 0.299 * 200 + 0.114 * 100 = 71.2
  EXPECT_EQ(after(changeColour, 0, red), (Pixels{71, 71, 71}));
  EXPECT_EQ(after(changeColour, 2, red), (Pixels{255, 0, 129}));
  Image point = imageOf({0, 0, 0, 0, 130, 0, 0, 0, 0}, 3, 3);
  EXPECT_EQ(after(changeSharpness, 0, point).at(4), 130 * 5 / 13);
  EXPECT_EQ(after(changeSharpness, 0, point).at(3), 0); // the edge stays
  EXPECT_EQ(after(changeSharpness, 1.9, point).at(4), 130 + 9 * 8);
}

TEST(ImageOps, ValuesByTables) {
  Image image = imageOf({0, 127, 128, 255}, 1, 4);
  solarize(image, 128);
  EXPECT_EQ(image.pixels, (Pixels{0, 127, 127, 0}));
  image = imageOf({0, 127, 128, 255}, 1, 4);
  solarize(image, 256);
  EXPECT_EQ(image.pixels, (Pixels{0, 127, 128, 255}));
  posterize(image, 4);
  EXPECT_EQ(image.pixels, (Pixels{0, 112, 128, 240}));
  image = imageOf({50, 100, 150, 50}, 1, 4);
  autoContrast(image);
  EXPECT_EQ(image.pixels, (Pixels{0, 128, 255, 0}));
  image = imageOf({7, 7}, 1, 2);
  autoContrast(image);
  EXPECT_EQ(image.pixels, (Pixels{7, 7}));
}

TEST(ImageOps, EqualizeMakesAFlatHistogram) {
  // 1000 pixels of values that crowd around 100.
  Image image(20, 50, 1);
  for (size_t i = 0; i < 1000; ++i)
    image.pixels[i] = uint8_t(100 + (i % 10) * (i % 10) / 9);
  equalize(image);
  std::map<uint8_t, int> counts;
  for (uint8_t value : image.pixels)
    ++counts[value];
  EXPECT_EQ(counts.begin()->first, 0);
  EXPECT_GE(counts.rbegin()->first, 225);
  // Below a value lie as many pixels as its share of 255.
  int below = 0;
  for (auto [value, count] : counts) {
    EXPECT_NEAR(value / 255.0, below / 900.0, 0.2);
    below += count;
  }
}

TEST(ImageOps, AffineTakesTheNearestPixel) {
  Image image = imageOf({1, 2, 3, 4, 5, 6, 7, 8, 9}, 3, 3);
  auto after = [&](Affine from) {
    Image copy = image;
    transform(copy, from);
    return copy.pixels;
  };
  EXPECT_EQ(after({}), image.pixels);
  Affine shift;
  shift.x0 = unit;
  EXPECT_EQ(after(shift), (Pixels{2, 3, 0, 5, 6, 0, 8, 9, 0}));
  Affine turn; // by a quarter
  turn.xx = turn.yy = 0;
  turn.xy = -unit;
  turn.yx = unit;
  EXPECT_EQ(after(turn), (Pixels{3, 6, 9, 2, 5, 8, 1, 4, 7}));
  Affine shear; // a row further down comes from further right
  shear.xy = unit;
  EXPECT_EQ(after(shear), (Pixels{0, 1, 2, 4, 5, 6, 8, 9, 0}));
}

namespace {
class RandAugment : public testing::Test {
protected:
  void SetUp() override {
    data = labelledImages("photos", "labels", 24, 18, 3,
                          smoothImage(24, 18, 3).pixels, {0});
  }
  Image read(const std::string &transform, int64_t epoch, uint64_t seed = 0) {
    return transformed(data, {transform})->readImage({0, epoch, seed}, 0);
  }
  DatasetRef data;
};
} // namespace

TEST_F(RandAugment, IsAFunctionOfSeedAndEpoch) {
  std::set<Pixels> seen;
  for (int64_t epoch = 0; epoch < 200; ++epoch) {
    Image image = read("rand_augment:2,9", epoch);
    EXPECT_EQ(image.pixels.size(), 24u * 18 * 3);
    EXPECT_EQ(image.pixels, read("rand_augment:2,9", epoch).pixels);
    seen.insert(image.pixels);
  }
  EXPECT_GT(seen.size(), 60u);
  // One of 14 changes, 8 of them with two signs, of which some are none here.
  seen.clear();
  for (int64_t epoch = 0; epoch < 400; ++epoch)
    seen.insert(read("rand_augment:1,30", epoch, 1).pixels);
  EXPECT_LE(seen.size(), 23u);
  EXPECT_GE(seen.size(), 18u);
}

/// Without strength only the two that have none are left.
TEST_F(RandAugment, StrengthZero) {
  std::set<Pixels> seen;
  for (int64_t epoch = 0; epoch < 200; ++epoch)
    seen.insert(read("rand_augment:1,0", epoch).pixels);
  EXPECT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen.count(smoothImage(24, 18, 3).pixels), 1u);
}

TEST_F(RandAugment, Errors) {
  for (const char *bad :
       {"", "2", "2,", "0,9", "15,9", "2,31", "2,-1", "2,9,1", "2x9"})
    EXPECT_ERROR(transformed(data, {std::string("rand_augment:") + bad}),
                 "expected a number of changes from 1 to 14 and their strength "
                 "from 0 to 30, as 2,9");
}
