//===- AccessCounters.cpp - Sectors and bank conflicts --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/ptxsim/LaneAccess.h"

#include <algorithm>

namespace moec::rt::ptxsim {

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
  uint64_t words[32][8];
  unsigned used[32] = {}, most = 1;
  for (unsigned l = 0; l < 32; ++l) {
    if (!(lanes >> l & 1))
      continue;
    for (uint64_t word = a.at[l] >> 2, end = (a.at[l] + bytes + 3) >> 2;
         word < end; ++word) {
      const unsigned bank = word & 31;
      unsigned k = 0;
      while (k < used[bank] && k < 8 && words[bank][k] != word)
        ++k;
      if (k < used[bank] && k < 8)
        continue;
      if (k < 8)
        words[bank][k] = word;
      most = std::max(most, ++used[bank]);
    }
  }
  return most;
}

void countShared(Counters &c, const LaneAddresses &a, uint32_t mask,
                 uint32_t bytes, bool write) {
  // 8 bytes per lane go in two halves, 16 in four quarters.
  const unsigned parts = bytes > 8 ? 4 : bytes > 4 ? 2 : 1;
  uint64_t extra = 0;
  uint64_t steps = 0;
  for (unsigned l = 1; l < 32; ++l)
    steps |= (a.at[l] ^ (a.at[0] + l * uint64_t(bytes)));
  if (steps || mask != fullMask) {
    for (unsigned p = 0; p < parts; ++p) {
      const unsigned n = 32 / parts;
      const uint32_t lanes =
          mask & (parts == 1 ? fullMask : ((1u << n) - 1) << (p * n));
      if (lanes)
        extra += wavefronts(a, lanes, bytes) - 1;
    }
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

} // namespace moec::rt::ptxsim
