//===- Machine.h - A launch that is being executed --------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What execute functions may use: the blocks of the cluster that runs, checked
// access to memory, barriers, counters, faults.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_MACHINE_H
#define MOEC_LIB_PTXSIM_MACHINE_H

#include "lib/PtxSim/DeviceMemory.h"
#include "lib/PtxSim/Program.h"
#include "lib/PtxSim/Race.h"

#include <deque>
#include <map>

namespace moec::ptxsim {

/// Something that lives in a block as long as the block runs: the state of an
/// mbarrier, of bulk copies. A base to derive from.
struct BlockObject {
  virtual ~BlockObject();
  /// Called when all warps of the block have ended; may fault.
  virtual void finish(Machine &machine, Block &block);
};

/// bar.sync and bar.arrive, numbers 0 to 15; barrier.cluster.
struct Barrier {
  uint32_t arrived = 0;  ///< warps
  uint32_t expected = 0; ///< warps, 0: all that have not ended
  uint64_t phase = 0;    ///< how often it completed
  ClockMessage arriving, leaving;
};

/// cp.async copies of one warp that wait for their group.
struct PendingCopy {
  uint32_t address; ///< in the shared memory of its block
  uint8_t bytes;
  uint8_t data[16];
};
struct CopyGroup {
  uint32_t time = 0; ///< of the copy agent
  std::vector<PendingCopy> copies;
};
struct CopyQueue {
  size_t pending = 0; ///< copies in all groups
  CopyGroup open;
  std::deque<CopyGroup> committed;
};

class Block {
public:
  uint32_t index = 0; ///< in the grid
  uint32_t rank = 0;  ///< in the cluster
  uint32_t numWarps = 0;
  Warp *warps = nullptr;
  std::vector<uint8_t> shared;
  uint32_t sharedBytes = 0;
  SharedShadow shadow;
  Barrier barriers[16];
  std::vector<CopyQueue> copies; ///< per warp
  uint32_t liveWarps = 0;
  /// Other blocks' last use of this one's shared memory, by agent: its time,
  /// and the line of the instruction. It must be known here before the end.
  struct RemoteUse {
    uint32_t time = 0, line = 0;
  };
  std::vector<RemoteUse> remoteUses;
  /// By address in shared memory, or any other key that an instruction chose.
  std::map<uint64_t, std::unique_ptr<BlockObject>> objects;
};

/// How the addresses of a memory instruction lie to each other. Most
/// instructions repeat one pattern, so what follows from it is kept.
struct LanePattern {
  uint32_t mask = 0;
  uint32_t bytes = 0;    ///< per lane
  uint32_t phase = 0;    ///< of the first lane's address, within a sector
  bool overlaps = false; ///< two lanes touch one byte
  uint8_t numRuns = 0;
  uint64_t delta[32] = {}; ///< from the first lane; 0 where the mask is 0
  int64_t lo = 0, hi = 0;  ///< the smallest delta; behind the largest piece
  /// Distinct bytes, without gaps, relative to the first lane.
  struct Run {
    int64_t at;
    uint32_t bytes;
    uint8_t lane; ///< one that begins there
  } runs[32];
  // Counters of one request.
  uint32_t sectors = 0, idealSectors = 0, partialSectors = 0, conflicts = 0;
};

/// The last two different patterns of an instruction: rows of odd length, for
/// one, begin in turns at two places of a sector.
struct LanePatterns {
  LanePattern of[2];
  uint8_t last = 0;
};

/// What happened to one instruction in this launch.
struct InstState {
  uint64_t count = 0; ///< warp instructions
  uint64_t lanes = 0;
  uint64_t partial = 0;           ///< warp instructions without all lanes
  const Region *region = nullptr; ///< that it touched last
  std::unique_ptr<LanePatterns> patterns;
};

class Machine {
public:
  Machine(const Program &program, const Kernel &kernel, DeviceMemory &memory,
          const LaunchConfig &config, const Limits &limits,
          std::vector<Region> regions, uint32_t stamp);
  /// Runs the whole grid.
  void run(const void *parameters,
           const std::vector<uint64_t> &variableAddresses);
  Counters result() const;

  const Program &program;
  const Kernel &kernel;
  const LaunchConfig &config;
  const Limits &limits;
  DeviceMemory &memory;
  Counters counters; ///< those that instructions count themselves
  std::vector<uint8_t> parameters;
  std::vector<InstState> states;
  Clocks clocks;             ///< of the cluster
  std::vector<Block> blocks; ///< of the cluster
  Barrier clusterBarrier;

  /// The patterns of an instruction; those that all share when a launch
  /// executes more places of the code than it may take memory for.
  LanePatterns &patternsIn(InstState &state) {
    if (state.patterns)
      return *state.patterns;
    if (patternsLeft == 0)
      return sharedPatterns;
    --patternsLeft;
    state.patterns = std::make_unique<LanePatterns>();
    return *state.patterns;
  }
  /// Work beyond that of one instruction of a warp, in such instructions; too
  /// much of it ends the launch, as too many instructions do.
  void charge(Warp &w, uint64_t instructions) {
    executed += instructions;
    if (executed > limits.warpInstructions)
      w.yield();
  }

  /// The state of the instruction that `w` executes.
  InstState &state(const Inst &i) { return states[&i - kernel.code.data()]; }
  uint32_t threadOf(const Warp &w, unsigned lane) const {
    return w.index * 32 + lane;
  }
  [[noreturn]] void fault(const Warp &w, const Inst &i, unsigned lane,
                          FaultKind kind, const std::string &detail) const;
  [[noreturn]] void faultAt(const Warp &w, const Inst &i, unsigned lane,
                            FaultKind kind, uint64_t address,
                            const std::string &detail) const;

