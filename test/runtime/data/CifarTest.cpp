//===- CifarTest.cpp - Tests of CIFAR -------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Dataset.h"
#include "test/runtime/ToyData.h"
#include "test/runtime/data/TarTestSupport.h"

using namespace moec::rt;
using namespace moec::rt::test;

namespace {
/// Pixel `pixel` of plane `c` of record `i`.
uint8_t valueAt(int i, int c, int pixel) {
  return uint8_t(7 * i + 85 * c + pixel);
}

/// A record with these labels in front.
std::string recordOf(int i, std::initializer_list<int> labels) {
  std::string bytes;
  for (int label : labels)
    bytes += char(label);
  for (int c = 0; c < 3; ++c)
    for (int pixel = 0; pixel < 1024; ++pixel)
      bytes += char(valueAt(i, c, pixel));
  return bytes;
}

class Cifar : public testing::Test {
protected:
  void SetUp() override {
    for (int file = 1; file <= 5; ++file)
      files["data_batch_" + std::to_string(file) + ".bin"] =
          recordOf(2 * file - 2, {file}) + recordOf(2 * file - 1, {9});
    files["test_batch.bin"] = recordOf(0, {3});
    fine["train.bin"] = recordOf(0, {19, 99}) + recordOf(1, {0, 42});
    fine["test.bin"] = recordOf(2, {5, 7});
  }
  void unpack(const std::map<std::string, std::string> &from) {
    for (const auto &[name, bytes] : from)
      writeAll(folder / name, bytes);
  }
  /// Writes an archive as it is distributed, and returns its path.
  std::string pack(const std::map<std::string, std::string> &from,
                   const std::string &name) {
    std::string archive = tarMember("top/", "", '5');
    for (const auto &[member, bytes] : from)
      archive += tarMember("top/" + member, bytes);
    writeAll(folder / name, archive + tarEnd());
    gzipFile(folder / name);
    return folder / (name + ".gz");
  }
  DatasetRef open(DataSplit split) {
    return openDataset("cifar10:" + folder.path, split);
  }
  static void expectTraining(const Dataset &train) {
    EXPECT_EQ(train.count(), 10);
    EXPECT_EQ(train.fields()[0].shape, (std::vector<int64_t>{32, 32, 3}));
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(labelOf(train, i), i % 2 ? 9 : i / 2 + 1);
      expectPixels(train, i, i);
    }
  }
  static void expectPixels(const Dataset &data, int64_t item, int i) {
    std::vector<uint8_t> image(3072);
    data.read({item}, 0, image.data());
    for (int pixel = 0; pixel < 1024; ++pixel)
      for (int c = 0; c < 3; ++c)
        ASSERT_EQ(image[size_t(pixel * 3 + c)], valueAt(i, c, pixel));
  }
  TemporaryFolder folder;
  std::map<std::string, std::string> files, fine;
};
} // namespace

TEST_F(Cifar, ReadsRecordsAndTurnsPlanes) {
  unpack(files);
  expectTraining(*open(DataSplit::Train));
  EXPECT_EQ(open(DataSplit::Train)->name(), folder / "data_batch_*.bin");
  DatasetRef test = open(DataSplit::Test);
  EXPECT_EQ(test->count(), 1);
  EXPECT_EQ(test->name(), folder / "test_batch.bin");
  EXPECT_EQ(labelOf(*test, 0), 3);
  EXPECT_EQ(guessSource(folder.path), "cifar10:" + folder.path);
}

TEST_F(Cifar, ReadsTheArchive) {
  std::string archive = pack(files, "cifar-10-binary.tar");
  EXPECT_EQ(guessSource(archive), "cifar10:" + archive);
  EXPECT_EQ(guessSource(folder.path), "cifar10:" + folder.path);
  for (const std::string &path : {archive, folder.path}) {
    expectTraining(*openDataset("cifar10:" + path, DataSplit::Train));
    DatasetRef test = openDataset("cifar10:" + path, DataSplit::Test);
    EXPECT_EQ(test->name(), archive);
    EXPECT_EQ(labelOf(*test, 0), 3);
  }
  std::string bytes = readAll(archive);
  writeAll(archive, bytes.substr(0, bytes.size() - 9));
  EXPECT_ERROR(open(DataSplit::Train),
               "cifar-10-binary.tar.gz is truncated or damaged: ");
  files.erase("data_batch_3.bin");
  pack(files, "cifar-10-binary.tar");
  EXPECT_ERROR(open(DataSplit::Train), "data archive " + archive +
                                           " has no data_batch_3.bin; expected "
                                           "data_batch_1.bin, ");
  // Of the other data set.
  archive = pack(fine, "cifar-10-binary.tar");
  EXPECT_ERROR(open(DataSplit::Test),
               "has no test_batch.bin; expected "
               "test_batch.bin; fix: name "
               "cifar-10-binary.tar.gz, or the folder "
               "cifar-10-batches-bin that it unpacks to");
}

