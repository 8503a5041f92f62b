//===- Race.h - Who touched which byte of shared memory ---------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Two accesses are ordered if a chain of barriers, mbarriers or waits leads
// from one to the other. Each agent has a clock, which ticks whenever it
// releases what it did (arrives at a barrier, commits a copy); each warp knows
// up to which time of each agent it has synchronised (a vector clock). An
// access is a race if the warp does not know the time of an earlier,
// conflicting access.
//
// Agents: each warp itself, its cp.async copies, its bulk stores, the operands
// of its wgmma, one for all atomics, and one for the bulk loads of each
// mbarrier, so that who waited for one mbarrier does not count as having waited
// for all.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_RACE_H
#define MOEC_LIB_PTXSIM_RACE_H

#include <cstdint>
#include <memory>
#include <vector>

namespace moec::ptxsim {

constexpr unsigned agentShift = 21;
constexpr uint32_t maxClock = (1u << agentShift) - 1;

/// The vector clocks of the warps of a cluster.
class Clocks {
public:
  /// Starts anew with all clocks at 1.
  void reset(uint32_t warps);
  uint32_t warps() const { return numWarps; }
  uint32_t agents() const { return 4 * numWarps + 1 + barrierAgents; }
  uint32_t copyAgent(uint32_t warp) const { return numWarps + warp; }
  uint32_t bulkAgent(uint32_t warp) const { return 2 * numWarps + warp; }
  uint32_t atomicAgent() const { return 3 * numWarps; }
  /// Bulk loads that signal the mbarrier with this number; too many share.
  uint32_t barrierAgent(uint32_t number) const {
    return 3 * numWarps + 1 + number % barrierAgents;
  }
  /// Reads of wgmma. The last agents: they never write, so their numbers need
  /// not fit into SharedShadow::writer.
  uint32_t wgmmaAgent(uint32_t warp) const {
    return 3 * numWarps + 1 + barrierAgents + warp;
  }
  bool isBulkLoad(uint32_t agent) const {
    return agent > atomicAgent() && agent < wgmmaAgent(0);
  }
  /// The warp behind an agent; atomics and bulk loads have none.
  uint32_t warpOf(uint32_t agent) const {
    return agent >= wgmmaAgent(0) ? agent - wgmmaAgent(0) : agent % numWarps;
  }

  /// What a warp knows: one time per agent.
  uint32_t *known(uint32_t warp) {
    return time.data() + size_t(warp) * agents();
  }
  /// What of that a fence.proxy.async has made visible to the async proxy.
  uint32_t *fenced(uint32_t warp) {
    return fence.data() + size_t(warp) * agents();
  }
  /// The present time of an agent.
  uint32_t now(uint32_t agent) const { return present[agent]; }
  /// Moves the clock of an agent on and returns the time before. A warp knows
  /// its own time.
  uint32_t tick(uint32_t agent);
  /// fence.proxy.async by a warp.
  void fenceProxy(uint32_t warp);
  bool overflowed() const { return overflow; }

private:
  static constexpr uint32_t barrierAgents = 64;
  uint32_t numWarps = 1;
  std::vector<uint32_t> time, fence, present;
  bool overflow = false;
};

/// What a barrier hands from those who arrive to those who leave.
struct ClockMessage {
  std::vector<uint32_t> time, fence;
  void clear() {
    time.clear();
    fence.clear();
  }
  bool empty() const { return time.empty(); }
  /// Adds what a warp knows, and moves its clock on.
  void release(Clocks &clocks, uint32_t warp);
  /// Adds one agent's time: a copy that has completed.
  void release(Clocks &clocks, uint32_t agent, uint32_t agentTime);
  void acquire(Clocks &clocks, uint32_t warp) const;
};

enum class RaceResult : uint8_t { Ok, Unwritten, Race, NoFence };

/// Last writers and readers of the shared memory of one block, per granule.
class SharedShadow {
public:
  struct Conflict {
    RaceResult result = RaceResult::Ok;
    uint32_t byte = 0;  ///< first of the granule
    uint32_t agent = 0; ///< the other one
    bool wasWrite = false;
  };

  /// Bytes that the shadows of a launch may still take; see startReader().
  uint64_t *budget = nullptr;

  void reset(uint32_t bytes, uint32_t granule, uint32_t agents);
  /// Checks an access to [byte, byte + bytes) by `agent` at its time `now`,
  /// ordered behind all that `known` tells, and records it. With `fenced`, what
  /// warps wrote must be in there too.
  Conflict read(uint32_t byte, uint32_t bytes, uint32_t agent, uint32_t now,
                const uint32_t *known, const uint32_t *fenced = nullptr,
                uint32_t firstAsyncAgent = ~0u);
  Conflict write(uint32_t byte, uint32_t bytes, uint32_t agent, uint32_t now,
                 const uint32_t *known, uint32_t exceptAgent = ~0u,
                 const uint32_t *fenced = nullptr,
                 uint32_t firstAsyncAgent = ~0u);
  /// Reads of one instruction by a warp, without a report: false where read()
  /// would find something or must decide.
  class Reader {
  public:
    bool read(uint32_t byte, uint32_t bytes) {
      const size_t end = ((byte + bytes - 1) >> shift) + 1;
      for (size_t g = byte >> shift; g < end; ++g) {
        const uint32_t e = writer[g];
        if (e != same || e == 0) {
          if (e == 0 || (e & maxClock) > known[e >> agentShift])
            return false;
          same = e;
        }
        mine[g] = now;
      }
      return true;
    }

  private:
    friend class SharedShadow;
    const uint32_t *writer = nullptr, *known = nullptr;
    uint32_t *mine = nullptr;
    uint32_t now = 0, same = 0;
    unsigned shift = 2;
  };
  Reader reader(uint32_t agent, uint32_t now, const uint32_t *known) {
    Reader r;
    r.writer = writer.data();
    r.known = known;
    r.mine = readersOf(agent);
    r.now = now;
    r.shift = shift;
    return r;
  }
  /// How many agents have read this block: what a write is checked against.
  size_t numReaders() const { return activeReaders.size(); }
  bool written(uint32_t byte) const { return writer[byte >> shift] != 0; }
  /// Marks bytes as written before everything else.
  void initialize(uint32_t byte, uint32_t bytes);

private:
  Conflict conflict(RaceResult r, uint32_t granule, uint32_t agent,
                    bool write) {
    return {r, granule << shift, agent, write};
  }
  uint32_t *readersOf(uint32_t agent) {
    return isReader[agent] ? readers[agent].data() : startReader(agent);
  }
  /// Throws Error (Resources) when the budget does not allow another row.
  uint32_t *startReader(uint32_t agent);

  unsigned shift = 2;
  size_t granules = 0;
  std::vector<uint32_t> writer; ///< agent and time; 0: never written
  std::vector<std::vector<uint32_t>> readers; ///< [agent][granule], time
  std::vector<uint32_t> activeReaders;        ///< agents that read this block
  std::vector<uint8_t> isReader;              ///< [agent]
};

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_RACE_H
