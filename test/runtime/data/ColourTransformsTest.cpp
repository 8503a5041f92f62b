//===- ColourTransformsTest.cpp - Tests of colours and blur ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/ImageOps.h"
#include "runtime/data/MemoryDataset.h"
#include "runtime/data/Transform.h"
#include "test/runtime/data/ImageTestSupport.h"

using namespace moec::rt;
using namespace moec::rt::test;

using Pixels = std::vector<uint8_t>;

static Pixels turned(Pixels rgb, double turn) {
  Image image(1, 1, 3);
  image.pixels = std::move(rgb);
  changeHue(image, factorOf(turn));
  return image.pixels;
}

TEST(ImageOps, HueTurns) {
  EXPECT_EQ(turned({255, 0, 0}, 1.0 / 3), (Pixels{0, 255, 0}));
  EXPECT_EQ(turned({255, 0, 0}, -1.0 / 3), (Pixels{0, 0, 255}));
  EXPECT_EQ(turned({200, 50, 50}, 1.0 / 6), (Pixels{200, 200, 50}));
  EXPECT_EQ(turned({200, 50, 50}, 0.5), (Pixels{50, 200, 200}));
  EXPECT_EQ(turned({7, 7, 7}, 0.3), (Pixels{7, 7, 7}));
  for (int r = 0; r < 256; r += 15)
    for (int g = 0; g < 256; g += 15)
      for (int b = 0; b < 256; b += 15) {
        Pixels rgb = {uint8_t(r), uint8_t(g), uint8_t(b)};
        ASSERT_EQ(turned(rgb, 0), rgb);
        ASSERT_EQ(turned(rgb, -1), rgb);
      }
}

TEST(ImageOps, BlurSpreadsAPoint) {
  Image image(21, 21, 1);
  image.row(10)[10] = 255;
  Image wide = image;
  blur(wide, 1);
  // 1 / (2 pi), and e^(-1/2), e^-1, e^-2 of it.
  EXPECT_NEAR(wide.row(10)[10], 255 / 6.2832, 1);
  EXPECT_NEAR(wide.row(10)[11], 255 / 6.2832 * 0.6065, 1);
  EXPECT_NEAR(wide.row(11)[11], 255 / 6.2832 * 0.3679, 1);
  EXPECT_NEAR(wide.row(8)[10], 255 / 6.2832 * 0.1353, 1);
  EXPECT_EQ(wide.row(11)[10], wide.row(10)[9]);
  blur(image, 0.1);
  EXPECT_EQ(image.row(10)[10], 255);
  Image grey(5, 4, 3);
  std::fill(grey.pixels.begin(), grey.pixels.end(), uint8_t(201));
  blur(grey, 2);
  for (uint8_t value : grey.pixels)
    EXPECT_EQ(value, 201);
}

namespace {
class Colours : public testing::Test {
protected:
  void SetUp() override {
    data = labelledImages("photos", "labels", 8, 8, 3, image.pixels, {0});
  }
  Image read(const std::string &transform, int64_t epoch) {
    return transformed(data, {transform})->readImage({0, epoch, 5}, 0);
  }
  /// In how many of 400 epochs the picture changes.
  int changes(const std::string &transform) {
    int count = 0;
    for (int64_t epoch = 0; epoch < 400; ++epoch)
      count += difference(read(transform, epoch), image) != 0;
    return count;
  }
  Image image = smoothImage(8, 8, 3, 60);
  DatasetRef data;
};
} // namespace

TEST_F(Colours, ChangeAShareOfThePictures) {
  // 4 standard deviations.
  EXPECT_NEAR(changes("grey:0.2"), 80, 32);
  EXPECT_NEAR(changes("solarize:0.5"), 200, 40);
  EXPECT_NEAR(changes("jitter:0.4,0.4,0.2,0.1"), 320, 32);
  EXPECT_EQ(changes("grey:0"), 0);
  EXPECT_EQ(changes("grey:1"), 400);
  EXPECT_EQ(changes("blur:0"), 0);
  EXPECT_EQ(changes("jitter:0,0,0,0"), 0);
  Image grey = read("grey:1", 0);
  for (size_t i = 0; i < 64; ++i)
    for (size_t c = 0; c < 3; ++c)
      EXPECT_EQ(grey.pixels[3 * i + c], brightnessOf(&image.pixels[3 * i], 3));
}

TEST_F(Colours, JitterIsBounded) {
  for (int64_t epoch = 0; epoch < 100; ++epoch) {
    Image changed = read("jitter:0.1,0,0,0", epoch);
    for (size_t i = 0; i < changed.pixels.size(); ++i)
      EXPECT_NEAR(changed.pixels[i], image.pixels[i],
                  0.1 * image.pixels[i] + 1);
  }
}

/// The two views of MoCo v3.
TEST_F(Colours, ChangeOneFieldIfAsked) {
  DatasetRef made = transformed(
      data, {"views", "solarize:1@view1", "grey:1@view2", "resize:4@view2"});
  EXPECT_EQ(made->fields()[2].shape, (std::vector<int64_t>{8, 8, 3}));
  EXPECT_EQ(made->fields()[3].shape, (std::vector<int64_t>{4, 4, 3}));
  EXPECT_EQ(difference(made->readImage({0}, 0), image), 0);
  Image first = image;
  solarize(first, 128);
  EXPECT_EQ(difference(made->readImage({0}, 2), first), 0);
  Image second = made->readImage({0}, 3);
  EXPECT_EQ(second.height, 4);
  EXPECT_EQ(second.pixels[0], second.pixels[2]);
  EXPECT_ERROR(transformed(data, {"flip@view1"}),
               "transform flip@view1: photos has no pictures \"view1\"; "
               "expected image");
  EXPECT_ERROR(transformed(data, {"views@image"}),
               "transform views@image: views changes no single field; fix: "
               "leave @image away");
}

TEST_F(Colours, Errors) {
  for (const char *bad : {"", "2", "-1", "x", "0.5,0.5", "nan", "0.5x"})
    EXPECT_ERROR(transformed(data, {std::string("grey:") + bad}),
                 "expected grey:P, a number from 0 to 1");
  EXPECT_NO_THROW(transformed(data, {"jitter:1,1,1,0.5"}));
  EXPECT_ERROR(transformed(data, {"jitter:0.4,0.4,0.2,0.6"}),
               "transform jitter:0.4,0.4,0.2,0.6: expected a hue H from 0 to "
               "0.5, half a turn to either side, which is every hue, got 0.6");
  EXPECT_ERROR(transformed(data, {"jitter:0.4,0.4,0.2"}),
               "transform jitter:0.4,0.4,0.2: expected jitter:B,C,S,H, numbers "
               "from 0 to 1");
}