TEST_F(Cifar, OfAHundredClasses) {
  std::string archive = pack(fine, "cifar-100-binary.tar");
  EXPECT_EQ(guessSource(archive), "cifar100:" + archive);
  auto expect = [](const std::string &source) {
    DatasetRef train = openDataset(source, DataSplit::Train);
    ASSERT_EQ(train->count(), 2);
    EXPECT_EQ(labelOf(*train, 0), 99);
    EXPECT_EQ(labelOf(*train, 1), 42);
    expectPixels(*train, 1, 1);
    EXPECT_EQ(labelOf(*openDataset(source, DataSplit::Test), 0), 7);
  };
  expect("cifar100:" + archive);
  unpack(fine);
  std::filesystem::remove(archive);
  expect("cifar100:" + folder.path);
  EXPECT_EQ(guessSource(folder.path), "cifar100:" + folder.path);
  auto train = [&](const std::string &bytes) {
    writeAll(folder / "train.bin", bytes);
    openDataset("cifar100:" + folder.path, DataSplit::Train);
  };
  EXPECT_ERROR(train(recordOf(0, {3})),
               "train.bin is truncated or no file of CIFAR-100: expected "
               "records of 3074 bytes (coarse and fine label, 1024 red");
  EXPECT_ERROR(train(recordOf(0, {20, 3})),
               "train.bin: label 20 of record 0 is out of range: expected 0 to "
               "19; fix: take the binary version of CIFAR-100");
  EXPECT_ERROR(train(recordOf(0, {1, 3}) + recordOf(0, {1, 100})),
               "label 100 of record 1 is out of range: expected 0 to 99");
}

TEST_F(Cifar, Errors) {
  unpack(files);
  std::string path = folder / "data_batch_4.bin", bytes = readAll(path);
  for (size_t length : {size_t(0), size_t(1), size_t(3072), bytes.size() - 1}) {
    writeAll(path, bytes.substr(0, length));
    EXPECT_ERROR(open(DataSplit::Train),
                 "data_batch_4.bin is truncated or no file of CIFAR-10: "
                 "expected records of 3073 bytes");
  }
  EXPECT_ERROR(open(DataSplit::Train),
               "got 6145 bytes = 1 records and 3072 bytes; fix: ");
  writeAll(path, recordOf(0, {9}) + recordOf(0, {10}));
  EXPECT_ERROR(open(DataSplit::Train),
               "data_batch_4.bin: label 10 of record 1 is out of range: "
               "expected 0 to 9; fix: ");
  std::filesystem::remove(path);
  std::filesystem::remove(folder / "data_batch_2.bin");
  EXPECT_ERROR(open(DataSplit::Train),
               "has no data_batch_2.bin, data_batch_4.bin; expected "
               "data_batch_1.bin, data_batch_2.bin, data_batch_3.bin, "
               "data_batch_4.bin, data_batch_5.bin; fix: name "
               "cifar-10-binary.tar.gz, or the folder cifar-10-batches-bin");
  // The other split needs none of them.
  EXPECT_EQ(open(DataSplit::Test)->count(), 1);
  std::filesystem::remove(folder / "test_batch.bin");
  EXPECT_ERROR(open(DataSplit::Test), "has no test_batch.bin");
}

TEST_F(Cifar, NamesOfTheClasses) {
  std::vector<std::string> names = {"airplane", "automobile", "bird", "cat",
                                    "deer",     "dog",        "frog", "horse",
                                    "ship",     "truck"};
  std::string text;
  for (const std::string &name : names)
    text += name + "\n";
  unpack(files);
  EXPECT_TRUE(open(DataSplit::Train)->notes().classes.empty());
  writeAll(folder / "batches.meta.txt", text + "\n");
  EXPECT_EQ(open(DataSplit::Train)->notes().classes, names);
  EXPECT_EQ(open(DataSplit::Test)->notes().classes, names);
  // What does not fit is no list of names.
  writeAll(folder / "batches.meta.txt", text + "eleven\n");
  EXPECT_TRUE(open(DataSplit::Train)->notes().classes.empty());
  for (const auto &[name, bytes] : files)
    std::filesystem::remove(folder / name);
  files["batches.meta.txt"] = text;
  pack(files, "cifar-10-binary.tar");
  EXPECT_EQ(open(DataSplit::Test)->notes().classes, names);
}

TEST_F(Cifar, Files) {
  unpack(files);
  std::string source = "cifar10:" + folder.path;
  EXPECT_EQ(datasetFiles(source, DataSplit::Train).size(), 5u);
  EXPECT_EQ(datasetFiles(source, DataSplit::Test),
            std::vector<std::string>{folder / "test_batch.bin"});
  writeAll(folder / "batches.meta.txt", "");
  EXPECT_EQ(datasetFiles(source, DataSplit::Train).size(), 6u);
  std::string archive = pack(fine, "cifar-100-binary.tar");
  for (const std::string &path : {archive, folder.path})
    for (DataSplit split : {DataSplit::Train, DataSplit::Test})
      EXPECT_EQ(datasetFiles("cifar100:" + path, split),
                std::vector<std::string>{archive});
}
