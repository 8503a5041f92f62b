//===- ToyData.h - Small data sets for tests --------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_RUNTIME_TOYDATA_H
#define MOEC_TEST_RUNTIME_TOYDATA_H

#include "runtime/core/Random.h"
#include "test/runtime/TestSupport.h"

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
