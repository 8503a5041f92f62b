//===- Race.cpp - Who touched which byte of shared memory -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Race.h"

#include "lib/PtxSim/Error.h"

#include <algorithm>

namespace moec::ptxsim {

//===- Clocks -------------------------------------------------------------===//

void Clocks::reset(uint32_t warps) {
  numWarps = warps;
  const size_t n = size_t(warps) * agents();
  time.assign(n, 0);
  fence.assign(n, 0);
  present.assign(agents(), 1);
  overflow = false;
  for (uint32_t w = 0; w < warps; ++w)
    known(w)[w] = 1;
}

uint32_t Clocks::tick(uint32_t agent) {
  const uint32_t before = present[agent];
  if (before >= maxClock)
    overflow = true;
  else
    ++present[agent];
  if (agent < numWarps)
    known(agent)[agent] = present[agent];
  return before;
}

void Clocks::fenceProxy(uint32_t warp) {
  const uint32_t *k = known(warp);
  uint32_t *f = fenced(warp);
  for (uint32_t a = 0, n = agents(); a < n; ++a)
    f[a] = std::max(f[a], k[a]);
  tick(warp);
}

static void join(std::vector<uint32_t> &into, const uint32_t *from,
                 uint32_t n) {
  if (into.empty()) {
    into.assign(from, from + n);
    return;
  }
  for (uint32_t a = 0; a < n; ++a)
    into[a] = std::max(into[a], from[a]);
}

void ClockMessage::release(Clocks &clocks, uint32_t warp) {
  join(time, clocks.known(warp), clocks.agents());
  join(fence, clocks.fenced(warp), clocks.agents());
  clocks.tick(warp);
}

void ClockMessage::release(Clocks &clocks, uint32_t agent, uint32_t agentTime) {
  if (time.empty()) {
    time.assign(clocks.agents(), 0);
    fence.assign(clocks.agents(), 0);
  }
  time[agent] = std::max(time[agent], agentTime);
}

void ClockMessage::acquire(Clocks &clocks, uint32_t warp) const {
  if (time.empty())
    return;
  uint32_t *k = clocks.known(warp), *f = clocks.fenced(warp);
  for (uint32_t a = 0, n = clocks.agents(); a < n; ++a) {
    k[a] = std::max(k[a], time[a]);
    f[a] = std::max(f[a], fence[a]);
  }
}

//===- Shadow -------------------------------------------------------------===//

void SharedShadow::reset(uint32_t bytes, uint32_t granule, uint32_t agents) {
  shift = granule >= 4 ? 2 : granule == 2 ? 1 : 0;
  granules = (size_t(bytes) >> shift) + 1;
  writer.assign(granules, 0);
  // Rows of readers are cleared when they are used again.
  activeReaders.clear();
  readers.resize(std::max<size_t>(readers.size(), agents));
  isReader.assign(readers.size(), 0);
}

uint32_t *SharedShadow::startReader(uint32_t agent) {
  const uint64_t bytes = granules * sizeof(uint32_t);
  if (budget && readers[agent].capacity() < granules) {
    if (bytes > *budget)
      throw Error("the race detector has no memory left to note who reads "
                  "shared memory; a launch without detectSharedRaces needs "
                  "none",
                  ErrorCode::Resources);
    *budget -= bytes;
  }
  readers[agent].assign(granules, 0);
  activeReaders.push_back(agent);
  isReader[agent] = 1;
  return readers[agent].data();
}

void SharedShadow::initialize(uint32_t byte, uint32_t bytes) {
  if (bytes)
    std::fill(writer.begin() + (byte >> shift),
              writer.begin() + ((byte + bytes - 1) >> shift) + 1,
              1u << agentShift);
}

SharedShadow::Conflict SharedShadow::read(uint32_t byte, uint32_t bytes,
                                          uint32_t agent, uint32_t now,
                                          const uint32_t *known,
                                          const uint32_t *fenced,
                                          uint32_t firstAsyncAgent) {
  const size_t first = byte >> shift, end = ((byte + bytes - 1) >> shift) + 1;
  uint32_t same = 0;
  for (size_t g = first; g < end; ++g) {
    const uint32_t e = writer[g];
    if (e == same && e)
      continue;
    if (e == 0)
      return conflict(RaceResult::Unwritten, uint32_t(g), 0, true);
    const uint32_t a = e >> agentShift, t = e & maxClock;
    if (t > known[a])
      return conflict(RaceResult::Race, uint32_t(g), a, true);
    if (fenced && a < firstAsyncAgent && t > fenced[a])
      return conflict(RaceResult::NoFence, uint32_t(g), a, true);
    same = e;
  }
  uint32_t *r = readersOf(agent);
  std::fill(r + first, r + end, now);
  return {};
}

SharedShadow::Conflict
SharedShadow::write(uint32_t byte, uint32_t bytes, uint32_t agent, uint32_t now,
                    const uint32_t *known, uint32_t exceptAgent,
                    const uint32_t *fenced, uint32_t firstAsyncAgent) {
  const size_t first = byte >> shift, end = ((byte + bytes - 1) >> shift) + 1;
  uint32_t same = 0;
  for (size_t g = first; g < end; ++g) {
    const uint32_t e = writer[g];
    if (e == same)
      continue;
    const uint32_t a = e >> agentShift, t = e & maxClock;
    if (t > known[a] && a != exceptAgent)
      return conflict(RaceResult::Race, uint32_t(g), a, true);
    if (fenced && a < firstAsyncAgent && t > fenced[a])
      return conflict(RaceResult::NoFence, uint32_t(g), a, true);
    same = e;
  }
  for (uint32_t a : activeReaders) {
    const uint32_t *r = readers[a].data();
    uint32_t latest = 0;
    for (size_t g = first; g < end; ++g)
      latest = std::max(latest, r[g]);
    if (latest <= known[a] || a == exceptAgent)
      continue;
    size_t g = first;
    while (r[g] <= known[a])
      ++g;
    return conflict(RaceResult::Race, uint32_t(g), a, false);
  }
  std::fill(writer.begin() + first, writer.begin() + end,
            agent << agentShift | now);
  return {};
}

} // namespace moec::ptxsim
