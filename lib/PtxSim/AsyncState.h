//===- AsyncState.h - Barriers and transfers of a block ------- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_ASYNCSTATE_H
#define MOEC_LIB_PTXSIM_ASYNCSTATE_H

#include "lib/PtxSim/MBarrier.h"
#include "lib/PtxSim/Machine.h"
#include "lib/PtxSim/WarpgroupState.h"

#include <deque>
#include <map>
#include <vector>

namespace moec::ptxsim {

/// The bulk groups of one thread: copies from shared to global memory.
class BulkGroups {
public:
  /// A copy that reads shared memory at time `time` of the bulk agent.
  void add(uint32_t time) {
    last = time;
    open = true;
  }
  /// Throws Violation when nobody ever waits.
  void commit();
  /// wait_group: all but the last `pending` groups. Returns the time up to
  /// which copies are complete; 0 if nothing was waited for.
  uint32_t wait(uint64_t pending) {
    uint32_t time = 0;
    while (groups.size() > pending) {
      time = groups.front() ? groups.front() : time;
      groups.pop_front();
    }
    return time;
  }
  /// Copies that nobody waited for.
  bool busy() const {
    if (open)
      return true;
    for (uint32_t group : groups)
      if (group)
        return true;
    return false;
  }

private:
  std::deque<uint32_t> groups; ///< time of the last copy; 0: none
  uint32_t last = 0;
  bool open = false;
};

/// What an mbarrier hands from those who arrive to those who wait.
struct BarrierClock {
  ClockMessage arriving;  ///< all arrivals and transfers so far
  ClockMessage leaving;   ///< those of completed phases
  uint64_t phase = 0;     ///< of which `leaving` is
  uint32_t agent = 0;     ///< of the copies that it signals
  bool inFlight = false;  ///< copies that nobody has waited for
  uint64_t copyPhase = 0; ///< in which the last of them was issued
};

/// Registers of a block that setmaxnreg hands between warps.
struct RegisterPool {
  uint32_t free = 0;
  std::vector<uint32_t> ofWarp; ///< registers per thread, of each warp
};

/// What the asynchronous instructions keep for a block.
struct AsyncState : BlockObject {
  explicit AsyncState(const Block &block);
  /// When the block has ended: faults for what it left open.
  void finish(Machine &machine, Block &block) override;

  /// The eight bytes of an mbarrier are opaque: here a mark that shows whether
  /// something else wrote to them.
  static void mark(const Machine::SharedPlace &place);
  /// Throws Violation unless there is an mbarrier, and nobody overwrote it.
  void expectBarrier(const Machine::SharedPlace &place) const;

  /// The clock of the mbarrier at an address.
  BarrierClock &clockOf(uint32_t address, Clocks &all);
  /// An mbarrier ends, or another one begins there.
  void forget(uint32_t address);
  /// An mbarrier changed: hands on what arrived if a phase is complete.
  void moved(uint32_t address);

  MBarriers barriers;
  std::map<uint32_t, BarrierClock> clocks; ///< by address
  std::vector<WgmmaRegisters> wgmma;       ///< per warp
  std::vector<WarpgroupLog> warpgroups;
  std::vector<BulkGroups> bulk; ///< per thread
  RegisterPool registers;
  /// Changes of any mbarrier: what a warp that polls waits for.
  uint64_t progress = 0;
  struct Polling {
    uint64_t progress = 0;
    uint32_t failures = 0;
  };
  std::vector<Polling> polling; ///< per warp
  uint64_t stagesInFlight = 0;
  uint32_t numbered = 0; ///< mbarriers that were given an agent
};

/// The state of a block; made when first needed.
AsyncState &asyncOf(Block &block);
inline AsyncState &asyncOf(Warp &w) { return asyncOf(*w.block); }

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_ASYNCSTATE_H
