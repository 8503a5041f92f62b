//===- MBarrier.cpp - mbarrier objects in shared memory -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/MBarrier.h"

#include "lib/PtxSim/Violation.h"

using namespace moec::ptxsim;

const MBarriers::Barrier &MBarriers::at(uint32_t address) const {
  auto found = barriers.find(address);
  if (found == barriers.end())
    violateAt(FaultKind::BadOperand, address,
              "no mbarrier here: it was never initialised, or was invalidated");
  return found->second;
}

MBarriers::Barrier &MBarriers::at(uint32_t address) {
  return const_cast<Barrier &>(
      static_cast<const MBarriers *>(this)->at(address));
}

void MBarriers::init(uint32_t address, uint32_t count) {
  if (address % 8)
    violateAt(FaultKind::Misaligned, address,
              "an mbarrier lies on a multiple of 8 bytes");
  if (count < 1 || count > maxCount)
    violateAt(FaultKind::BadOperand, address,
              "mbarrier.init with count {}, expected 1 to {}", count, maxCount);
  if (barriers.count(address))
    violateAt(
        FaultKind::BadOperand, address,
        "mbarrier.init where an mbarrier already is; mbarrier.inval first");
  if (barriers.size() >= maxBarriers)
    violateAt(FaultKind::Limit, address,
              "more than {} mbarriers in one block are not simulated",
              maxBarriers);
  barriers[address] = {count, count, 0, 0};
}

void MBarriers::invalidate(uint32_t address) {
  at(address);
  barriers.erase(address);
}

void MBarriers::completeIfDone(Barrier &barrier) {
  if (barrier.pending || barrier.tx)
    return;
  ++barrier.phase;
  barrier.pending = barrier.expected;
}

uint64_t MBarriers::arrive(uint32_t address, uint32_t count, bool noComplete,
                           bool drop) {
  Barrier &barrier = at(address);
  if (count < 1 || count > barrier.pending)
    violateAt(
        FaultKind::BadOperand, address,
        "{} arrivals at an mbarrier that waits for {} more of {} in phase "
        "{}",
        count, barrier.pending, barrier.expected, barrier.phase);
  if (noComplete && count == barrier.pending && barrier.tx == 0)
    violateAt(FaultKind::BadOperand, address,
              "arrive.noComplete ends phase {} of the mbarrier", barrier.phase);
  uint64_t state = barrier.phase << 20 | barrier.pending;
  barrier.pending -= count;
  if (drop)
    barrier.expected -= count;
  completeIfDone(barrier);
  return state;
}

void MBarriers::expectTx(uint32_t address, uint32_t bytes) {
  Barrier &barrier = at(address);
  if (barrier.tx + bytes > maxCount)
    violateAt(
        FaultKind::BadOperand, address,
        "expect_tx of {} bytes makes the tx-count {}, at most {} is legal",
        bytes, barrier.tx + bytes, maxCount);
  barrier.tx += bytes;
  // The transfer may have come first: then this settles the account.
  completeIfDone(barrier);
}

void MBarriers::completeTx(uint32_t address, uint32_t bytes) {
  Barrier &barrier = at(address);
  if (barrier.tx - int64_t{bytes} < -maxCount)
    violateAt(FaultKind::BadOperand, address,
              "complete_tx of {} bytes makes the tx-count {}, at least -{} is "
              "legal",
              bytes, barrier.tx - int64_t{bytes}, maxCount);
  barrier.tx -= bytes;
  completeIfDone(barrier);
}

void MBarriers::addPending(uint32_t address) {
  Barrier &barrier = at(address);
  if (barrier.pending >= maxCount)
    violateAt(FaultKind::BadOperand, address,
              "more than {} pending arrivals at an mbarrier", maxCount);
  ++barrier.pending;
}

bool MBarriers::testState(uint32_t address, uint64_t state) const {
  const Barrier &barrier = at(address);
  uint64_t phase = state >> 20;
  if (phase != barrier.phase && phase + 1 != barrier.phase)
    violateAt(FaultKind::BadOperand, address,
              "the state is of phase {}, but the mbarrier is in phase {}",
              phase, barrier.phase);
  return phase != barrier.phase;
}

bool MBarriers::testParity(uint32_t address, uint32_t parity) const {
  if (parity > 1)
    violateAt(FaultKind::BadOperand, address,
              "phase parity {}, expected 0 or 1", parity);
  return (at(address).phase & 1) != parity;
}
