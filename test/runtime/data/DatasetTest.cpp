//===- DatasetTest.cpp - Tests of data sets and their transforms ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Transform.h"
#include "test/runtime/ToyData.h"

#include <algorithm>
#include <set>

using namespace moec::rt;
using namespace moec::rt::test;

namespace {
class Data : public testing::Test {
protected:
  void SetUp() override {
    writeToyData(folder.path, 20, 10);
    data = openDataset("idx:" + folder.path, DataSplit::Train);
  }
  std::vector<uint8_t> read(const Dataset &from, Item item, size_t field = 0) {
    std::vector<uint8_t> bytes(size_t(from.fields()[field].bytes()));
    from.read(item, field, bytes.data());
    return bytes;
  }
  TemporaryFolder folder;
  DatasetRef data;
};
} // namespace

TEST_F(Data, IsOpenedByItsKind) {
  EXPECT_NE(datasetKinds().find("idx:DIR (a folder with"), std::string::npos);
  EXPECT_ERROR(openDataset("png:x", DataSplit::Train),
               "--data png:x: unknown kind of data \"png\": expected idx");
  EXPECT_ERROR(openDataset("idy:x", DataSplit::Train), "did you mean idx?");
  EXPECT_ERROR(openDataset(folder / "x", DataSplit::Train),
               "which kind of data it is does not stand in front; expected "
               "idx:DIR");
  EXPECT_EQ(guessSource(folder.path), "idx:" + folder.path);
  EXPECT_EQ(guessSource(folder / "x"), "");
  EXPECT_ERROR(openDataset(folder.path, DataSplit::Train),
               "which kind of data it is does not stand in front; fix: --data "
               "idx:" +
                   folder.path + ", which it looks like");
}

TEST_F(Data, FilesOfASource) {
  for (DataSplit split : {DataSplit::Train, DataSplit::Test}) {
    EXPECT_EQ(datasetFiles("idx:" + folder.path, split).size(), 2u);
    EXPECT_TRUE(datasetFiles(folder.path, split).empty());
    EXPECT_TRUE(datasetFiles("idy:" + folder.path, split).empty());
    for (const DatasetInfo &info : allDatasets())
      EXPECT_TRUE(
          datasetFiles(info.name + (":" + (folder / "none")), split).empty())
          << info.name;
  }
}

TEST_F(Data, ChecksLabels) {
  EXPECT_NO_THROW(checkLabels(*data, 3));
  EXPECT_ERROR(checkLabels(*data, 2),
               "train-labels-idx1-ubyte: label 2 of image 2 is out of range: "
               "the model has 2 classes");
}

TEST_F(Data, MayBeCut) {
  DatasetRef first = firstItems(data, 3);
  EXPECT_EQ(first->count(), 3);
  EXPECT_EQ(first->name(), data->name());
  EXPECT_EQ(read(*first, {2}), read(*data, {2}));
}

/// An item is the same whenever and by whomever it is read, and another one in
/// other epochs and for other seeds.
TEST_F(Data, TransformsAreSeeded) {
  DatasetRef made = transformed(data, {"flip", "crop:2"});
  EXPECT_EQ(made->count(), 20);
  std::set<std::vector<uint8_t>> seen;
  for (int64_t epoch = 0; epoch < 8; ++epoch)
    for (uint64_t seed = 0; seed < 2; ++seed) {
      std::vector<uint8_t> image = read(*made, {5, epoch, seed});
      EXPECT_EQ(read(*made, {5, epoch, seed}), image);
      seen.insert(image);
      EXPECT_EQ(read(*made, {5, epoch, seed}, 1), read(*data, {5}, 1));
    }
  EXPECT_GT(seen.size(), 8u);
}

TEST_F(Data, FlipMirrorsEverySecondPicture) {
  DatasetRef made = transformed(data, {"flip"});
  int mirrored = 0;
  for (int64_t i = 0; i < 20; ++i)
    for (int64_t epoch = 0; epoch < 20; ++epoch) {
      std::vector<uint8_t> image = read(*made, {i, epoch, 7});
      std::vector<uint8_t> plain = read(*data, {i}), mirror = plain;
      for (size_t y = 0; y < 4; ++y)
        std::reverse(mirror.begin() + long(4 * y),
                     mirror.begin() + long(4 * y + 4));
      ASSERT_TRUE(image == plain || image == mirror);
      mirrored += image == mirror;
    }
  EXPECT_NEAR(mirrored, 200, 40); // of 400; 4 standard deviations
}

TEST_F(Data, CropShifts) {
  DatasetRef made = transformed(data, {"crop:1"});
  std::set<std::pair<int, int>> shifts;
  std::vector<uint8_t> plain = read(*data, {3});
  for (int64_t epoch = 0; epoch < 100; ++epoch) {
    std::vector<uint8_t> image = read(*made, {3, epoch, 1});
    int matches = 0;
    for (int down = -1; down <= 1; ++down)
      for (int right = -1; right <= 1; ++right) {
        std::vector<uint8_t> shifted(16, 0);
        for (int y = 0; y < 4; ++y)
          for (int x = 0; x < 4; ++x)
            if (y - down >= 0 && y - down < 4 && x - right >= 0 &&
                x - right < 4)
              shifted[size_t(4 * y + x)] =
                  plain[size_t(4 * (y - down) + x - right)];
        if (shifted == image) {
          ++matches;
          shifts.insert({down, right});
        }
      }
    ASSERT_EQ(matches, 1);
  }
  EXPECT_EQ(shifts.size(), 9u);
}

TEST_F(Data, ViewsAreTransformedApart) {
  DatasetRef made = transformed(data, {"views", "crop:2"});
  ASSERT_EQ(made->fields().size(), 4u);
  EXPECT_EQ(made->findField("view1"), 2);
  EXPECT_EQ(made->findField("view2"), 3);
  EXPECT_EQ(made->fields()[3].shape, (std::vector<int64_t>{4, 4, 1}));
  int same = 0;
  for (int64_t i = 0; i < 20; ++i) {
    same += read(*made, {i}, 2) == read(*made, {i}, 3);
    EXPECT_EQ(read(*made, {i}, 1), read(*data, {i}, 1));
  }
  EXPECT_LT(same, 5);
  // Before they are made, one change is that of both.
  made = transformed(data, {"crop:2", "views"});
  for (int64_t i = 0; i < 20; ++i)
    EXPECT_EQ(read(*made, {i}, 2), read(*made, {i}, 3));
}

TEST_F(Data, TransformErrors) {
  EXPECT_ERROR(transformed(data, {"flop"}),
               "transform flop: unknown transform \"flop\": expected flip, "
               "crop, resize, resized_crop, rand_augment, jitter, grey, blur, "
               "solarize, views or mixup; did you mean flip?");
  EXPECT_ERROR(transformed(data, {"crop"}), "transform crop: expected crop:N");
  EXPECT_ERROR(transformed(data, {"flip:1"}), "expected flip");
  for (const char *bad : {"crop:", "crop:0", "crop:-1", "crop:2x"})
    EXPECT_ERROR(transformed(data, {bad}),
                 "expected a number of pixels from 1 to 1000");
  EXPECT_NO_THROW(transformed(data, {"crop:3"}));
  EXPECT_ERROR(transformed(data, {"crop:4"}),
               "transform crop:4: would shift pictures out of sight, which are "
               "[4, 4, 1] (height, width, channels): expected fewer");
  EXPECT_ERROR(transformed(data, {"views", "views"}),
               "has a field \"view1\" already");
}
