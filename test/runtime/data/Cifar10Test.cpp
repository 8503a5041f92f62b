//===- Cifar10Test.cpp - Tests of CIFAR-10 --------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Dataset.h"
#include "test/runtime/TestSupport.h"

using namespace moec::rt;
using namespace moec::rt::test;

namespace {
/// Pixel `pixel` of plane `c` of record `i`.
uint8_t valueAt(int i, int c, int pixel) {
  return uint8_t(7 * i + 85 * c + pixel);
}

std::string recordOf(int i, int label) {
  std::string bytes(1, char(label));
  for (int c = 0; c < 3; ++c)
    for (int pixel = 0; pixel < 1024; ++pixel)
      bytes += char(valueAt(i, c, pixel));
  return bytes;
}

class Cifar10 : public testing::Test {
protected:
  void SetUp() override {
    for (int file = 1; file <= 5; ++file)
      writeAll(folder / ("data_batch_" + std::to_string(file) + ".bin"),
               recordOf(2 * file - 2, file) + recordOf(2 * file - 1, 9));
    writeAll(folder / "test_batch.bin", recordOf(0, 3));
  }
  DatasetRef open(DataSplit split) {
    return openDataset("cifar10:" + folder.path, split);
  }
  TemporaryFolder folder;
};
} // namespace

TEST_F(Cifar10, ReadsRecordsAndTurnsPlanes) {
  DatasetRef train = open(DataSplit::Train);
  EXPECT_EQ(train->count(), 10);
  EXPECT_EQ(train->fields()[0].shape, (std::vector<int64_t>{32, 32, 3}));
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(labelOf(*train, i), i % 2 ? 9 : i / 2 + 1);
    std::vector<uint8_t> image(3072);
    train->read({i}, 0, image.data());
    for (int pixel = 0; pixel < 1024; ++pixel)
      for (int c = 0; c < 3; ++c)
        ASSERT_EQ(image[size_t(pixel * 3 + c)], valueAt(i, c, pixel));
  }
  DatasetRef test = open(DataSplit::Test);
  EXPECT_EQ(test->count(), 1);
  EXPECT_EQ(labelOf(*test, 0), 3);
}

TEST_F(Cifar10, Errors) {
  std::string path = folder / "data_batch_4.bin", bytes = readAll(path);
  for (size_t length : {size_t(0), size_t(1), size_t(3072), bytes.size() - 1}) {
    writeAll(path, bytes.substr(0, length));
    EXPECT_ERROR(open(DataSplit::Train),
                 "data_batch_4.bin is truncated or no file of CIFAR-10: "
                 "expected records of 3073 bytes");
  }
  EXPECT_ERROR(open(DataSplit::Train),
               "got 6145 bytes = 1 records and 3072 bytes; fix: ");
  writeAll(path, recordOf(0, 9) + recordOf(0, 10));
  EXPECT_ERROR(open(DataSplit::Train),
               "data_batch_4.bin: label 10 of record 1 is out of range: "
               "expected 0 to 9; fix: ");
  std::filesystem::remove(path);
  std::filesystem::remove(folder / "data_batch_2.bin");
  EXPECT_ERROR(open(DataSplit::Train),
               "has no data_batch_2.bin, data_batch_4.bin; expected "
               "data_batch_1.bin, data_batch_2.bin, data_batch_3.bin, "
               "data_batch_4.bin, data_batch_5.bin; fix: unpack");
  // The other split needs none of them.
  EXPECT_EQ(open(DataSplit::Test)->count(), 1);
  std::filesystem::remove(folder / "test_batch.bin");
  EXPECT_ERROR(open(DataSplit::Test), "has no test_batch.bin");
}
