//===- Cifar10.cpp - The binary version of CIFAR-10 -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The format (https://www.cs.toronto.edu/~kriz/cifar.html): records of 3073
// bytes, the label and the planes of red, green and blue, 32 x 32 each, row by
// row.
//
//===----------------------------------------------------------------------===//

#include "runtime/data/File.h"
#include "runtime/data/MemoryDataset.h"

#include <unistd.h>

namespace moec::rt {

static constexpr size_t side = 32, channels = 3, classes = 10;
static constexpr size_t plane = side * side;
static constexpr size_t record = 1 + channels * plane;

/// Appends the images of one file, [32, 32, 3], and their labels.
static void readFile(const std::string &path, std::vector<uint8_t> &images,
                     std::vector<uint8_t> &labels) {
  MappedFile file(path, "data");
  std::string_view bytes = file.bytes();
  if (bytes.empty() || bytes.size() % record != 0)
    fail("{} is truncated or no file of CIFAR-10: expected records of {} bytes "
         "(label, 1024 red, 1024 green, 1024 blue), got {} bytes = {} records "
         "and {} bytes; fix: take the binary version, and download it again",
         path, record, bytes.size(), bytes.size() / record,
         bytes.size() % record);
  size_t count = bytes.size() / record, first = labels.size();
  images.resize((first + count) * channels * plane);
  for (size_t i = 0; i < count; ++i) {
    const char *from = bytes.data() + i * record;
    uint8_t label = uint8_t(*from++);
    if (label >= classes)
      fail("{}: label {} of record {} is out of range: expected 0 to {}; fix: "
           "take the binary version of CIFAR-10 (that of CIFAR-100 has two "
           "labels in a record)",
           path, label, i, classes - 1);
    labels.push_back(label);
    uint8_t *to = images.data() + (first + i) * channels * plane;
    for (size_t c = 0; c < channels; ++c)
      for (size_t pixel = 0; pixel < plane; ++pixel)
        to[pixel * channels + c] = uint8_t(from[c * plane + pixel]);
  }
}

static bool matchesCifar10(const std::string &folder) {
  for (const char *name : {"/data_batch_1.bin", "/test_batch.bin"})
    if (access((folder + name).c_str(), F_OK) == 0)
      return true;
  return false;
}

static DatasetRef openCifar10(const std::string &folder, DataSplit split,
                              const ReadOptions &) {
  std::vector<std::string> names = {"test_batch.bin"};
  if (split == DataSplit::Train) {
    names.clear();
    for (int i = 1; i <= 5; ++i)
      names.push_back(fmt::format("data_batch_{}.bin", i));
  }
  std::vector<std::string> missing;
  for (const std::string &name : names)
    if (access((folder + "/" + name).c_str(), F_OK) != 0)
      missing.push_back(name);
  if (!missing.empty())
    fail("data folder {} has no {}; expected {}; fix: unpack "
         "cifar-10-binary.tar.gz and name the folder cifar-10-batches-bin",
         folder, fmt::join(missing, ", "), fmt::join(names, ", "));
  std::vector<uint8_t> images, labels;
  for (const std::string &name : names)
    readFile(folder + "/" + name, images, labels);
  std::string source = names.size() == 1 ? folder + "/" + names[0]
                                         : folder + "/data_batch_*.bin";
  return labelledImages(source, source, side, side, channels, std::move(images),
                        labels);
}

extern const DatasetInfo cifar10Dataset = {
    "cifar10", "DIR",
    "a folder with data_batch_1.bin to data_batch_5.bin and test_batch.bin",
    matchesCifar10, openCifar10};

} // namespace moec::rt
