//===- ToyData.h - Small data sets for tests --------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_RUNTIME_TOYDATA_H
#define MOEC_TEST_RUNTIME_TOYDATA_H

#include "runtime/core/Random.h"
#include "runtime/data/Dataset.h"
#include "test/runtime/TestSupport.h"

#include <cstring>
#include <zlib.h>

namespace moec::rt::test {

inline std::string bigEndian(uint32_t value) {
  return {char(value >> 24), char(value >> 16), char(value >> 8), char(value)};
}

/// One split: image i has label i % 3, and bright pixels where the label says,
/// so that a linear model can learn it.
inline void writeToySplit(const std::string &prefix, int count, uint64_t key) {
  std::string images =
      bigEndian(0x803) + bigEndian(count) + bigEndian(4) + bigEndian(4);
  std::string labels = bigEndian(0x801) + bigEndian(count);
  for (int i = 0; i < count; ++i) {
    for (int p = 0; p < 16; ++p) {
      uint64_t noise = randomBits(key, uint64_t(i * 16 + p)) % 128;
      images += char(noise + (p % 3 == i % 3 ? 96 : 0));
    }
    labels += char(i % 3);
  }
  writeAll(prefix + "-images-idx3-ubyte", images);
  writeAll(prefix + "-labels-idx1-ubyte", labels);
}

/// A folder in the layout of MNIST with images of 4 x 4 in three classes.
inline void writeToyData(const std::string &folder, int train, int test) {
  writeToySplit(folder + "/train", train, 1);
  writeToySplit(folder + "/t10k", test, 2);
}

/// Images and labels of a folder, which a test may change.
class ToyImages : public Dataset {
public:
  ToyImages() = default;
  ToyImages(const std::string &folder, DataSplit split) {
    DatasetRef data = openDataset("idx:" + folder, split);
    std::vector<TensorInfo> list = data->fields();
    height = list[0].shape[0];
    width = list[0].shape[1];
    items = data->count();
    images.resize(size_t(items * list[0].elements));
    labels.resize(size_t(items));
    for (int64_t i = 0; i < items; ++i) {
      data->read({i}, 0, &images[size_t(i * list[0].elements)]);
      data->read({i}, 1, &labels[size_t(i)]);
    }
    imageFile = data->sourceOf(0);
    labelFile = data->sourceOf(1);
  }
  std::string name() const override { return imageFile; }
  std::string sourceOf(size_t field) const override {
    return field ? labelFile : imageFile;
  }
  int64_t count() const override { return items; }
  std::vector<TensorInfo> fields() const override {
    return {{"image", DType::U8, {height, width, 1}, height * width},
            {"label", DType::I32, {}, 1}};
  }
  void read(const Item &item, size_t field, void *to) const override {
    if (field)
      *static_cast<int32_t *>(to) = labels[size_t(item.index)];
    else
      std::memcpy(to, images.data() + item.index * height * width,
                  size_t(height * width));
  }

  std::string imageFile, labelFile;
  std::vector<uint8_t> images;
  std::vector<int32_t> labels;
  int64_t items = 0, height = 0, width = 0;
};

/// Replaces a file by its compressed form, with .gz.
inline void gzipFile(const std::string &path) {
  std::string bytes = readAll(path);
  gzFile file = gzopen((path + ".gz").c_str(), "wb");
  gzwrite(file, bytes.data(), unsigned(bytes.size()));
  gzclose(file);
  std::filesystem::remove(path);
}

} // namespace moec::rt::test

#endif // MOEC_TEST_RUNTIME_TOYDATA_H
