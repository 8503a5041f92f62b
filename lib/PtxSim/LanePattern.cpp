//===- LanePattern.cpp - How addresses lie to each other
//--------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/LaneAccess.h"

#include <algorithm>

namespace moec::ptxsim {

static void build(LanePattern &p, const LaneAddresses &a) {
  int64_t order[32];
  uint8_t lanes[32];
  unsigned n = 0;
  for (unsigned l = 0; l < 32; ++l)
    if (p.mask >> l & 1)
      lanes[n++] = uint8_t(l);
  const auto before = [&](uint8_t x, uint8_t y) {
    return int64_t(p.delta[x]) != int64_t(p.delta[y])
               ? int64_t(p.delta[x]) < int64_t(p.delta[y])
               : x < y;
  };
  if (!std::is_sorted(lanes, lanes + n, before))
    std::sort(lanes, lanes + n, before);
  for (unsigned k = 0; k < n; ++k)
    order[k] = int64_t(p.delta[lanes[k]]);
  p.overlaps = false;
  p.numRuns = 0;
  for (unsigned k = 0; k < n; ++k) {
    LanePattern::Run *last = p.numRuns ? &p.runs[p.numRuns - 1] : nullptr;
    if (last && order[k] <= last->at + int64_t(last->bytes)) {
      p.overlaps |= order[k] < last->at + int64_t(last->bytes);
      const int64_t end = std::max(last->at + int64_t(last->bytes),
                                   order[k] + int64_t(p.bytes));
      last->bytes = uint32_t(end - last->at);
      continue;
    }
    p.runs[p.numRuns++] = {order[k], p.bytes, lanes[k]};
  }
  p.lo = order[0];
  p.hi = order[n - 1] + p.bytes;
  Counters c;
  countGlobal(c, a, p.mask, p.bytes, true);
  countShared(c, a, p.mask, p.bytes, true);
  p.sectors = uint32_t(c.globalStoreSectors);
  p.idealSectors = uint32_t(c.globalStoreIdealSectors);
  p.partialSectors = uint32_t(c.globalPartialSectors);
  p.conflicts = uint32_t(c.sharedStoreConflicts);
}

static bool sameDeltas(const LaneAddresses &a, uint32_t mask, uint64_t base,
                       const uint64_t delta[32]) {
  uint64_t different = 0;
  if (mask == fullMask)
    for (unsigned l = 0; l < 32; ++l)
      different |= (a.at[l] - base) ^ delta[l];
  else
    for (unsigned l = 0; l < 32; ++l)
      different |= mask >> l & 1 ? (a.at[l] - base) ^ delta[l] : 0;
  return different == 0;
}

const LanePattern &patternOf(LanePatterns &known, uint32_t mask,
                             const LaneAddresses &a, uint32_t bytes,
                             uint32_t phaseMask) {
  const unsigned first = unsigned(__builtin_ctz(mask));
  const uint64_t base = a.at[first];
  const uint32_t phase = uint32_t(base) & phaseMask;
  for (unsigned k = 0; k < 2; ++k) {
    const LanePattern &p = known.of[known.last];
    if (p.mask == mask && p.bytes == bytes && p.phase == phase &&
        sameDeltas(a, mask, base, p.delta))
      return p;
    known.last ^= k == 0;
  }
  // The older one of the two.
  LanePattern &p = known.of[known.last];
  for (unsigned l = 0; l < 32; ++l)
    p.delta[l] = mask >> l & 1 ? a.at[l] - base : 0;
  p.mask = mask;
  p.bytes = bytes;
  p.phase = phase;
  build(p, a);
  return p;
}

} // namespace moec::ptxsim
