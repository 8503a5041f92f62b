//===- BlockDealerTest.cpp - Tests of who runs which block ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cpu/BlockDealer.h"

#include <gtest/gtest.h>
#include <thread>
#include <vector>

using namespace moec::rt;

TEST(BlockDealer, SharesAreEvenAndInOrder) {
  for (int64_t blocks : {0, 1, 2, 7, 64, 1009})
    for (int threads : {1, 2, 3, 8}) {
      int64_t next = 0;
      for (int thread = 0; thread < threads; ++thread) {
        BlockRange share = evenShare(blocks, thread, threads);
        EXPECT_EQ(share.begin, next);
        EXPECT_LE(share.end - share.begin, blocks / threads + 1);
        EXPECT_GE(share.end - share.begin, blocks / threads);
        next = share.end;
      }
      EXPECT_EQ(next, blocks);
    }
}

TEST(BlockDealer, DealsEachBlockOnceAndAgainAfterARestart) {
  for (int64_t blocks : {0, 1, 2, 7, 64, 1009})
    for (int threads : {1, 2, 3, 8}) {
      BlockDealer dealer(threads);
      for (int launch = 0; launch < 2; ++launch) {
        std::vector<std::vector<int>> dealt(threads, std::vector<int>(blocks));
        std::vector<std::thread> started;
        for (int thread = 0; thread < threads; ++thread)
          started.emplace_back([&, thread] {
            BlockRange taken;
            while (dealer.take(blocks, thread, threads, taken))
              for (int64_t block = taken.begin; block < taken.end; ++block)
                ++dealt[thread][block];
          });
        for (std::thread &thread : started)
          thread.join();
        for (int64_t block = 0; block < blocks; ++block) {
          int times = 0;
          for (const std::vector<int> &mine : dealt)
            times += mine[block];
          EXPECT_EQ(times, 1) << block << " of " << blocks;
        }
        for (int thread = 0; thread < threads; ++thread)
          dealer.restart(thread);
      }
    }
}

TEST(BlockDealer, BeginsWithItsOwnShareAndHelpsOthersThen) {
  BlockDealer dealer(2);
  BlockRange taken;
  std::vector<int64_t> order;
  while (dealer.take(8, 1, 2, taken))
    for (int64_t block = taken.begin; block < taken.end; ++block)
      order.push_back(block);
  EXPECT_EQ(order, std::vector<int64_t>({4, 5, 6, 7, 0, 1, 2, 3}));
}
