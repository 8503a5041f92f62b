//===- MatrixMoveTest.cpp - Tests of ldmatrix and stmatrix ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/MatrixMove.h"

#include <gtest/gtest.h>

#include <vector>

using namespace moec::ptxsim;

static MatrixRows numbered() {
  MatrixRows rows;
  for (int i = 0; i < 8; ++i)
    for (int j = 0; j < 8; ++j)
      rows[i][j] = static_cast<uint16_t>(10 * i + j);
  return rows;
}

TEST(MatrixMove, LaneHoldsTwoNeighbours) {
  WarpRegister plain = loadMatrixFragment(numbered(), false);
  // The table of the manual: lane 0 has row 0, elements 0 and 1; lane 3 its
  // end, lane 4 starts row 1, lane 31 ends row 7.
  EXPECT_EQ(plain[0], 0u | 1u << 16);
  EXPECT_EQ(plain[3], 6u | 7u << 16);
  EXPECT_EQ(plain[4], 10u | 11u << 16);
  EXPECT_EQ(plain[31], 76u | 77u << 16);
  WarpRegister transposed = loadMatrixFragment(numbered(), true);
  EXPECT_EQ(transposed[0], 0u | 10u << 16);
  EXPECT_EQ(transposed[3], 60u | 70u << 16);
  EXPECT_EQ(transposed[4], 1u | 11u << 16);
  EXPECT_EQ(transposed[31], 67u | 77u << 16);
}

TEST(MatrixMove, StoreUndoesLoad) {
  for (bool transposed : {false, true})
    EXPECT_EQ(storeMatrixFragment(loadMatrixFragment(numbered(), transposed),
                                  transposed),
              numbered());
}

TEST(MatrixMove, CountsBankConflicts) {
  auto passes = [](int stride, int count) {
    std::vector<uint32_t> addresses;
    for (int i = 0; i < count; ++i)
      addresses.push_back(static_cast<uint32_t>(i * stride));
    return sharedPasses16(addresses.data(), count);
  };
  EXPECT_EQ(passes(16, 32), 4);  // contiguous
  EXPECT_EQ(passes(144, 32), 4); // rows padded by 16 bytes
  EXPECT_EQ(passes(128, 32), 32);
  EXPECT_EQ(passes(64, 8), 4);
  EXPECT_EQ(passes(0, 8), 1); // a broadcast
  EXPECT_EQ(passes(16, 1), 1);
}
