//===- IdxTest.cpp - Tests of IDX files -----------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/TestSupport.h"
#include "test/runtime/ToyData.h"

using namespace moec::rt;
using namespace moec::rt::test;

namespace {
class Idx : public testing::Test {
protected:
  void SetUp() override { writeToyData(folder.path, 20, 10); }
  std::string error(DataSplit split = DataSplit::Train) {
    return errorOf([&] { openDataset("idx:" + folder.path, split); });
  }
  TemporaryFolder folder;
  std::string images = folder / "train-images-idx3-ubyte";
  std::string labels = folder / "train-labels-idx1-ubyte";
};
} // namespace

#define EXPECT_HAS(text, part)                                                 \
  EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST_F(Idx, Reads) {
  DatasetRef train = openDataset("idx:" + folder.path, DataSplit::Train);
  EXPECT_EQ(train->count(), 20);
  std::vector<TensorInfo> fields = train->fields();
  ASSERT_EQ(fields.size(), 2u);
  EXPECT_EQ(fields[0].name, "image");
  EXPECT_EQ(fields[0].dtype, DType::U8);
  EXPECT_EQ(fields[0].shape, (std::vector<int64_t>{4, 4, 1}));
  EXPECT_EQ(fields[1].name, "label");
  EXPECT_EQ(fields[1].bytes(), 4);
  EXPECT_EQ(train->sourceOf(1), labels);
  std::string bytes = readAll(images);
  uint8_t image[16];
  train->read({19}, 0, image);
  EXPECT_EQ(std::memcmp(image, bytes.data() + 16 + 19 * 16, 16), 0);
  EXPECT_EQ(labelOf(*train, 4), 1);
  EXPECT_EQ(openDataset("idx:" + folder.path, DataSplit::Test)->count(), 10);
}

TEST_F(Idx, ReadsGzip) {
  ToyImages plain(folder.path, DataSplit::Train);
  gzipFile(images);
  gzipFile(labels);
  ToyImages packed(folder.path, DataSplit::Train);
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

TEST_F(Idx, ReadsChannels) {
  std::string bytes = readAll(images).substr(16);
  std::filesystem::remove(images);
  EXPECT_HAS(error(), "has no train-images-idx3-ubyte (nor train-images-idx3-"
                      "ubyte.gz, nor train-images-idx4-ubyte with channels)");
  std::string path = folder / "train-images-idx4-ubyte";
  writeAll(path, bigEndian(0x804) + bigEndian(20) + bigEndian(2) +
                     bigEndian(4) + bigEndian(2) + bytes);
  DatasetRef train = openDataset("idx:" + folder.path, DataSplit::Train);
  EXPECT_EQ(train->count(), 20);
  EXPECT_EQ(train->fields()[0].shape, (std::vector<int64_t>{2, 4, 2}));
  char image[16];
  train->read({3}, 0, image);
  EXPECT_EQ(std::memcmp(image, bytes.data() + 3 * 16, 16), 0);
  writeAll(path, bigEndian(0x803) + bytes);
  EXPECT_HAS(error(), "wrong magic number 00000803, expected 00000804");
}

TEST_F(Idx, Missing) {
  std::filesystem::remove(labels);
  EXPECT_HAS(error(), "has no train-labels-idx1-ubyte (nor train-labels");
  EXPECT_ERROR(openDataset("idx:" + (folder / "none"), DataSplit::Train),
               "has no train-im");
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

TEST_F(Idx, Files) {
  gzipFile(images);
  EXPECT_EQ(datasetFiles("idx:" + folder.path, DataSplit::Train),
            (std::vector<std::string>{images + ".gz", labels}));
  EXPECT_EQ(datasetFiles("idx:" + folder.path, DataSplit::Test).size(), 2u);
}
