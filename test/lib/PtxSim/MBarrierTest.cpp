//===- MBarrierTest.cpp - Tests of mbarrier objects -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/MBarrier.h"
#include "lib/PtxSim/Violation.h"

#include <gtest/gtest.h>

using namespace moec::ptxsim;

TEST(MBarrier, PhaseEndsWithTheLastArrival) {
  MBarriers barriers;
  barriers.init(64, 3);
  uint64_t state = barriers.arrive(64, 1);
  EXPECT_EQ(MBarriers::pendingCount(state), 3u);
  EXPECT_FALSE(barriers.testState(64, state));
  EXPECT_FALSE(barriers.testParity(64, 0));
  // The phase before the first one counts as complete: what a producer waits
  // for when all its buffers are free.
  EXPECT_TRUE(barriers.testParity(64, 1));
  barriers.arrive(64, 2);
  EXPECT_TRUE(barriers.testState(64, state));
  EXPECT_TRUE(barriers.testParity(64, 0));
  EXPECT_FALSE(barriers.testParity(64, 1));
  EXPECT_EQ(barriers.pending(64), 3u);
  EXPECT_EQ(barriers.phase(64), 1u);
}

TEST(MBarrier, PhaseWaitsForBytes) {
  MBarriers barriers;
  barriers.init(0, 1);
  barriers.expectTx(0, 4096);
  barriers.arrive(0, 1);
  EXPECT_FALSE(barriers.testParity(0, 0));
  barriers.completeTx(0, 2048);
  EXPECT_FALSE(barriers.testParity(0, 0));
  barriers.completeTx(0, 2048);
  EXPECT_TRUE(barriers.testParity(0, 0));
  // Bytes may come before they are expected.
  barriers.completeTx(0, 16);
  EXPECT_EQ(barriers.outstanding(0), -16);
  barriers.expectTx(0, 16);
  EXPECT_FALSE(barriers.testParity(0, 1));
  barriers.arrive(0, 1);
  EXPECT_TRUE(barriers.testParity(0, 1));
}

TEST(MBarrier, CopiesAddAndMakeAnArrival) {
  MBarriers barriers;
  barriers.init(8, 2);
  barriers.addPending(8);
  barriers.arrive(8, 1);
  barriers.arrive(8, 1);
  EXPECT_FALSE(barriers.testParity(8, 0));
  barriers.arrive(8, 1);
  EXPECT_TRUE(barriers.testParity(8, 0));
  EXPECT_EQ(barriers.pending(8), 2u);
}

TEST(MBarrier, RefusesWhatTheManualLeavesUndefined) {
  MBarriers barriers;
  EXPECT_THROW(barriers.arrive(0, 1), Violation);
  EXPECT_THROW(barriers.testParity(0, 0), Violation);
  EXPECT_THROW(barriers.init(4, 1), Violation);
  EXPECT_THROW(barriers.init(0, 0), Violation);
  EXPECT_THROW(barriers.init(0, 1 << 20), Violation);
  EXPECT_NO_THROW(barriers.init(0, (1 << 20) - 1));
  EXPECT_THROW(barriers.init(0, 1), Violation);
  barriers.invalidate(0);
  EXPECT_THROW(barriers.invalidate(0), Violation);
  barriers.init(0, 2);
  EXPECT_THROW(barriers.arrive(0, 3), Violation);
  EXPECT_THROW(barriers.arrive(0, 0), Violation);
  EXPECT_THROW(barriers.arrive(0, 2, true), Violation);
  EXPECT_NO_THROW(barriers.arrive(0, 1, true));
  EXPECT_THROW(barriers.testParity(0, 2), Violation);
  EXPECT_THROW(barriers.expectTx(0, 1 << 20), Violation);
  EXPECT_THROW(barriers.completeTx(0, 1 << 20), Violation);
  uint64_t old = barriers.arrive(0, 1);
  barriers.arrive(0, 2);
  EXPECT_THROW(barriers.testState(0, old), Violation);
  // All have come, bytes are missing: nobody else may come.
  barriers.expectTx(0, 16);
  barriers.arrive(0, 2);
  EXPECT_THROW(barriers.arrive(0, 1), Violation);
}
