//===- IdxTest.cpp - Tests of IDX files -----------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Dataset.h"
#include "test/runtime/TestSupport.h"
#include "test/runtime/ToyData.h"

using namespace moec::rt;
using namespace moec::rt::test;

namespace {
class Idx : public testing::Test {
protected:
  void SetUp() override { writeToyData(folder.path, 20, 10); }
  std::string error(DataSplit split = DataSplit::Train) {
    return errorOf([&] { readIdx(folder.path, split); });
  }
  TemporaryFolder folder;
  std::string images = folder / "train-images-idx3-ubyte";
  std::string labels = folder / "train-labels-idx1-ubyte";
};
} // namespace

#define EXPECT_HAS(text, part)                                                 \
  EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST_F(Idx, Reads) {
  Dataset train = readDataset("idx:" + folder.path, DataSplit::Train);
  EXPECT_EQ(train.count, 20);
  EXPECT_EQ(train.height, 4);
  EXPECT_EQ(train.width, 4);
  EXPECT_EQ(train.images.size(), 20u * 16);
  EXPECT_EQ(train.labels[4], 1);
  EXPECT_EQ(readIdx(folder.path, DataSplit::Test).count, 10);
  EXPECT_NO_THROW(checkImageSize(train, {4, 4, 1}));
  EXPECT_NO_THROW(checkImageSize(train, {4, 4}));
  EXPECT_NO_THROW(checkLabels(train, 3));
}

TEST_F(Idx, ReadsGzip) {
  Dataset plain = readIdx(folder.path, DataSplit::Train);
  gzipFile(images);
  gzipFile(labels);
  Dataset packed = readIdx(folder.path, DataSplit::Train);
  EXPECT_EQ(packed.images, plain.images);
  EXPECT_EQ(packed.labels, plain.labels);
  // Cut off at any place, it is an error and not less data.
  std::string bytes = readAll(images + ".gz");
  for (size_t length = 0; length < bytes.size(); length += 3) {
    writeAll(images + ".gz", bytes.substr(0, length));
    EXPECT_HAS(error(), "truncated");
  }
  bytes[bytes.size() / 2] ^= 0x55;
  writeAll(images + ".gz", bytes);
  EXPECT_NE(error(), "no error");
}

TEST_F(Idx, Missing) {
  std::filesystem::remove(labels);
  EXPECT_HAS(error(), "has no train-labels-idx1-ubyte (nor train-labels");
  EXPECT_ERROR(readIdx(folder / "none", DataSplit::Train), "has no train-im");
  EXPECT_ERROR(readDataset("png:x", DataSplit::Train), "expected idx:DIR");
}

TEST_F(Idx, Truncated) {
  std::string bytes = readAll(images);
  for (size_t length : {size_t(0), size_t(3), size_t(15), bytes.size() - 1}) {
    writeAll(images, bytes.substr(0, length));
    EXPECT_HAS(error(), "truncated");
  }
  writeAll(images, bytes + "x");
  EXPECT_HAS(error(), "is longer than its header claims");
}

TEST_F(Idx, WrongMagicAndCounts) {
  std::string bytes = readAll(images), label = readAll(labels);
  writeAll(images, label);
  EXPECT_HAS(error(), "wrong magic number 00000801, expected 00000803");
  std::string large = bytes;
  large[4] = large[8] = '\x7f'; // claims an impossible size
  writeAll(images, large);
  EXPECT_HAS(error(), "which cannot be");
  writeAll(images, bytes);
  std::string fewer = label.substr(0, label.size() - 1);
  fewer[7] = 19;
  writeAll(labels, fewer);
  EXPECT_HAS(error(), "has 20 images");
}

TEST_F(Idx, DoesNotFitTheModel) {
  Dataset data = readIdx(folder.path, DataSplit::Train);
  EXPECT_ERROR(
      checkImageSize(data, {28, 28, 1}),
      "images are [4, 4, 1] (height, width, channels), the model wants "
      "[28, 28, 1]");
  EXPECT_ERROR(checkLabels(data, 2),
               "label 2 of image 2 is out of range: the model has 2 classes");
}
