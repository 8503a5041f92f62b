//===- TensorFileTest.cpp - Tests of files read piece by piece ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/weights/TensorFile.h"
#include "runtime/data/Safetensors.h"
#include "test/runtime/SafetensorsText.h"
#include "test/runtime/TestSupport.h"

using namespace moec::rt;
using namespace moec::rt::test;

/// What one writer writes the other reader reads, and the bytes are the same.
TEST(TensorFile, GoesRound) {
  TemporaryFolder folder;
  std::vector<float> a = {1, 2, 3, 4, 5, 6}, b = {7};
  std::map<std::string, std::string> metadata = {{formatKey, "moec.weights/2"},
                                                 {"model", "m"}};
  {
    TensorWriter writer(folder / "w", {{"z", {2, 3}}, {"e", {0, 4}}, {"b", {}}},
                        metadata);
    EXPECT_FALSE(std::filesystem::exists(folder / "w"));
    writer.write(a.data(), 4);
    writer.write(a.data() + 4, 2);
    writer.write(b.data(), 1);
    writer.finish();
  }
  writeSafetensors(folder / "v",
                   {{"z", "F32", {2, 3}, asBytes(a)},
                    {"e", "F32", {0, 4}, {}},
                    {"b", "F32", {}, asBytes(b)}},
                   metadata);
  EXPECT_EQ(readAll(folder / "w"), readAll(folder / "v"));
  EXPECT_NO_THROW(SafetensorsFile(folder / "w")); // with its checksum
  TensorFile file(folder / "w");
  EXPECT_NO_THROW(file.verify());
  ASSERT_EQ(file.tensors().size(), 3u);
  ASSERT_NE(file.find("z"), nullptr);
  EXPECT_EQ(file.find("none"), nullptr);
  EXPECT_EQ(file.find("z")->text(), "F32 [2, 3]");
  EXPECT_EQ(file.metadata().at("model"), "m");
  std::vector<float> read(2);
  file.read(*file.find("z"), 3, 2, reinterpret_cast<char *>(read.data()));
  EXPECT_EQ(read, (std::vector<float>{4, 5}));
  file.read(*file.find("b"), 0, 1, reinterpret_cast<char *>(read.data()));
  EXPECT_EQ(read[0], 7);
}

/// What is not finished leaves nothing behind.
TEST(TensorFile, Unfinished) {
  TemporaryFolder folder;
  writeAll(folder / "w", "before");
  {
    float value = 1;
    TensorWriter writer(folder / "w", {{"a", {2}}}, {});
    writer.write(&value, 1);
    EXPECT_ERROR(writer.finish(), "4 bytes of");
  }
  EXPECT_EQ(readAll(folder / "w"), "before");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path),
                          std::filesystem::directory_iterator()),
            1);
  EXPECT_ERROR(TensorWriter("/dev/null", {}, {}), "is no regular file");
  EXPECT_THROW(TensorWriter(folder / "none/w", {}, {}), std::system_error);
}

TEST(TensorFile, Malformed) {
  TemporaryFolder folder;
  auto expect = [&](const std::string &bytes, const char *part) {
    writeAll(folder / "w", bytes);
    EXPECT_ERROR(TensorFile(folder / "w"), part);
    EXPECT_ERROR(TensorFile(folder / "w"), folder / "w");
  };
  std::string good = safetensors(
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8);
  writeAll(folder / "w", good);
  EXPECT_NO_THROW(TensorFile(folder / "w"));
  for (size_t length = 0; length < good.size(); ++length)
    expect(good.substr(0, length), "truncated");
  expect(good + "x", "1 bytes follow the last tensor");
  EXPECT_ERROR(TensorFile(folder / "none"), "cannot open");
  EXPECT_ERROR(TensorFile(folder.path), "is no regular file");
  expect(safetensors("[]", 0), "expected an object");
  expect(safetensors("{\"a\":", 0), "not valid JSON");
  expect(safetensors("{\"a\":3}", 0), "header/a: expected an object");
  auto tensor = [](const char *dtype, const char *shape, const char *offsets) {
    return std::string("{\"a\":{\"dtype\":\"") + dtype +
           "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}}";
  };
  expect(safetensors(tensor("F7", "[2]", "[0,8]"), 8), "unknown dtype");
  expect(safetensors(tensor("F32", "[-2]", "[0,8]"), 8), "shape/0: expected");
  expect(safetensors(tensor("F32", "[3]", "[0,8]"), 8), "takes 12 bytes");
  expect(safetensors(tensor("F32", "[2]", "[0]"), 8), "expected [begin, end]");
  expect(safetensors(tensor("F32", "[2]", "[4,12]"), 12), "leaves a gap");
  expect(safetensors("{\"__metadata__\":{\"k\":1}}", 0), "expected a string");
  expect(std::string(16, '\xff'), "truncated or no safetensors file");
  expect(std::string("PK\3\4\x14\0\0\0\x08\0", 10), "is a zip archive");
  // A header that would take all memory is refused before it is read.
  std::string large(8, '\0');
  large[3] = 8;
  writeAll(folder / "w", large);
  std::filesystem::resize_file(folder / "w", 200'000'000);
  EXPECT_ERROR(TensorFile(folder / "w"), "100000000 are allowed");
}

TEST(TensorFile, EveryFlipIsNoticed) {
  TemporaryFolder folder;
  std::vector<float> a = {1, 2, 3};
  writeSafetensors(folder / "w", {{"a", "F32", {3}, asBytes(a)}},
                   {{formatKey, "moec.weights/2"}, {"step", "7"}});
  std::string good = readAll(folder / "w");
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = char(bad[bit / 8] ^ (1 << bit % 8));
    writeAll(folder / "w", bad);
    EXPECT_NE(errorOf([&] { TensorFile(folder / "w").verify(); }), "no error")
        << "bit " << bit << " of byte '" << good[bit / 8] << "'";
  }
  // Files of other programs have no checksum.
  writeAll(folder / "w", safetensors("{}", 0));
  EXPECT_NO_THROW(TensorFile(folder / "w").verify());
}

TEST(TensorFile, BecomesShorter) {
  TemporaryFolder folder;
  std::vector<float> a(100);
  writeSafetensors(folder / "w", {{"a", "F32", {100}, asBytes(a)}}, {});
  TensorFile file(folder / "w");
  std::filesystem::resize_file(folder / "w",
                               std::filesystem::file_size(folder / "w") - 4);
  EXPECT_ERROR(
      file.read(*file.find("a"), 0, 100, reinterpret_cast<char *>(a.data())),
      "has become shorter");
}