  // Global memory. `address` is a device address.
  /// Checks bounds, the right to write, and races between blocks.
  uint8_t *global(Warp &w, const Inst &i, unsigned lane, uint64_t address,
                  uint64_t bytes, bool write);
  /// The same without recording a writer: atomics.
  const Region &region(Warp &w, const Inst &i, unsigned lane, uint64_t address,
                       uint64_t bytes, bool write);
  void recordGlobalStore(Warp &w, const Inst &i, unsigned lane, const Region &r,
                         uint64_t address, uint64_t bytes);

  // Shared memory, by 32-bit shared addresses (own block or cluster).
  struct SharedPlace {
    Block *block;
    uint32_t byte;
    uint8_t *host;
  };
  /// Checks bounds only.
  SharedPlace sharedPlace(Warp &w, const Inst &i, unsigned lane,
                          uint32_t address, uint64_t bytes);
  /// An access by the warp itself (generic proxy), in program order.
  uint8_t *sharedRead(Warp &w, const Inst &i, unsigned lane, uint32_t address,
                      uint32_t bytes) {
    return sharedRead(w, i, lane, address, bytes, w.agent, clocks.now(w.agent));
  }
  /// The same where `agent` goes on with what was read until `time`.
  uint8_t *sharedRead(Warp &w, const Inst &i, unsigned lane, uint32_t address,
                      uint32_t bytes, uint32_t agent, uint32_t time);
  /// Whether `agent` may use `b` at its time `time`: a block of the cluster
  /// must not end before it knows of the last use.
  void useBlock(Warp &w, const Inst &i, unsigned lane, Block &b, uint32_t agent,
                uint32_t time);
  uint8_t *sharedWrite(Warp &w, const Inst &i, unsigned lane, uint32_t address,
                       uint32_t bytes);
  /// An atomic operation: ordered with other atomics.
  uint8_t *sharedAtomic(Warp &w, const Inst &i, unsigned lane, uint32_t address,
                        uint32_t bytes);
  /// Throws the fault for what the shadow found, if anything.
  void reportShared(Warp &w, const Inst &i, unsigned lane, const SharedPlace &p,
                    const SharedShadow::Conflict &c, bool write) const;
  /// An access by the async proxy on behalf of a warp: bulk copies, wgmma. It
  /// happens at the time `time` of `agent`, see Clocks; whoever learns of that
  /// time may touch the bytes afterwards. Reads check that generic writes were
  /// fenced (fence.proxy.async).
  uint8_t *asyncRead(Warp &w, const Inst &i, uint32_t address, uint32_t bytes,
                     uint32_t agent, uint32_t time);
  uint8_t *asyncWrite(Warp &w, const Inst &i, uint32_t address, uint32_t bytes,
                      uint32_t agent, uint32_t time);
  /// Starts a bulk operation of a warp; returns its time.
  uint32_t tickBulk(const Warp &w) {
    return clocks.tick(clocks.bulkAgent(w.agent));
  }
  /// The warp has waited for its bulk operations up to `time`.
  void waitedBulk(const Warp &w, uint32_t time);

  /// Writes what the warp's cp.async groups hold, all but the newest `keep`.
  void completeCopies(Warp &w, const Inst &i, size_t keep, bool alsoOpen);

  /// Arrives at a barrier of `expected` warps (0: all live ones of the block or
  /// cluster); completes it when it is full.
  void arrive(Warp &w, const Inst &i, Barrier &b, uint32_t expected,
              bool ofCluster = false);
  void completeIfFull(Barrier &b, const Block *block);

  /// A clock that moves on with every reading.
  uint64_t clockValue() { return executed + ++clockReadings; }

  Block &blockOf(uint32_t rank) { return blocks[rank]; }

private:
  /// Checks bounds and what `check(place)` says of the shadow.
  template <typename Check>
  uint8_t *sharedAccess(Warp &w, const Inst &i, unsigned lane, uint32_t address,
                        uint32_t bytes, bool write, uint32_t agent,
                        uint32_t time, Check check);
  void checkRemoteUses(const Block &b);
  void startCluster(uint32_t first);
  void startWarp(Block &b, uint32_t index);
  void runCluster();
  void runWarp(Warp &w);
  void warpDone(Warp &w);
  [[noreturn]] void deadlock();
  Fault::Where whereIs(const Warp &w, const Inst &i, unsigned lane,
                       FaultKind kind, const std::string &detail) const;
  uint64_t specialValue(SpecialReg reg, const Block &b, uint32_t warp,
                        unsigned lane) const;
  std::string agentText(uint32_t agent) const;

  std::vector<Region> regions;
  uint32_t stamp;               ///< of the launch, for races between blocks
  std::vector<uint32_t> pinned; ///< rows of constants, all lanes
  std::vector<Warp> warps;
  std::vector<uint32_t> registerStore, predStore;
  std::vector<uint8_t> localStore;
  std::vector<PathEntry> stackStore;
  LanePatterns sharedPatterns;
  uint64_t patternsLeft = 0, shadowBudget = 0;
  uint64_t executed = 0, clockReadings = 0;
  uint32_t blockWarps = 0;
};

constexpr uint32_t maxDepth = 512; ///< of divergence

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_MACHINE_H
