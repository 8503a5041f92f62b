//===- SafetensorsTest.cpp - Tests of weights files -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Safetensors.h"
#include "test/runtime/SafetensorsText.h"
#include "test/runtime/TestSupport.h"

using namespace moec::rt;
using namespace moec::rt::test;

TEST(Safetensors, GoesRound) {
  TemporaryFolder folder;
  std::vector<float> a = {1, 2, 3, 4, 5, 6}, b = {7};
  writeSafetensors(folder / "w",
                   {{"z", "F32", {2, 3}, asBytes(a)},
                    {"a \"quoted\" name", "F32", {}, asBytes(b)},
                    {"empty", "F32", {0, 4}, {}}},
                   {{"key", "text"}});
  SafetensorsFile file(folder / "w");
  ASSERT_EQ(file.tensors().size(), 3u);
  ASSERT_NE(file.find("z"), nullptr);
  EXPECT_EQ(file.find("z")->shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(file.find("z")->bytes, asBytes(a));
  EXPECT_EQ(file.find("a \"quoted\" name")->bytes, asBytes(b));
  EXPECT_EQ(file.metadata("key"), "text");
  EXPECT_EQ(file.metadata("none"), "");
  EXPECT_EQ(file.find("none"), nullptr);
}

TEST(Safetensors, Malformed) {
  TemporaryFolder folder;
  auto expect = [&](const std::string &bytes, const char *part) {
    writeAll(folder / "w", bytes);
    EXPECT_ERROR(SafetensorsFile(folder / "w"), part);
  };
  std::string good = safetensors(
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8);
  writeAll(folder / "w", good);
  EXPECT_NO_THROW(SafetensorsFile(folder / "w"));
  for (size_t length = 0; length < good.size(); ++length)
    expect(good.substr(0, length), "truncated");
  expect(good + "x", "1 bytes follow the last tensor");
  EXPECT_ERROR(SafetensorsFile(folder / "none"), "cannot open");
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
  expect(safetensors(tensor("F32", "[2]", "[8,0]"), 8), "expected an integer");
  expect(safetensors(tensor("F32", "[2]", "[0]"), 8), "expected [begin, end]");
  expect(safetensors(tensor("F32", "[2]", "[4,12]"), 12), "leaves a gap");
  expect(safetensors("{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":"
                     "[0,4]},\"b\":{\"dtype\":\"U8\",\"shape\":[4],"
                     "\"data_offsets\":[2,6]}}",
                     6),
         "leaves a gap or overlaps");
  expect(safetensors("{\"__metadata__\":{\"k\":1}}", 0), "expected a string");
  std::string huge(16, '\xff');
  expect(huge, "truncated or no safetensors file");
  expect(std::string("PK\3\4\x14\0\0\0\x08\0", 10), "is a zip archive");
}

/// What moec writes tells when any of its bits has changed.
TEST(Safetensors, EveryFlipIsNoticed) {
  TemporaryFolder folder;
  std::vector<float> a = {1, 2, 3};
  writeSafetensors(folder / "w", {{"a", "F32", {3}, asBytes(a)}},
                   {{formatKey, "moec.weights/2"}, {"step", "7"}});
  std::string good = readAll(folder / "w");
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = char(bad[bit / 8] ^ (1 << bit % 8));
    writeAll(folder / "w", bad);
    EXPECT_NE(errorOf([&] { SafetensorsFile(folder / "w"); }), "no error")
        << "bit " << bit << " of byte '" << good[bit / 8] << "'";
  }
  writeAll(folder / "w", good);
  EXPECT_NO_THROW(SafetensorsFile(folder / "w"));
  // Files of other programs and of earlier versions have no checksum.
  for (const char *format : {"pt", "moec.weights/1"}) {
    writeAll(folder / "w", safetensors(std::string("{\"__metadata__\":{"
                                                   "\"format\":\"") +
                                           format + "\"}}",
                                       0));
    EXPECT_NO_THROW(SafetensorsFile(folder / "w"));
  }
}
