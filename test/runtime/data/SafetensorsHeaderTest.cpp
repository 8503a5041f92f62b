//===- SafetensorsHeaderTest.cpp - Tests of headers alone -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/SafetensorsHeader.h"
#include "test/runtime/TestSupport.h"

using namespace moec::rt;
using namespace moec::rt::test;

static std::string makePrefix(size_t &checksumAt) {
  StoredTensor b{"b", "BF16", {3}, 3, 2, 0}, a{"a", "F32", {2, 0}, 0, 4, 0};
  return makeSafetensorsPrefix({b, a}, {{"format", "moec.weights/2"}},
                               checksumAt);
}

TEST(SafetensorsHeader, ReadsWhatIsMade) {
  size_t checksumAt = 0;
  std::string prefix = makePrefix(checksumAt);
  EXPECT_EQ(prefix.size() % 8, 0u);
  EXPECT_EQ(prefix.substr(checksumAt, 17), "0000000000000000\"");
  EXPECT_EQ(safetensorsPrefixBytes("x", prefix, prefix.size() + 6),
            prefix.size());
  SafetensorsHeader header(prefix, prefix.size() + 6);
  ASSERT_EQ(header.tensors.size(), 2u);
  EXPECT_EQ(header.tensors[0].text(), "BF16 [3]");
  EXPECT_EQ(header.tensors[0].offset, prefix.size());
  EXPECT_EQ(header.tensors[1].text(), "F32 [2, 0]");
  EXPECT_EQ(header.tensors[1].bytes(), 0u);
  EXPECT_EQ(header.metadata.at("format"), "moec.weights/2");
  EXPECT_ERROR(SafetensorsHeader(prefix, prefix.size() + 7),
               "1 bytes follow the last tensor");
  EXPECT_ERROR(SafetensorsHeader(prefix, prefix.size() + 5), "truncated");
}

TEST(SafetensorsHeader, ChecksTheLength) {
  std::string start(8, '\xff');
  EXPECT_ERROR(safetensorsPrefixBytes("x", start, 7), "x is truncated");
  EXPECT_ERROR(safetensorsPrefixBytes("x", start, 1000),
               "992 follow, and 100000000 are allowed");
}

/// Digits that belong to the bytes, other ones, none.
TEST(SafetensorsHeader, ComparesTheChecksum) {
  size_t checksumAt = 0;
  std::string prefix = makePrefix(checksumAt);
  moec::Checksum sum;
  sum.add(prefix);
  sum.add("sixsix");
  prefix.replace(checksumAt, 16, checksumDigits(sum));
  SafetensorsHeader header(prefix, prefix.size() + 6);
  SafetensorsCheck good(prefix, header);
  ASSERT_TRUE(good.needed());
  good.add("six");
  good.add("six");
  good.finish();
  SafetensorsCheck bad(prefix, header);
  bad.add("seven");
  EXPECT_ERROR(bad.finish(), "the file is damaged");

  header.metadata.erase("moec.checksum");
  EXPECT_ERROR(SafetensorsCheck(prefix, header), "have no \"moec.checksum\"");
  header.metadata["format"] = "pt";
  EXPECT_FALSE(SafetensorsCheck(prefix, header).needed());
}
