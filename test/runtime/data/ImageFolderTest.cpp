//===- ImageFolderTest.cpp - Tests of folders of images -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Transform.h"
#include "test/runtime/data/ImageTestSupport.h"

#include <algorithm>

using namespace moec::rt;
using namespace moec::rt::test;

namespace {
class Folder : public testing::Test {
protected:
  void put(const std::string &path, const std::string &bytes) {
    std::filesystem::path full = folder / path;
    std::filesystem::create_directories(full.parent_path());
    writeAll(full.string(), bytes);
  }
  DatasetRef open(DataSplit split = DataSplit::Train, bool skip = false) {
    return openDataset("folder:" + folder.path, split, ReadOptions{skip});
  }
  static Image read(const Dataset &data, int64_t index) {
    return data.readImage({index}, 0);
  }
  TemporaryFolder folder;
};
} // namespace

TEST_F(Folder, ReadsClassesInOrder) {
  put("train/dog/b.png", pngFile(smoothImage(6, 4, 3, 1)));
  put("train/dog/a.jpg", jpegFile(smoothImage(6, 4, 3, 2)));
  put("train/cat/1.png", pngFile(smoothImage(6, 4, 3, 3)));
  put("train/README", "no image");
  put("train/.cache/x", "");
  put("train/dog/.hidden", "");
  put("test/dog/x.png", pngFile(smoothImage(6, 4, 3, 4)));
  DatasetRef train = open();
  ASSERT_EQ(train->count(), 3);
  EXPECT_EQ(train->fields()[0].shape, (std::vector<int64_t>{6, 4, 3}));
  EXPECT_EQ(labelOf(*train, 0), 0);
  EXPECT_EQ(labelOf(*train, 1), 1);
  EXPECT_EQ(labelOf(*train, 2), 1);
  EXPECT_EQ(difference(read(*train, 0), smoothImage(6, 4, 3, 3)), 0);
  EXPECT_LE(difference(read(*train, 1), smoothImage(6, 4, 3, 2)), 6);
  EXPECT_EQ(difference(read(*train, 2), smoothImage(6, 4, 3, 1)), 0);
  Image copy(6, 4, 3);
  train->read({2}, 0, copy.pixels.data());
  EXPECT_EQ(difference(copy, smoothImage(6, 4, 3, 1)), 0);
  DatasetNotes notes = train->notes();
  EXPECT_EQ(notes.classes, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(notes.kinds, (std::vector<std::pair<std::string, int64_t>>{
                             {"JPEG RGB", 1}, {"PNG RGB", 2}}));
  // A class that the tests lack counts all the same.
  DatasetRef test = open(DataSplit::Test);
  EXPECT_EQ(labelOf(*test, 0), 1);
}

TEST_F(Folder, MixedKindsAndSizes) {
  put("train/a/1.png", pngFile(smoothImage(5, 9, 1)));
  put("train/a/2.png", pngFile(smoothImage(5, 9, 1)));
  EXPECT_EQ(open()->fields()[0].shape, (std::vector<int64_t>{5, 9, 1}));
  // One that has colours, and all have.
  put("train/b/3.png", pngFile(smoothImage(5, 9, 3)));
  EXPECT_EQ(open()->fields()[0].shape, (std::vector<int64_t>{5, 9, 3}));
  EXPECT_EQ(difference(read(*open(), 0), toRgb(smoothImage(5, 9, 1))), 0);
  put("train/b/4.png", pngFile(smoothImage(8, 9, 3)));
  DatasetRef data = open();
  EXPECT_EQ(data->fields()[0].shape,
            (std::vector<int64_t>{anySize, anySize, 3}));
  EXPECT_FALSE(hasOneSize(data->fields()[0]));
  DatasetRef scaled = transformed(data, {"resize:4x6", "flip"});
  EXPECT_EQ(scaled->fields()[0].shape, (std::vector<int64_t>{4, 6, 3}));
  for (int64_t i = 0; i < 4; ++i) {
    Image image(4, 6, 3);
    scaled->read({i}, 0, image.pixels.data());
    EXPECT_EQ(difference(image, read(*scaled, i)), 0);
  }
  // Transforms ahead of it take any size as well.
  scaled = transformed(data, {"flip", "crop:1", "resize:4"});
  EXPECT_EQ(scaled->fields()[0].shape, (std::vector<int64_t>{4, 4, 3}));
  EXPECT_EQ(read(*scaled, 3).pixels.size(), 48u);
}

/// A model takes the pictures of both splits.
TEST_F(Folder, ColoursOfEitherSplitMakeBothRgb) {
  put("train/a/1.png", pngFile(smoothImage(5, 9, 1)));
  put("test/a/1.png", pngFile(smoothImage(5, 9, 1, 2)));
  for (DataSplit split : {DataSplit::Train, DataSplit::Test})
    EXPECT_EQ(open(split)->fields()[0].shape, (std::vector<int64_t>{5, 9, 1}));
  put("test/a/2.png", pngFile(smoothImage(5, 9, 3)));
  put("test/a/3.png", "none");
  EXPECT_EQ(open()->fields()[0].shape, (std::vector<int64_t>{5, 9, 3}));
  EXPECT_EQ(difference(read(*open(), 0), toRgb(smoothImage(5, 9, 1))), 0);
  std::filesystem::rename(folder / "train", folder / "old");
  std::filesystem::rename(folder / "test", folder / "train");
  std::filesystem::rename(folder / "old", folder / "test");
  EXPECT_EQ(open(DataSplit::Test)->fields()[0].shape,
            (std::vector<int64_t>{5, 9, 3}));
}

TEST_F(Folder, ClassesWithoutSplits) {
  put("a/1.png", pngFile(smoothImage(2, 2, 1)));
  put("b/2.png", pngFile(smoothImage(2, 2, 1)));
  EXPECT_EQ(open()->count(), 2);
  EXPECT_ERROR(open(DataSplit::Test),
               "has no folder test (nor val), so there are no test images; "
               "fix: sort images in train/CLASS and test/CLASS, or keep a part "
               "of the training images with --validation 0.1");
}

TEST_F(Folder, DamagedFilesAreNamedAndCounted) {
  std::string good = pngFile(smoothImage(8, 8, 3));
  for (int i = 0; i < 40; ++i)
    put("train/a/" + std::to_string(100 + i) + ".png", good);
  put("train/b/x.png", good);
  put("train/a/111.png", good.substr(0, good.size() / 2));
  put("train/a/122.png", "");
  put("train/a/notes.txt", "hello");
  put("train/a/deep/y.png", good);
  EXPECT_ERROR(open(), "/train: 4 of 43 files cannot be read:\n");
  EXPECT_ERROR(open(), "/train/a/111.png is a damaged PNG file: it ends too "
                       "early\n");
  EXPECT_ERROR(open(), "/train/a/122.png is empty: expected a PNG or JPEG "
                       "file\n");
  EXPECT_ERROR(open(), "/train/a/notes.txt is no PNG or JPEG file: it begins "
                       "with 68 65 6c 6c 6f\n");
  EXPECT_ERROR(open(), "/train/a/deep: not a regular file\n");
  EXPECT_ERROR(open(), "fix: replace them, or leave them out with "
                       "--skip-damaged");
  DatasetRef data = open(DataSplit::Train, /*skip=*/true);
  EXPECT_EQ(data->count(), 39);
  EXPECT_EQ(data->notes().damaged.size(), 4u);
  for (int i = 0; i < 6; ++i)
    put("train/b/bad" + std::to_string(i), "hello");
  EXPECT_ERROR(open(), "10 of 49 files cannot be read");
  EXPECT_ERROR(open(), "\n  and 5 more, which moec data inspect names\n");
}

TEST_F(Folder, Errors) {
  EXPECT_ERROR(openDataset("folder:" + (folder / "none"), DataSplit::Train),
               "there is no data folder ");
  EXPECT_ERROR(open(), "has no folder for each class, but 0 files; fix: sort "
                       "the images in CLASS folders");
  put("1.png", pngFile(smoothImage(2, 2, 1)));
  EXPECT_ERROR(open(), "has no folder for each class, but 1 files");
  put("train/a/1.png", pngFile(smoothImage(2, 2, 1)));
  std::filesystem::create_directories(folder / "train/empty");
  EXPECT_ERROR(open(), "/train/empty holds no images; fix: put some into it, "
                       "or remove it");
  put("train/empty/x", "hello");
  EXPECT_ERROR(open(DataSplit::Train, true),
               "/train/empty holds no images that can be read; fix: ");
  std::filesystem::remove_all(folder / "train/empty");
  put("val/a/1.png", pngFile(smoothImage(2, 2, 1)));
  EXPECT_EQ(open(DataSplit::Test)->count(), 1);
  put("val/z/1.png", pngFile(smoothImage(2, 2, 1)));
  EXPECT_ERROR(open(DataSplit::Test), "/val/z is a class without training "
                                      "images: ");
  std::filesystem::remove_all(folder / "train");
  EXPECT_ERROR(open(), "has a folder val, but no folder train");
}

TEST_F(Folder, WhatChangesLaterIsAnError) {
  put("a/1.png", pngFile(smoothImage(4, 4, 3)));
  put("b/2.png", pngFile(smoothImage(4, 4, 3)));
  DatasetRef data = open();
  put("a/1.png", pngFile(smoothImage(4, 5, 3)));
  EXPECT_ERROR(read(*data, 0), "/a/1.png has changed since it was opened: "
                               "expected [4, 4, 3], got [4, 5, 3]");
  put("a/1.png", "hello");
  EXPECT_ERROR(read(*data, 0), "/a/1.png is no PNG or JPEG file");
}

/// What a resumed run compares: the bytes of the files and their classes.
TEST_F(Folder, KnowsItselfAgain) {
  put("a/1.png", pngFile(smoothImage(4, 4, 3)));
  put("b/2.png", pngFile(smoothImage(4, 4, 3, 1)));
  auto identity = [&](const std::vector<std::string> &chain = {}) {
    moec::Checksum sum;
    transformed(open(), chain)->identify(sum);
    return sum.value();
  };
  uint64_t first = identity();
  EXPECT_EQ(identity(), first);
  EXPECT_NE(identity({"flip"}), first);
  EXPECT_NE(identity({"crop:1"}), identity({"crop:2"}));
  put("b/2.png", pngFile(smoothImage(4, 4, 3, 2)));
  EXPECT_NE(identity(), first);
}

TEST_F(Folder, IsFoundByItsNames) {
  EXPECT_EQ(guessSource(folder.path), "");
  put("a/1.png", pngFile(smoothImage(4, 4, 3)));
  EXPECT_EQ(guessSource(folder.path), "folder:" + folder.path);
  EXPECT_ERROR(openDataset(folder.path, DataSplit::Train),
               "fix: --data folder:" + folder.path + ", which it looks like");
}

TEST_F(Folder, Files) {
  auto files = [&](DataSplit split) {
    std::vector<std::string> paths =
        datasetFiles("folder:" + folder.path, split);
    std::sort(paths.begin(), paths.end());
    return paths;
  };
  put("a/1.png", "whatever it is");
  put("a/.hidden", "");
  put("b/2.png", "");
  put("README", "");
  EXPECT_EQ(files(DataSplit::Train),
            (std::vector<std::string>{folder / "a/1.png", folder / "b/2.png"}));
  EXPECT_TRUE(files(DataSplit::Test).empty());
  // With splits it is those that are read.
  put("val/a/4.png", "");
  EXPECT_TRUE(files(DataSplit::Train).empty());
  put("train/a/3.png", "");
  EXPECT_EQ(files(DataSplit::Train),
            std::vector<std::string>{folder / "train/a/3.png"});
  EXPECT_EQ(files(DataSplit::Test),
            std::vector<std::string>{folder / "val/a/4.png"});
}
