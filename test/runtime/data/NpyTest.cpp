//===- NpyTest.cpp - Tests of npy files -----------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Npy.h"
#include "runtime/core/Fail.h"
#include "test/runtime/TestSupport.h"

#include <cstring>

using namespace moec::rt;
using namespace moec::rt::test;

/// An npy file of version 1 with this header and these data.
static std::string npy(const std::string &header, const std::string &data) {
  std::string file("\x93NUMPY\x01\x00", 8);
  file += char(header.size() & 0xff);
  file += char(header.size() >> 8);
  return file + header + data;
}

TEST(Npy, GoesRound) {
  TemporaryFolder folder;
  std::vector<float> values = {1, 2.5f, -3, 4, 5, 6};
  for (std::vector<int64_t> shape :
       {std::vector<int64_t>{2, 3}, {6}, {1, 6, 1}}) {
    writeNpy(folder / "x.npy", DType::F32, shape, values.data());
    NpyArray array = readNpy(folder / "x.npy");
    EXPECT_EQ(array.dtype, DType::F32);
    EXPECT_EQ(array.shape, shape);
    ASSERT_EQ(array.bytes.size(), 24u);
    EXPECT_EQ(std::memcmp(array.bytes.data(), values.data(), 24), 0);
    // Data start at a multiple of 64, as NumPy itself writes them.
    EXPECT_EQ((readAll(folder / "x.npy").size() - 24) % 64, 0u);
  }
  int32_t scalar = 5;
  writeNpy(folder / "s.npy", DType::I32, {}, &scalar);
  EXPECT_EQ(readNpy(folder / "s.npy").shape, std::vector<int64_t>{});
  writeNpy(folder / "e.npy", DType::U8, {0, 3}, nullptr);
  EXPECT_EQ(readNpy(folder / "e.npy").shape, (std::vector<int64_t>{0, 3}));
}

TEST(Npy, ReadsWhatNumPyWrites) {
  TemporaryFolder folder;
  std::string header =
      "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }";
  writeAll(folder / "x.npy", npy(header, std::string("\1\0\0\0\2\0\0\0", 8)));
  NpyArray array = readNpy(folder / "x.npy");
  EXPECT_EQ(array.dtype, DType::I32);
  EXPECT_EQ(array.shape, std::vector<int64_t>{2});
  EXPECT_EQ(array.bytes[4], 2);
}

TEST(Npy, ReadsInPlace) {
  TemporaryFolder folder;
  std::string header =
      "{'descr': '<u2', 'fortran_order': True, 'shape': (3,), }";
  // Version 2 has four bytes of length; of one axis both orders are the same.
  std::string length(1, char(header.size()));
  writeAll(folder / "x.npy", std::string("\x93NUMPY\x02\x00", 8) + length +
                                 std::string(3, '\0') + header + "aabbcc");
  NpyFile file(folder / "x.npy");
  EXPECT_TRUE(file.is('u', 2));
  EXPECT_FALSE(file.is('i', 2));
  EXPECT_EQ(file.shape, std::vector<int64_t>{3});
  EXPECT_EQ(file.data, "aabbcc");
  EXPECT_ERROR(file.refuseDtype("int8 or int16"),
               folder / "x.npy" + ": dtype <u2 is not supported: expected int8 "
                                  "or int16; fix: convert with");
  EXPECT_ERROR(readNpy(folder / "x.npy"),
               "dtype <u2 is not supported: expected uint8, int32 or float32");
}

TEST(Npy, Malformed) {
  TemporaryFolder folder;
  auto error = [&](const std::string &bytes) {
    writeAll(folder / "x.npy", bytes);
    return errorOf([&] { readNpy(folder / "x.npy"); });
  };
  auto has = [](const std::string &text, const char *part) {
    return text.find(part) != std::string::npos
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << text;
  };
  EXPECT_TRUE(has(errorOf([&] { readNpy(folder / "none"); }), "cannot open"));
  EXPECT_TRUE(has(errorOf([&] { readNpy(folder.path); }), "not a regular"));
  EXPECT_TRUE(has(error(""), "is no npy file: expected it to begin with the "
                             "bytes 93 4e 55 4d 50 59, got no byte; fix: "));
  EXPECT_TRUE(has(error("PK\3\4"), "got 50 4b 03 04; fix: "));
  std::string start = "{'descr': '<f4', 'fortran_order': False, 'shape': ";
  std::string good = npy(start + "(2,), }", std::string(8, 'x'));
  writeAll(folder / "x.npy", good);
  EXPECT_NO_THROW(readNpy(folder / "x.npy"));
  for (size_t length = 0; length < good.size(); ++length)
    EXPECT_NE(error(good.substr(0, length)), "no error") << length;
  EXPECT_TRUE(has(error(good.substr(0, good.size() - 1)), "(truncated)"));
  EXPECT_TRUE(has(error(good + "x"), "takes 8 bytes, the file has 9"));
  EXPECT_TRUE(has(error(npy("{'descr': '<f8', 'fortran_order': False, "
                            "'shape': (1,)}",
                            std::string(8, 'x'))),
                  "dtype <f8 is not supported"));
  EXPECT_TRUE(has(error(npy("{'descr': '>f4', 'fortran_order': False, "
                            "'shape': (1,)}",
                            std::string(4, 'x'))),
                  "dtype >f4 is not supported: expected little-endian"));
  for (const char *descr : {"|O", "<U3", "|b1", "<c8", "|V2", "<f1", "<i3",
                            "<i16", "f", "", "<M8[ns]"})
    EXPECT_TRUE(has(error(npy(fmt::format("{{'descr': '{}', 'fortran_order': "
                                          "False, 'shape': ()}}",
                                          descr),
                              "")),
                    "is not supported: expected "))
        << descr;
  EXPECT_TRUE(has(error(npy("{'descr': '<f4', 'fortran_order': True, "
                            "'shape': (1, 1)}",
                            std::string(4, 'x'))),
                  "Fortran order"));
  EXPECT_TRUE(has(error(npy("{'descr': [('a', '<f4')], 'shape': (1,)}", "")),
                  "structured dtypes"));
  EXPECT_TRUE(
      has(error(npy("{'descr': '<f4', 'shape': (1,)}", "")), "is missing"));
  EXPECT_TRUE(has(error(npy(start + "(-1,)}", "")), "expected a size"));
  EXPECT_TRUE(has(error(npy(start + "(99999999999999999999,)}", "")),
                  "a size is too large"));
  EXPECT_TRUE(
      has(error(npy(start + "(4611686018427387904, 4)}", "")), "overflows"));
  EXPECT_TRUE(has(error(npy(start + "(1,), 'more': 'x'}", "")), "unknown key"));
  std::string version = good;
  version[6] = 9;
  EXPECT_TRUE(has(error(version), "unknown npy version 9"));
}
