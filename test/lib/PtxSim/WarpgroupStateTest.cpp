//===- WarpgroupStateTest.cpp - Tests of products in flight ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/WarpgroupState.h"
#include "lib/PtxSim/Violation.h"

#include <gtest/gtest.h>

using namespace moec::ptxsim;

TEST(WgmmaRegisters, FenceComesFirst) {
  WgmmaRegisters registers;
  EXPECT_THROW(registers.expectFenced(), Violation);
  registers.touch(3);
  registers.fence();
  registers.expectFenced();
  EXPECT_NO_THROW(registers.begin(3, true, 1));
  registers.touch(4);
  EXPECT_THROW(registers.begin(4, false, 0), Violation);
  registers.fence();
  EXPECT_NO_THROW(registers.begin(4, false, 0));
}

TEST(WgmmaRegisters, GroupsCompleteInOrder) {
  WgmmaRegisters registers;
  registers.fence();
  registers.begin(0, true, 1);
  // Not even committed.
  EXPECT_EQ(registers.wait(0), 0u);
  EXPECT_THROW(registers.touch(0), Violation);
  EXPECT_EQ(registers.commit(), 1u);
  registers.begin(1, true, 1);
  EXPECT_EQ(registers.commit(), 2u);
  EXPECT_EQ(registers.inFlight(), 2u);
  EXPECT_EQ(registers.wait(1), 1u);
  EXPECT_NO_THROW(registers.touch(0));
  EXPECT_THROW(registers.touch(1), Violation);
  EXPECT_EQ(registers.wait(0), 2u);
  EXPECT_NO_THROW(registers.touch(1));
  EXPECT_EQ(registers.inFlight(), 0u);
}

TEST(WgmmaRegisters, OnlyTheSameShapeFollowsAtOnce) {
  WgmmaRegisters registers;
  registers.fence();
  registers.begin(0, true, 1);
  EXPECT_NO_THROW(registers.begin(0, true, 1));
  EXPECT_THROW(registers.begin(0, true, 2), Violation);
  // A register of A may be read by several, but not while it is being summed.
  EXPECT_THROW(registers.begin(0, false, 0), Violation);
  registers.begin(9, false, 0);
  EXPECT_NO_THROW(registers.begin(9, false, 0));
  EXPECT_THROW(registers.begin(9, true, 1), Violation);
}

TEST(WarpgroupLog, AllWarpsExecuteTheSame) {
  WarpgroupLog log;
  int here = 0, there = 0;
  bool first = false;
  log.next(0, &here, 1, 2, true, first).right = {1.5f};
  EXPECT_TRUE(first);
  EXPECT_EQ(log.next(1, &here, 1, 2, true, first).right.at(0), 1.5f);
  EXPECT_FALSE(first);
  EXPECT_FALSE(log.complete());
  EXPECT_THROW(log.next(2, &there, 1, 2, true, first), Violation);
  WarpgroupLog other;
  for (unsigned warp = 0; warp < 4; ++warp)
    other.next(warp, &here, 1, 2, true, first);
  EXPECT_TRUE(other.complete());
  other.next(0, &here, 1, 2, true, first);
  EXPECT_TRUE(first);
  EXPECT_THROW(other.next(1, &here, 1, 3, true, first), Violation);
  WarpgroupLog scales;
  scales.next(0, &here, 1, 2, true, first);
  EXPECT_THROW(scales.next(1, &here, 1, 2, false, first), Violation);
}

TEST(WarpgroupLog, NobodyRunsAheadForEver) {
  WarpgroupLog log;
  bool first = false;
  int here = 0;
  EXPECT_THROW(
      {
        for (int i = 0; i < 10000; ++i)
          log.next(0, &here, 1, 2, true, first);
      },
      Violation);
}
