//===- BarrierTest.cpp - Tests of where threads meet ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cpu/Barrier.h"

#include <chrono>
#include <gtest/gtest.h>
#include <thread>
#include <utility>
#include <vector>

using namespace moec::rt;

/// Runs `body` in as many threads.
template <typename Body> static void inThreads(int threads, Body body) {
  std::vector<std::thread> started;
  for (int thread = 0; thread < threads; ++thread)
    started.emplace_back(body, thread);
  for (std::thread &thread : started)
    thread.join();
}

// More threads than most machines of tests have cores, so that some of them
// spin where they keep others from coming. What is read is no atomic: a
// sanitizer of threads sees whether the barrier orders it.
TEST(Barrier, LetsNobodyPassBeforeAllHaveCome) {
  for (auto [threads, eager] :
       {std::pair(1, true), {2, true}, {3, true}, {7, true}, {7, false}}) {
    Barrier barrier(eager);
    std::vector<int> come(threads), missed(threads);
    constexpr int rounds = 200;
    inThreads(threads, [&, threads = threads](int thread) {
      for (int round = 1; round <= rounds; ++round) {
        come[thread] = round;
        barrier.wait(threads);
        for (int other = 0; other < threads; ++other)
          missed[thread] += come[other] != round;
        barrier.wait(threads);
      }
    });
    EXPECT_EQ(missed, std::vector<int>(threads)) << threads << " threads";
  }
}

// Far longer than anyone spins.
TEST(Barrier, WakesThoseWhoSleep) {
  constexpr int threads = 3;
  Barrier barrier(/*eager=*/true);
  std::vector<int> seen(threads);
  int written = 0;
  inThreads(threads, [&](int thread) {
    for (int round = 1; round <= 3; ++round) {
      if (thread == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        written = round;
      }
      barrier.wait(threads);
      seen[thread] += written == round;
      barrier.wait(threads);
    }
  });
  EXPECT_EQ(seen, std::vector<int>({3, 3, 3}));
}
