//===- AccessCounters.cpp - Sectors and bank conflicts --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/LaneAccess.h"

#include <algorithm>

namespace moec::ptxsim {

void countGlobal(Counters &c, const LaneAddresses &a, uint32_t mask,
                 uint32_t bytes, bool write) {
  // Pieces in order of address; warps nearly always come in order.
  uint64_t order[32];
  unsigned n = 0;
  bool sorted = true;
  for (unsigned l = 0; l < 32; ++l) {
    if (!(mask >> l & 1))
      continue;
    order[n++] = a.at[l];
    sorted &= n < 2 || order[n - 2] <= order[n - 1];
  }
  if (!sorted)
    std::sort(order, order + n);
  // Distinct bytes and the sectors that hold them.
  uint64_t sectors = 0, distinct = 0, whole = 0, covered = 0, end = 0;
  uint64_t sector = ~uint64_t(0);
  for (unsigned k = 0; k < n; ++k) {
    uint64_t at = std::max(order[k], end);
    end = std::max(end, order[k] + bytes);
    while (at < end) {
      if (at >> 5 != sector) {
        whole += covered == 32;
        covered = 0;
        sector = at >> 5;
        ++sectors;
      }
      const uint64_t stop = std::min(end, (sector + 1) << 5);
      covered += stop - at;
      distinct += stop - at;
      at = stop;
    }
  }
  whole += covered == 32;
  const uint64_t ideal = (distinct + 31) / 32;
  if (write) {
    ++c.globalStores;
    c.globalStoreSectors += sectors;
    c.globalStoreIdealSectors += ideal;
    c.globalPartialSectors += sectors - whole;
    c.globalStoreBytes += uint64_t(n) * bytes;
  } else {
    ++c.globalLoads;
    c.globalLoadSectors += sectors;
    c.globalLoadIdealSectors += ideal;
    c.globalLoadBytes += uint64_t(n) * bytes;
  }
}

/// Wavefronts for some lanes: the largest number of distinct words in one bank.
static unsigned wavefronts(const LaneAddresses &a, uint32_t lanes,
                           uint32_t bytes) {
  // Distinct words in the order in which they come, chained by bank.
  uint64_t words[160];
  uint8_t next[160], head[32], used[32];
  std::fill(std::begin(head), std::end(head), uint8_t(0xff));
  std::fill(std::begin(used), std::end(used), uint8_t(0));
  unsigned count = 0, most = 1;
  uint64_t before = ~uint64_t(0);
  for (; lanes; lanes &= lanes - 1) {
    const uint64_t at = a.at[__builtin_ctz(lanes)];
    if (at == before)
      continue;
    before = at;
    for (uint64_t word = at >> 2, end = (at + bytes + 3) >> 2; word < end;
         ++word) {
      const unsigned bank = word & 31;
      uint8_t k = head[bank];
      while (k != 0xff && words[k] != word)
        k = next[k];
      if (k != 0xff)
        continue;
      words[count] = word;
      next[count] = head[bank];
      head[bank] = uint8_t(count++);
      most = std::max(most, unsigned(++used[bank]));
    }
  }
  return most;
}

void countShared(Counters &c, const LaneAddresses &a, uint32_t mask,
                 uint32_t bytes, bool write) {
  // 8 bytes per lane go in two halves, 16 in four quarters.
  const unsigned parts = bytes > 8 ? 4 : bytes > 4 ? 2 : 1;
  uint64_t extra = 0;
  for (unsigned p = 0; p < parts; ++p) {
    const unsigned n = 32 / parts;
    const uint32_t lanes =
        mask & (parts == 1 ? fullMask : ((1u << n) - 1) << (p * n));
    if (!lanes)
      continue;
    // Words that span at most all banks once cannot collide.
    uint64_t lo = ~uint64_t(0), hi = 0;
    for (unsigned l = p * n; l < (p + 1) * n; ++l) {
      const bool on = lanes >> l & 1;
      lo = std::min(lo, on ? a.at[l] : ~uint64_t(0));
      hi = std::max(hi, on ? a.at[l] : 0);
    }
    if (((hi + bytes - 1) >> 2) - (lo >> 2) >= 32)
      extra += wavefronts(a, lanes, bytes) - 1;
  }
  const uint64_t total = uint64_t(__builtin_popcount(mask)) * bytes;
  if (write) {
    ++c.sharedStores;
    c.sharedStoreConflicts += extra;
    c.sharedStoreBytes += total;
  } else {
    ++c.sharedLoads;
    c.sharedLoadConflicts += extra;
    c.sharedLoadBytes += total;
  }
}

} // namespace moec::ptxsim
