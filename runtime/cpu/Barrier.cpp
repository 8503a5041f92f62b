//===- Barrier.cpp - Where the threads of a step meet ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cpu/Barrier.h"

#include <chrono>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace moec::rt {

static void pause() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

void Barrier::wait(int threads) {
  unsigned before = phase.load(std::memory_order_acquire);
  if (arrived.fetch_add(1, std::memory_order_acq_rel) + 1 < threads)
    return waitLong(before);
  arrived.store(0, std::memory_order_relaxed);
  // Either this sees a sleeper, or the sleeper sees the new phase.
  phase.store(before + 1, std::memory_order_seq_cst);
  if (sleepers.load(std::memory_order_seq_cst)) {
    std::lock_guard<std::mutex> lock(mutex);
    woken.notify_all();
  }
}

void Barrier::waitLong(unsigned before) {
  // Up to some tens of microseconds. A yield may give away a time slice, so
  // those are limited by the clock.
  constexpr int spins = 1000;
  constexpr std::chrono::milliseconds patience(2);
  auto over = [&] { return phase.load(std::memory_order_acquire) != before; };
  if (eager) {
    for (int i = 0; i < spins; ++i, pause())
      if (over())
        return;
    using Clock = std::chrono::steady_clock;
    for (Clock::time_point start = Clock::now();
         Clock::now() - start < patience; std::this_thread::yield())
      if (over())
        return;
  }
  std::unique_lock<std::mutex> lock(mutex);
  sleepers.fetch_add(1, std::memory_order_seq_cst);
  woken.wait(lock,
             [&] { return phase.load(std::memory_order_seq_cst) != before; });
  sleepers.fetch_sub(1, std::memory_order_relaxed);
}

} // namespace moec::rt
