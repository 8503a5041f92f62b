//===- SummaryTest.cpp - Tests of what a data set holds -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Summary.h"
#include "runtime/data/MemoryDataset.h"
#include "test/runtime/data/ImageTestSupport.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

using namespace moec::rt;
using namespace moec::rt::test;

/// Two pictures of 1 x 2 pixels in two channels.
static DatasetRef twoImages() {
  return labelledImages("photos", "labels", 1, 2, 2,
                        {0, 10, 255, 10, 255, 10, 255, 30}, {7, 7});
}

TEST(Summary, MeanAndDeviationOfAllPixels) {
  DatasetSummary summary = summarize(*twoImages());
  ASSERT_EQ(summary.mean.size(), 2u);
  EXPECT_DOUBLE_EQ(summary.mean[0], 0.75);
  EXPECT_DOUBLE_EQ(summary.std[0], std::sqrt(0.75 * 0.25));
  EXPECT_DOUBLE_EQ(summary.mean[1], 15.0 / 255);
  EXPECT_NEAR(summary.std[1], std::sqrt(75.0) / 255, 1e-12);
  EXPECT_EQ(summary.labels, (std::map<int32_t, int64_t>{{7, 2}}));
  EXPECT_EQ(summary.leastHeight, 1);
  EXPECT_EQ(summary.mostWidth, 2);
}

/// By sizes: large pictures have more pixels.
TEST(Summary, SizesDiffer) {
  TemporaryFolder folder;
  std::filesystem::create_directories(folder / "a");
  Image white(2, 3, 1), black(1, 6, 1);
  std::fill(white.pixels.begin(), white.pixels.end(), uint8_t(255));
  for (int i = 0; i < 20; ++i)
    writeAll(folder / ("a/" + std::to_string(i) + ".png"),
             pngFile(i < 5 ? white : Image(3, 6, 1)));
  DatasetSummary summary =
      summarize(*openDataset("folder:" + folder.path, DataSplit::Train));
  EXPECT_EQ(summary.leastHeight, 2);
  EXPECT_EQ(summary.mostHeight, 3);
  EXPECT_EQ(summary.leastWidth, 3);
  EXPECT_EQ(summary.mostWidth, 6);
  EXPECT_DOUBLE_EQ(summary.mean[0], 5.0 * 6 / (5 * 6 + 15 * 18));
}

/// Pixels of f32 are taken as they are, by any number of threads.
TEST(Summary, NumbersOfF32) {
  constexpr size_t count = 200;
  std::vector<float> pixels(count * 3 * 2);
  for (size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = float(int(i * 7919 % 1000) - 250) / 900;
  MemoryDataset::Column column = {
      {"image", DType::F32, {3, 1, 2}, 6}, "numbers", {}};
  column.bytes.resize(pixels.size() * sizeof(float));
  std::memcpy(column.bytes.data(), pixels.data(), column.bytes.size());
  MemoryDataset data(count, {column});
  DatasetSummary summary = summarize(data);
  EXPECT_EQ(summary.leastHeight, 3);
  EXPECT_EQ(summary.mostWidth, 1);
  EXPECT_EQ(summary.least, *std::min_element(pixels.begin(), pixels.end()));
  EXPECT_EQ(summary.most, *std::max_element(pixels.begin(), pixels.end()));
  ASSERT_EQ(summary.mean.size(), 2u);
  for (size_t c = 0; c < 2; ++c) {
    double sum = 0, square = 0;
    for (size_t i = c; i < pixels.size(); i += 2)
      sum += double(pixels[i]);
    double mean = sum / double(3 * count);
    for (size_t i = c; i < pixels.size(); i += 2)
      square += (double(pixels[i]) - mean) * (double(pixels[i]) - mean);
    EXPECT_NEAR(summary.mean[c], mean, 1e-12);
    EXPECT_NEAR(summary.std[c], std::sqrt(square / double(3 * count)), 1e-12);
  }
  for (const char *threads : {"1", "3"}) {
    setenv("OMP_NUM_THREADS", threads, 1);
    EXPECT_EQ(summarize(data).mean, summary.mean);
    EXPECT_EQ(summarize(data).std, summary.std);
  }
  unsetenv("OMP_NUM_THREADS");
}

TEST(Summary, DataWithoutPictures) {
  std::vector<MemoryDataset::Column> columns = {
      {{"image", DType::F32, {1}, 1}, "numbers", {}}};
  columns[0].bytes.resize(4);
  MemoryDataset data(1, std::move(columns));
  DatasetSummary summary = summarize(data);
  EXPECT_TRUE(summary.mean.empty());
  EXPECT_TRUE(summary.labels.empty());
  EXPECT_ERROR(
      contactSheet(data),
      "numbers: a contact sheet shows a field \"image\" of u8 [height, "
      "width, 1 or 3 channels], got f32[1]");
}

TEST(ContactSheet, ARowForEachClass) {
  std::vector<uint8_t> pixels, labels;
  for (int i = 0; i < 30; ++i) {
    pixels.insert(pixels.end(), 4, uint8_t(8 * i));
    labels.push_back(uint8_t(i % 2 ? 3 : 1));
  }
  Image sheet = contactSheet(
      *labelledImages("photos", "labels", 2, 2, 1, pixels, labels));
  EXPECT_EQ(sheet.height, 2 * 66 + 2);
  EXPECT_EQ(sheet.width, 10 * 66 + 2);
  EXPECT_EQ(sheet.channels, 3);
  // Picture i / 2 of the class of label 1, then of label 3, in the middle.
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(sheet.row((i % 2) * 66 + 34)[3 * ((i / 2) * 66 + 34)], 8 * i);
  // It is what a file holds.
  EXPECT_EQ(difference(decodeImage(pngFile(sheet)).image, sheet), 0);
}

TEST(ContactSheet, KeepsTheShapeOfPictures) {
  Image sheet = contactSheet(*labelledImages(
      "photos", "labels", 1, 4, 1, std::vector<uint8_t>(4, 200), {0}));
  EXPECT_EQ(sheet.width, 68);
  EXPECT_EQ(sheet.row(34)[3 * 34], 200);
  EXPECT_EQ(sheet.row(2 + 23)[3 * 34], 48); // above it
  EXPECT_EQ(sheet.row(2 + 24)[3 * 34], 200);
}
