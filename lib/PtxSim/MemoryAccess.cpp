//===- MemoryAccess.cpp - Checked access to global and shared memory ------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Error.h"
#include "lib/PtxSim/Machine.h"

#include <algorithm>
#include <cstring>

namespace moec::ptxsim {

//===- Global memory ------------------------------------------------------===//

const Region &Machine::region(Warp &w, const Inst &i, unsigned lane,
                              uint64_t address, uint64_t bytes, bool write) {
  const Region *&last = state(i).region;
  const auto inside = [&](const Region &r) {
    return address >= r.lo && address <= r.hi && bytes <= r.hi - address;
  };
  if (!last || !inside(*last)) {
    auto next =
        std::upper_bound(regions.begin(), regions.end(), address,
                         [](uint64_t a, const Region &r) { return a < r.lo; });
    // Ranges of a launch may overlap; the one that begins last is tried first.
    const Region *found = nullptr;
    while (next != regions.begin() && !found) {
      --next;
      if (inside(*next))
        found = &*next;
      else if (next->hi < address)
        break;
    }
    if (!found) {
      std::string text =
          fmt::format("{} of {} bytes, ", write ? "a write" : "a read", bytes);
      if (memory.find(address, bytes)) {
        text += "outside of the operands of this launch";
        const auto behind = std::upper_bound(
            regions.begin(), regions.end(), address,
            [](uint64_t a, const Region &r) { return a < r.lo; });
        if (behind != regions.begin()) {
          const Region &r = *std::prev(behind);
          text += fmt::format("; {} bytes from the begin of '{}', which has {}",
                              address - r.lo, r.name, r.hi - r.lo);
        }
      } else {
        text += memory.describe(address, bytes);
      }
      faultAt(w, i, lane, FaultKind::OutOfBounds, address, text);
    }
    last = found;
  }
  if (write && !last->writable)
    faultAt(w, i, lane, FaultKind::OutOfBounds, address,
            fmt::format("a write to '{}', which is only read in this launch",
                        last->name));
  return *last;
}

void Machine::recordGlobalStore(Warp &w, const Inst &i, unsigned lane,
                                const Region &r, uint64_t address,
                                uint64_t bytes) {
  if (!config.detectGlobalRaces || bytes == 0)
    return;
  Allocation &a = *r.allocation;
  const unsigned shift = kernel.globalGranule >= 4   ? 2
                         : kernel.globalGranule == 2 ? 1
                                                     : 0;
  if (!a.writers || a.writerShift > shift) {
    a.writerShift = shift;
    a.writers.reset(static_cast<uint32_t *>(
        std::calloc((size_t(a.bytes) >> shift) + 2, sizeof(uint32_t))));
    if (!a.writers)
      throw Error(fmt::format("no memory to watch the writes to '{}'", a.name),
                  ErrorCode::Resources);
  }
  const size_t first = (address - a.base) >> a.writerShift,
               end = ((address - a.base + bytes - 1) >> a.writerShift) + 1;
  const uint32_t mine = stamp << 20 | (w.block->index & 0xfffff);
  uint32_t *const writers = a.writers.get();
  bool bad = false;
  for (size_t g = first; g < end; ++g)
    bad |= (writers[g] >> 20 == stamp) & (writers[g] != mine);
  if (bad) {
    size_t g = first;
    while (writers[g] >> 20 != stamp || writers[g] == mine)
      ++g;
    faultAt(w, i, lane, FaultKind::GlobalRace, a.base + (g << a.writerShift),
            fmt::format("block {} stores to '{}' where block {} of the same "
                        "launch has stored",
                        w.block->index, r.name, writers[g] & 0xfffff));
  }
  std::fill(writers + first, writers + end, mine);
}

uint8_t *Machine::global(Warp &w, const Inst &i, unsigned lane,
                         uint64_t address, uint64_t bytes, bool write) {
  const Region &r = region(w, i, lane, address, bytes, write);
  if (write)
    recordGlobalStore(w, i, lane, r, address, bytes);
  return r.host + (address - r.lo);
}

//===- Shared memory ------------------------------------------------------===//

Machine::SharedPlace Machine::sharedPlace(Warp &w, const Inst &i, unsigned lane,
                                          uint32_t address, uint64_t bytes) {
  Block *b = w.block;
  const uint32_t rank = address >> sharedRankShift;
  uint32_t byte = address;
  if (rank) {
    if (rank > blocks.size())
      faultAt(w, i, lane, FaultKind::OutOfBounds, address,
              "no block of the cluster has this shared address");
    b = &blocks[rank - 1];
    byte &= (1u << sharedRankShift) - 1;
  }
  if (byte > b->sharedBytes || bytes > b->sharedBytes - byte)
    faultAt(w, i, lane, FaultKind::OutOfBounds, address,
            fmt::format("an access of {} bytes to shared memory of {} bytes",
                        bytes, b->sharedBytes));
  return {b, byte, b->shared.data() + byte};
}

std::string Machine::agentText(uint32_t agent) const {
  if (agent == clocks.atomicAgent())
    return "an atomic operation";
  if (clocks.isBulkLoad(agent))
    return "a bulk copy into shared memory";
  const uint32_t warp = clocks.warpOf(agent);
  const std::string who = fmt::format("warp {} of block {}", warp % blockWarps,
                                      blocks[warp / blockWarps].index);
  if (agent > clocks.atomicAgent())
    return "a wgmma of " + who + " that was not waited for";
  if (agent >= 2 * clocks.warps())
    return "a bulk store of " + who + " that was not waited for";
  if (agent >= clocks.warps())
    return "a cp.async copy of " + who + " that was not waited for";
  return who;
}

void Machine::reportShared(Warp &w, const Inst &i, unsigned lane,
                           const SharedPlace &p,
                           const SharedShadow::Conflict &c, bool write) const {
  switch (c.result) {
  case RaceResult::Ok:
    return;
  case RaceResult::Unwritten:
    faultAt(w, i, lane, FaultKind::UnwrittenShared, c.byte,
            "nobody has written these bytes of shared memory in this block");
  case RaceResult::Race:
    faultAt(w, i, lane, FaultKind::SharedRace, c.byte,
            fmt::format("a {} of bytes that {} has {} with no barrier or wait "
                        "in between",
                        write ? "write" : "read", agentText(c.agent),
                        c.wasWrite ? "written" : "read"));
  case RaceResult::NoFence:
    faultAt(w, i, lane, FaultKind::MissingProxyFence, c.byte,
            fmt::format("the async proxy {} what {} has written; "
                        "fence.proxy.async must come in between",
                        write ? "overwrites" : "reads", agentText(c.agent)));
  }
}

void Machine::useBlock(Warp &w, const Inst &i, unsigned lane, Block &b,
                       uint32_t agent, uint32_t time) {
  if (b.liveWarps == 0)
    fault(w, i, lane, FaultKind::EndedBlock,
          fmt::format("block {} of the cluster has ended; a cluster barrier at "
                      "the end keeps it",
                      b.index));
  b.remoteUses[agent] = {time, i.line};
}

/// Called when the last warp of the block has ended.
void Machine::checkRemoteUses(const Block &b) {
  for (uint32_t agent = 0; agent < b.remoteUses.size(); ++agent) {
    const Block::RemoteUse use = b.remoteUses[agent];
    uint32_t known = 0;
    for (uint32_t w = 0; w < b.numWarps; ++w)
      known = std::max(known, clocks.known(b.warps[w].agent)[agent]);
    if (known >= use.time)
      continue;
    const Warp &last = b.warps[0];
    fault(last, kernel.code.back(), 0, FaultKind::EndedBlock,
          fmt::format("block {} ends without knowing that {} is done with its "
                      "shared memory (line {}); a cluster barrier at the end "
                      "tells",
                      b.index, agentText(agent), use.line));
  }
}

template <typename Check>
uint8_t *Machine::sharedAccess(Warp &w, const Inst &i, unsigned lane,
                               uint32_t address, uint32_t bytes, bool write,
                               uint32_t agent, uint32_t time, Check check) {
  const SharedPlace p = sharedPlace(w, i, lane, address, bytes);
  if (p.block != w.block)
    useBlock(w, i, lane, *p.block, agent, time);
  if (config.detectSharedRaces && bytes) {
    if (write) // which is compared with every reader
      charge(w, p.block->shadow.numReaders() * bytes / 1024);
    const SharedShadow::Conflict c = check(p);
    if (c.result != RaceResult::Ok)
      reportShared(w, i, lane, p, c, write);
  }
  return p.host;
}

uint8_t *Machine::sharedRead(Warp &w, const Inst &i, unsigned lane,
                             uint32_t address, uint32_t bytes, uint32_t agent,
                             uint32_t time) {
  return sharedAccess(w, i, lane, address, bytes, false, agent, time,
                      [&](const SharedPlace &p) {
                        return p.block->shadow.read(p.byte, bytes, w.agent,
                                                    clocks.now(w.agent),
                                                    clocks.known(w.agent));
                      });
}

uint8_t *Machine::sharedWrite(Warp &w, const Inst &i, unsigned lane,
                              uint32_t address, uint32_t bytes) {
  return sharedAccess(w, i, lane, address, bytes, true, w.agent,
                      clocks.now(w.agent), [&](const SharedPlace &p) {
                        return p.block->shadow.write(p.byte, bytes, w.agent,
                                                     clocks.now(w.agent),
                                                     clocks.known(w.agent));
                      });
}

uint8_t *Machine::sharedAtomic(Warp &w, const Inst &i, unsigned lane,
                               uint32_t address, uint32_t bytes) {
  const SharedPlace p = sharedPlace(w, i, lane, address, bytes);
  if (p.block != w.block)
    useBlock(w, i, lane, *p.block, w.agent, clocks.now(w.agent));
  if (config.detectSharedRaces) {
    const uint32_t agent = clocks.atomicAgent();
    if (!p.block->shadow.written(p.byte))
      reportShared(w, i, lane, p, {RaceResult::Unwritten, p.byte, agent, true},
                   true);
    // Atomics do not race with each other; who does one knows the earlier ones.
    clocks.known(w.agent)[agent] = clocks.now(agent);
    const auto c = p.block->shadow.write(
        p.byte, bytes, agent, clocks.now(agent), clocks.known(w.agent), agent);
    if (c.result != RaceResult::Ok)
      reportShared(w, i, lane, p, c, true);
    clocks.known(w.agent)[agent] = clocks.tick(agent);
  }
  return p.host;
}

uint8_t *Machine::asyncRead(Warp &w, const Inst &i, uint32_t address,
                            uint32_t bytes, uint32_t agent, uint32_t time) {
  const unsigned lane = unsigned(__builtin_ctz(w.active | 0x80000000));
  return sharedAccess(w, i, lane, address, bytes, false, agent, time,
                      [&](const SharedPlace &p) {
                        return p.block->shadow.read(
                            p.byte, bytes, agent, time, clocks.known(w.agent),
                            clocks.fenced(w.agent), clocks.bulkAgent(0));
                      });
}

uint8_t *Machine::asyncWrite(Warp &w, const Inst &i, uint32_t address,
                             uint32_t bytes, uint32_t agent, uint32_t time) {
  const unsigned lane = unsigned(__builtin_ctz(w.active | 0x80000000));
  return sharedAccess(w, i, lane, address, bytes, true, agent, time,
                      [&](const SharedPlace &p) {
                        return p.block->shadow.write(
                            p.byte, bytes, agent, time, clocks.known(w.agent),
                            ~0u, clocks.fenced(w.agent), clocks.bulkAgent(0));
                      });
}

void Machine::waitedBulk(const Warp &w, uint32_t time) {
  uint32_t &known = clocks.known(w.agent)[clocks.bulkAgent(w.agent)];
  known = std::max(known, time);
}

void Machine::completeCopies(Warp &w, const Inst &i, size_t keep,
                             bool alsoOpen) {
  CopyQueue &queue = w.block->copies[w.index];
  const auto apply = [&](const CopyGroup &g) {
    queue.pending -= g.copies.size();
    for (const PendingCopy &c : g.copies)
      std::memcpy(w.block->shared.data() + c.address, c.data, c.bytes);
    uint32_t &known = clocks.known(w.agent)[clocks.copyAgent(w.agent)];
    known = std::max(known, g.time);
  };
  while (queue.committed.size() > keep) {
    apply(queue.committed.front());
    queue.committed.pop_front();
  }
  if (alsoOpen) {
    queue.open.time = clocks.tick(clocks.copyAgent(w.agent));
    apply(queue.open);
    queue.open = CopyGroup();
  }
}

} // namespace moec::ptxsim
