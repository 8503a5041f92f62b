//===- MBarrier.h - mbarrier objects in shared memory --------- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_MBARRIER_H
#define MOEC_LIB_PTXSIM_MBARRIER_H

#include <cstdint>
#include <map>

namespace moec::ptxsim {

/// The mbarrier objects of one block, by shared-memory address. A phase is
/// complete when no arrival is pending and no bytes are outstanding (tx-count
/// 0); then the next one begins with the count of init. Whatever the manual
/// leaves undefined throws Violation: use before init or after inval, a second
/// init, a misaligned address, counts out of range, more arrivals than a phase
/// expects.
class MBarriers {
public:
  /// The largest count and tx-count of the manual.
  static constexpr int64_t maxCount = (int64_t(1) << 20) - 1;
  /// In the shared memory of one block. Each has clocks in the simulator, which
  /// are much larger than its eight bytes.
  static constexpr uint32_t maxBarriers = 1024;

  void init(uint32_t address, uint32_t count);
  void invalidate(uint32_t address);
  bool exists(uint32_t address) const { return barriers.count(address) != 0; }
  /// Throws unless there is one.
  void expect(uint32_t address) const { at(address); }
  /// arrive: `count` arrivals. Returns the state that test_wait takes: the
  /// phase before, and what was pending. With `noComplete` it must not end the
  /// phase; with `drop` later phases expect `count` fewer (arrive_drop).
  uint64_t arrive(uint32_t address, uint32_t count, bool noComplete = false,
                  bool drop = false);
  /// expect_tx: `bytes` more will come in this phase.
  void expectTx(uint32_t address, uint32_t bytes);
  /// complete_tx: `bytes` have come; they may come before they are expected.
  void completeTx(uint32_t address, uint32_t bytes);
  /// cp.async.mbarrier.arrive without .noinc: one more pending arrival of this
  /// phase, which the copies will make.
  void addPending(uint32_t address);

  /// test_wait: is the phase of `state` complete? It must be the current one or
  /// the one before.
  bool testState(uint32_t address, uint64_t state) const;
  /// test_wait.parity: is the last phase of this parity complete?
  bool testParity(uint32_t address, uint32_t parity) const;
  /// Phases completed so far.
  uint64_t phase(uint32_t address) const { return at(address).phase; }
  uint32_t pending(uint32_t address) const { return at(address).pending; }
  int64_t outstanding(uint32_t address) const { return at(address).tx; }
  /// mbarrier.pending_count of a state.
  static uint32_t pendingCount(uint64_t state) {
    return static_cast<uint32_t>(state & maxCount);
  }

private:
  struct Barrier {
    uint32_t expected = 0, pending = 0;
    int64_t tx = 0;
    uint64_t phase = 0;
  };

  const Barrier &at(uint32_t address) const;
  Barrier &at(uint32_t address);
  static void completeIfDone(Barrier &barrier);

  std::map<uint32_t, Barrier> barriers;
};

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_MBARRIER_H
