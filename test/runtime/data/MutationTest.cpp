//===- MutationTest.cpp - Damaged files never crash a reader --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A small fuzzer that runs with every test run: bytes at fixed random places
// change, and a reader either reads the file or throws Error.
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Random.h"
#include "runtime/data/Dataset.h"
#include "runtime/data/Npy.h"
#include "runtime/data/Safetensors.h"
#include "runtime/data/Tar.h"
#include "test/runtime/ToyData.h"
#include "test/runtime/data/ImageTestSupport.h"
#include "test/runtime/data/TarTestSupport.h"

#include <functional>

using namespace moec::rt;
using namespace moec::rt::test;

/// Calls `read` on `count` damaged versions of `bytes`, and expects that some
/// are refused.
static void mutate(const std::string &bytes, int count,
                   const std::function<void(const std::string &)> &read) {
  int refused = 0;
  for (int i = 0; i < count; ++i) {
    std::string damaged = bytes;
    uint64_t draws = 1 + randomBits(1, uint64_t(i)) % 4;
    for (uint64_t d = 0; d < draws; ++d) {
      uint64_t bits = randomBits(2, uint64_t(i) * 8 + d);
      size_t at = bits % damaged.size();
      switch (bits >> 60 & 3) {
      case 0: // another byte
        damaged[at] = char(bits >> 32);
        break;
      case 1: // one bit
        damaged[at] ^= char(1 << (bits >> 32 & 7));
        break;
      case 2: // a byte more
        damaged.insert(at, 1, "0]}\",-9e"[bits >> 32 & 7]);
        break;
      default: // a byte less
        damaged.erase(at, 1);
      }
      if (damaged.empty())
        damaged = " ";
    }
    try {
      read(damaged);
    } catch (const Error &) {
      ++refused;
    }
  }
  EXPECT_GT(refused, count / 10);
}

TEST(Mutation, Manifest) {
  std::string text = loadTestModule("toy")->manifestText();
  mutate(text, 3000, [](const std::string &bytes) { parseManifest(bytes); });
  text = loadTestModule("loops")->manifestText();
  mutate(text, 3000, [](const std::string &bytes) { parseManifest(bytes); });
}

TEST(Mutation, Safetensors) {
  TemporaryFolder folder;
  std::string values(24, 'x');
  writeSafetensors(folder / "w",
                   {{"a", "F32", {2, 3}, values}, {"b", "U8", {24}, values}},
                   {{"format", "moec.weights/2"}});
  mutate(readAll(folder / "w"), 2000, [&](const std::string &bytes) {
    writeAll(folder / "m", bytes);
    SafetensorsFile file(folder / "m");
    // What was accepted can be read.
    size_t sum = 0;
    for (const SafeTensor &tensor : file.tensors())
      for (char c : tensor.bytes)
        sum += uint8_t(c);
    EXPECT_LT(sum, 256u * bytes.size());
  });
}

TEST(Mutation, Npy) {
  TemporaryFolder folder;
  float values[6] = {};
  writeNpy(folder / "x", DType::F32, {2, 3}, values);
  mutate(readAll(folder / "x"), 2000, [&](const std::string &bytes) {
    writeAll(folder / "m", bytes);
    readNpy(folder / "m");
  });
}

TEST(Mutation, Idx) {
  TemporaryFolder folder;
  writeToyData(folder.path, 3, 3);
  std::string path = folder / "train-images-idx3-ubyte";
  mutate(readAll(path), 1000, [&](const std::string &bytes) {
    writeAll(path, bytes);
    openDataset("idx:" + folder.path, DataSplit::Train);
  });
  gzipFile(folder / "t10k-images-idx3-ubyte");
  path = folder / "t10k-images-idx3-ubyte.gz";
  mutate(readAll(path), 1000, [&](const std::string &bytes) {
    writeAll(path, bytes);
    openDataset("idx:" + folder.path, DataSplit::Test);
  });
}

TEST(Mutation, Images) {
  Image colours = smoothImage(9, 11, 3);
  for (const std::string &file :
       {pngFile(colours), jpegFile(colours), jpegFile(colours, true)})
    mutate(file, 2000, [&](const std::string &bytes) {
      Image image = decodeImage(bytes).image;
      EXPECT_EQ(int64_t(image.pixels.size()),
                image.height * image.width * image.channels);
    });
}

TEST(Mutation, Tar) {
  TemporaryFolder folder;
  std::string archive = tarMember("top/a.bin", std::string(600, 'x')) +
                        tarMember("top/b.bin", "y") + tarEnd();
  mutate(archive, 1000, [&](const std::string &bytes) {
    writeAll(folder / "m", bytes);
    for (const auto &[name, contents] :
         readTarFiles(folder / "m", {"a.bin", "b.bin"}))
      EXPECT_LE(contents.size(), bytes.size()) << name;
  });
}
