//===- BlockDealer.h - Which thread runs which block ------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CPU_BLOCKDEALER_H
#define MOEC_RUNTIME_CPU_BLOCKDEALER_H

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

namespace moec::rt {

/// Blocks [begin, end).
struct BlockRange {
  int64_t begin, end;
};

/// The even share of `thread`: neighbouring blocks, nearly the same rows in
/// each launch over rows, so that a thread finds in its cache what it wrote
/// there before.
inline BlockRange evenShare(int64_t blocks, int thread, int threads) {
  return {blocks * thread / threads, blocks * (thread + 1) / threads};
}

/// Deals the blocks of one launch. A thread takes those of its even share,
/// half of what is left of it at a time, then what slower ones have left.
class BlockDealer {
public:
  explicit BlockDealer(int mostThreads) : shares(mostThreads) {}

  /// The next blocks for `thread` of `threads`; false when all are dealt.
  bool take(int64_t blocks, int thread, int threads, BlockRange &taken) {
    for (int i = 0; i < threads; ++i) {
      int from = thread + i < threads ? thread + i : thread + i - threads;
      if (takeOf(evenShare(blocks, from, threads), shares[from].dealt, taken))
        return true;
    }
    return false;
  }

  /// Before the next launch, each thread for itself.
  void restart(int thread) {
    shares[thread].dealt.store(0, std::memory_order_relaxed);
  }

private:
  /// A line of the cache each.
  struct alignas(64) Share {
    std::atomic<int64_t> dealt{0};
  };

  static bool takeOf(BlockRange share, std::atomic<int64_t> &dealt,
                     BlockRange &taken) {
    int64_t size = share.end - share.begin;
    if (size == 0) // leaves the line to its owner
      return false;
    int64_t before = dealt.load(std::memory_order_relaxed), after;
    do {
      if (before >= size)
        return false;
      after = before + std::max<int64_t>(1, (size - before) / 2);
    } while (
        !dealt.compare_exchange_weak(before, after, std::memory_order_relaxed));
    taken = {share.begin + before, share.begin + after};
    return true;
  }

  std::vector<Share> shares;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_CPU_BLOCKDEALER_H
