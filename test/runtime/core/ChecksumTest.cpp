//===- ChecksumTest.cpp - Tests of checksums ------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Checksum.h"

#include <gtest/gtest.h>

#include <string>

using namespace moec;

TEST(Checksum, IsXXH3) {
  // XXH3's value of no bytes with seed 0, as its specification lists it.
  EXPECT_EQ(checksum(""), 0x2D06800538D394C2u);
}

TEST(Checksum, PiecesMakeNoDifference) {
  std::string bytes;
  for (int i = 0; i < 5000; ++i)
    bytes.push_back(char(i * 37 >> 3));
  for (size_t piece : {1, 7, 64, 1000, 4999, 5000}) {
    Checksum sum;
    for (size_t at = 0; at < bytes.size(); at += piece)
      sum.add(std::string_view(bytes).substr(at, piece));
    EXPECT_EQ(sum.value(), checksum(bytes)) << piece;
  }
}
