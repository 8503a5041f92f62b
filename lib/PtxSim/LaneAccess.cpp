//===- LaneAccess.cpp - Addresses of the lanes of a warp ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/LaneAccess.h"

#include "lib/PtxSim/Error.h"

#include <algorithm>

namespace moec::ptxsim {

static unsigned firstLane(uint32_t mask) {
  return unsigned(__builtin_ctz(mask));
}

static void checkAlignment(Warp &w, const Inst &i, uint32_t mask,
                           const LaneAddresses &a, uint32_t bytes) {
  uint64_t bad = 0;
  if (mask == fullMask)
    for (unsigned l = 0; l < 32; ++l)
      bad |= a.at[l];
  else
    for (unsigned l = 0; l < 32; ++l)
      bad |= (mask >> l & 1) ? a.at[l] : 0;
  if (!(bad & (bytes - 1)))
    return;
  for (unsigned l = 0; l < 32; ++l)
    if (mask >> l & 1 && a.at[l] & (bytes - 1))
      w.machine->faultAt(w, i, l, FaultKind::Misaligned, a.at[l],
                         fmt::format("an access of {} bytes", bytes));
}

/// Two lanes of one store that write one byte: which of them wins is not
/// defined. Found by sorting the beginnings.
static void checkCollisions(Warp &w, const Inst &i, uint32_t mask,
                            const LaneAddresses &a, uint32_t bytes,
                            FaultKind kind) {
  std::pair<uint64_t, unsigned> order[32];
  unsigned n = 0;
  bool sorted = true;
  for (unsigned l = 0; l < 32; ++l) {
    if (!(mask >> l & 1))
      continue;
    order[n++] = {a.at[l], l};
    sorted &= n < 2 || order[n - 2].first + bytes <= order[n - 1].first;
  }
  if (sorted)
    return;
  std::sort(order, order + n);
  for (unsigned k = 1; k < n; ++k) {
    if (order[k - 1].first + bytes <= order[k].first)
      continue;
    const unsigned x = order[k - 1].second, y = order[k].second;
    // Equal values at one address are harmless.
    bool same = order[k - 1].first == order[k].first;
    const unsigned each = i.width & 15;
    for (unsigned r = 0; same && r < i.listCount; ++r) {
      const uint32_t *row = w.listRow(i, r);
      if (i.flags & flagUser0)
        same = row[2 * x] == row[2 * y] &&
               (each < 8 || row[2 * x + 1] == row[2 * y + 1]);
      else
        same = row[x] == row[y];
    }
    if (!same)
      w.machine->faultAt(w, i, y, kind, order[k].first,
                         fmt::format("threads {} and {} store different values "
                                     "to one byte with one instruction",
                                     w.machine->threadOf(w, x),
                                     w.machine->threadOf(w, y)));
  }
}

static void pointInto(uint8_t *p[32], const LaneAddresses &a, uint32_t mask,
                      uint64_t base, uint8_t *host) {
  if (mask == fullMask) {
    for (unsigned l = 0; l < 32; ++l)
      p[l] = host + (a.at[l] - base);
    return;
  }
  for (unsigned l = 0; l < 32; ++l)
    if (mask >> l & 1)
      p[l] = host + (a.at[l] - base);
}

static void resolveGlobal(Warp &w, const Inst &i, uint32_t mask,
                          const LaneAddresses &a, uint32_t bytes, bool write,
                          uint8_t *p[32]) {
  Machine &m = *w.machine;
  InstState &state = m.state(i);
  const LanePattern &pattern =
      patternOf(m.patternsIn(state), mask, a, bytes, 31);
  const uint64_t total = uint64_t(__builtin_popcount(mask)) * bytes;
  if (write) {
    ++m.counters.globalStores;
    m.counters.globalStoreSectors += pattern.sectors;
    m.counters.globalStoreIdealSectors += pattern.idealSectors;
    m.counters.globalPartialSectors += pattern.partialSectors;
    m.counters.globalStoreBytes += total;
  } else {
    ++m.counters.globalLoads;
    m.counters.globalLoadSectors += pattern.sectors;
    m.counters.globalLoadIdealSectors += pattern.idealSectors;
    m.counters.globalLoadBytes += total;
  }
  // One look-up if all lanes lie in one region, as they nearly always do.
  const uint64_t base = a.at[firstLane(mask)];
  const uint64_t lo = base + uint64_t(pattern.lo),
                 hi = base + uint64_t(pattern.hi);
  const Region *r = state.region;
  if (r && lo >= r->lo && lo < hi && hi <= r->hi && (!write || r->writable)) {
    pointInto(p, a, mask, r->lo, r->host);
  } else {
    for (unsigned l = 0; l < 32; ++l) {
      if (!(mask >> l & 1))
        continue;
      r = &m.region(w, i, l, a.at[l], bytes, write);
      p[l] = r->host + (a.at[l] - r->lo);
    }
  }
  if (!write)
    return;
  if (pattern.overlaps)
    checkCollisions(w, i, mask, a, bytes, FaultKind::GlobalRace);
  if (!m.config.detectGlobalRaces)
    return;
  for (unsigned k = 0; k < pattern.numRuns; ++k) {
    const LanePattern::Run &run = pattern.runs[k];
    const uint64_t at = base + uint64_t(run.at);
    // Lanes that touch each other may still lie in two ranges of the launch.
    const Region &region = m.region(w, i, run.lane, at, bytes, true);
    m.recordGlobalStore(w, i, run.lane, region, at, run.bytes);
  }
}

/// Lanes one by one: another block, or something is wrong.
static void resolveSharedSlowly(Warp &w, const Inst &i, uint32_t mask,
                                const LaneAddresses &a, uint32_t bytes,
                                bool write, uint8_t *p[32]) {
  Machine &m = *w.machine;
  for (unsigned l = 0; l < 32; ++l) {
    if (!(mask >> l & 1))
      continue;
    if (a.at[l] >> 32)
      m.faultAt(w, i, l, FaultKind::OutOfBounds, a.at[l],
                "this is no address of shared memory");
    p[l] = write ? m.sharedWrite(w, i, l, uint32_t(a.at[l]), bytes)
                 : m.sharedRead(w, i, l, uint32_t(a.at[l]), bytes);
  }
}

static void resolveShared(Warp &w, const Inst &i, uint32_t mask,
                          const LaneAddresses &a, uint32_t bytes, bool write,
                          uint8_t *p[32]) {
  Machine &m = *w.machine;
  const LanePattern &pattern =
      patternOf(m.patternsIn(m.state(i)), mask, a, bytes, 3);
  const uint64_t total = uint64_t(__builtin_popcount(mask)) * bytes;
  if (write) {
    ++m.counters.sharedStores;
    m.counters.sharedStoreConflicts += pattern.conflicts;
    m.counters.sharedStoreBytes += total;
  } else {
    ++m.counters.sharedLoads;
    m.counters.sharedLoadConflicts += pattern.conflicts;
    m.counters.sharedLoadBytes += total;
  }
  Block &block = *w.block;
  const uint64_t base = a.at[firstLane(mask)];
  const uint64_t lo = base + uint64_t(pattern.lo),
                 hi = base + uint64_t(pattern.hi);
  if (lo >= hi || hi > block.sharedBytes) {
    resolveSharedSlowly(w, i, mask, a, bytes, write, p);
  } else {
    pointInto(p, a, mask, 0, block.shared.data());
    if (m.config.detectSharedRaces && write) {
      for (unsigned k = 0; k < pattern.numRuns; ++k)
        m.sharedWrite(w, i, pattern.runs[k].lane,
                      uint32_t(base + uint64_t(pattern.runs[k].at)),
                      pattern.runs[k].bytes);
    } else if (m.config.detectSharedRaces) {
      auto reader = block.shadow.reader(w.agent, m.clocks.now(w.agent),
                                        m.clocks.known(w.agent));
      for (unsigned k = 0; k < pattern.numRuns; ++k)
        if (!reader.read(uint32_t(base + uint64_t(pattern.runs[k].at)),
                         pattern.runs[k].bytes))
          return resolveSharedSlowly(w, i, mask, a, bytes, write, p);
    }
  }
  if (write && pattern.overlaps)
    checkCollisions(w, i, mask, a, bytes, FaultKind::SharedRace);
}

static void resolveOwn(Warp &w, const Inst &i, uint32_t mask, MemSpace space,
                       const LaneAddresses &a, uint32_t bytes, bool write,
                       uint8_t *p[32]) {
  Machine &m = *w.machine;
  const bool param = space == MemSpace::Param;
  const uint64_t size = param ? m.parameters.size() : m.kernel.localBytes;
  for (unsigned l = 0; l < 32; ++l) {
    if (!(mask >> l & 1))
      continue;
    if (a.at[l] > size || bytes > size - a.at[l])
      m.faultAt(w, i, l, FaultKind::OutOfBounds, a.at[l],
                fmt::format("an access of {} bytes to {} of {} bytes", bytes,
                            param ? "the parameters" : "local memory", size));
    if (param && write)
      m.faultAt(w, i, l, FaultKind::OutOfBounds, a.at[l],
                "a write to the parameters of the kernel");
    p[l] = param ? m.parameters.data() + a.at[l]
                 : w.local + uint64_t(l) * size + a.at[l];
  }
  // What a call passes lies in local memory here, on a GPU in registers.
  if (!param && InstClass(i.cls) != InstClass::Param)
    m.counters.localBytes += uint64_t(__builtin_popcount(mask)) * bytes;
}

void resolveLanes(Warp &w, const Inst &i, uint32_t mask, MemSpace space,
                  LaneAddresses &a, uint32_t bytes, bool write,
                  uint8_t *pointers[32]) {
  checkAlignment(w, i, mask, a, bytes);
  if (space == MemSpace::Param)
    space = MemSpace::Generic; // parameters of functions lie in local memory
  while (mask) {
    uint32_t part = mask;
    MemSpace s = space;
    if (space == MemSpace::Generic) {
      uint64_t address = a.at[firstLane(mask)];
      s = spaceOf(address);
      part = 0;
      for (unsigned l = 0; l < 32; ++l) {
        if (!(mask >> l & 1))
          continue;
        address = a.at[l];
        if (spaceOf(address) != s)
          continue;
        part |= 1u << l;
        a.at[l] = address;
      }
    }
    mask &= ~part;
    if (s == MemSpace::Global)
      resolveGlobal(w, i, part, a, bytes, write, pointers);
    else if (s == MemSpace::Shared)
      resolveShared(w, i, part, a, bytes, write, pointers);
    else
      resolveOwn(w, i, part, s, a, bytes, write, pointers);
  }
}

uint8_t *resolveAtomic(Warp &w, const Inst &i, unsigned lane, MemSpace space,
                       uint64_t address, uint32_t bytes) {
  Machine &m = *w.machine;
  if (address & (bytes - 1))
    m.faultAt(w, i, lane, FaultKind::Misaligned, address,
              fmt::format("an atomic operation on {} bytes", bytes));
  if (space == MemSpace::Generic)
    space = spaceOf(address);
  if (space == MemSpace::Global) {
    const Region &r = m.region(w, i, lane, address, bytes, true);
    return r.host + (address - r.lo);
  }
  if (space != MemSpace::Shared || address >> 32)
    m.faultAt(w, i, lane, FaultKind::OutOfBounds, address,
              "atomics need global or shared memory");
  return m.sharedAtomic(w, i, lane, uint32_t(address), bytes);
}

} // namespace moec::ptxsim
