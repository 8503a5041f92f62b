//===- InstructionsCopy.cpp - cp.async ------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Decoder.h"
#include "lib/PtxSim/Error.h"
#include "lib/PtxSim/LaneAccess.h"
#include "lib/PtxSim/OpcodeTable.h"

#include <algorithm>
#include <cstring>

namespace moec::ptxsim {

namespace {

/// Copies of one group; no shared memory could hold more.
constexpr size_t maxPending = 1 << 16;

/// cp.async reads global memory now and writes shared memory when its group is
/// waited for, so that a missing wait is seen as old bytes and as a race.
void execCopy(Warp &w, const Inst &i, uint32_t mask) {
  Machine &m = *w.machine;
  const uint32_t bytes = i.width;
  LaneAddresses to, from;
  loadAddresses(w, i, to);
  // The source: register b, offset in the list's place.
  Inst source = i;
  source.a = i.b;
  source.imm = 0;
  source.flags = i.flags & flagUser0 ? address32 : 0;
  loadAddresses(w, source, from);
  CopyQueue &queue = w.block->copies[w.index];
  if (queue.pending > maxPending)
    m.fault(w, i, unsigned(__builtin_ctz(mask)), FaultKind::Limit,
            fmt::format("more than {} copies of a warp wait", maxPending));
  const uint32_t agent = m.clocks.copyAgent(w.agent);
  // Lanes that copy fewer bytes than they write: the rest is zero.
  uint32_t sizes[32];
  for (unsigned l = 0; l < 32; ++l) {
    sizes[l] = bytes;
    if (i.c == noReg || !(mask >> l & 1))
      continue;
    const uint32_t n = w.row(i.c)[l];
    if (n > bytes)
      m.fault(w, i, l, FaultKind::BadOperand,
              fmt::format("cp.async of {} bytes reads {}", bytes, n));
    sizes[l] = n;
  }
  uint32_t reading = 0;
  for (unsigned l = 0; l < 32; ++l) {
    if (!(mask >> l & 1))
      continue;
    if ((to.at[l] | from.at[l]) & (bytes - 1))
      m.faultAt(w, i, l, FaultKind::Misaligned,
                to.at[l] & (bytes - 1) ? to.at[l] : from.at[l],
                fmt::format("cp.async of {} bytes", bytes));
    if (sizes[l])
      reading |= 1u << l;
  }
  if (reading)
    countGlobal(m.counters, from, reading, bytes, false);
  const uint64_t conflicts = m.counters.sharedStoreConflicts;
  countShared(m.counters, to, mask, bytes, true);
  m.counters.copyConflicts += m.counters.sharedStoreConflicts - conflicts;
  for (unsigned l = 0; l < 32; ++l) {
    if (!(mask >> l & 1))
      continue;
    uint64_t global = from.at[l], shared = to.at[l];
    if (sizes[l] && spaceOf(global) != MemSpace::Global)
      m.faultAt(w, i, l, FaultKind::OutOfBounds, from.at[l],
                "the source of cp.async is no global memory");
    if (shared >= sharedWindow)
      shared -= sharedWindow;
    if (shared >> sharedRankShift)
      m.faultAt(w, i, l, FaultKind::OutOfBounds, to.at[l],
                "the destination of cp.async is not in the own block");
    const auto place = m.sharedPlace(w, i, l, uint32_t(shared), bytes);
    if (m.config.detectSharedRaces) {
      const auto c = place.block->shadow.write(place.byte, bytes, agent,
                                               m.clocks.now(agent),
                                               m.clocks.known(w.agent), agent);
      if (c.result != RaceResult::Ok)
        m.reportShared(w, i, l, place, c, true);
    }
    PendingCopy copy{place.byte, uint8_t(bytes), {}};
    if (sizes[l])
      std::memcpy(copy.data, m.global(w, i, l, global, sizes[l], false),
                  sizes[l]);
    queue.open.copies.push_back(copy);
    ++queue.pending;
  }
}

void decodeCpAsync(Decoder &d) {
  const bool ca = d.accept("ca");
  if (!ca && !d.accept("cg"))
    d.error("cp.async lacks '.ca' or '.cg'");
  if (!d.accept("shared") && !d.accept("shared::cta"))
    d.error("cp.async writes shared memory");
  d.accept("global");
  for (const char *hint : {"L2::64B", "L2::128B", "L2::256B", "L2::cache_hint"})
    d.accept(hint);
  d.expectOperands(3, 5);
  const int64_t bytes = d.expectImmediate(2, "the number of bytes");
  if ((bytes != 4 && bytes != 8 && bytes != 16) || (!ca && bytes != 16))
    d.error(fmt::format("cp.async of {} bytes; .ca copies 4, 8 or 16, .cg 16",
                        bytes));
  Inst i = d.make(execCopy, InstClass::Async);
  i.width = uint8_t(bytes);
  const Address to = d.address(d.operand(0)), from = d.address(d.operand(1));
  i.a = to.row;
  i.imm = to.offset;
  if (to.narrow)
    i.flags |= address32;
  i.b = d.offsetAddress(from);
  if (d.numOperands() > 3) {
    if (d.isPred(d.operand(3))) // ignore-src: nothing is read where it holds
      d.error("cp.async with an ignore-src predicate is not simulated");
    i.c = d.use(3, 32);
  }
  d.noteStore(true, false, 4);
  d.push(i);
}

void execCommit(Warp &w, const Inst &i, uint32_t mask) {
  CopyQueue &queue = w.block->copies[w.index];
  if (queue.committed.size() > 256)
    w.machine->fault(w, i, unsigned(__builtin_ctz(mask)), FaultKind::Limit,
                     "too many groups of copies wait");
  Clocks &clocks = w.machine->clocks;
  queue.open.time = clocks.tick(clocks.copyAgent(w.agent));
  queue.committed.push_back(std::move(queue.open));
  queue.open = CopyGroup();
  // Kernels commit empty groups to keep the count of groups uniform.
  const auto inFlight = std::count_if(
      queue.committed.begin(), queue.committed.end(),
      [](const CopyGroup &group) { return !group.copies.empty(); });
  uint64_t &most = w.machine->counters.copyGroupsInFlight;
  most = std::max(most, uint64_t(inFlight));
}
void decodeCommit(Decoder &d) {
  d.expectOperands(0);
  d.push(d.make(execCommit, InstClass::Async));
}

void execWaitGroup(Warp &w, const Inst &i, uint32_t) {
  w.machine->completeCopies(w, i, size_t(i.imm), false);
}
void decodeWaitGroup(Decoder &d) {
  d.expectOperands(1);
  Inst i = d.make(execWaitGroup, InstClass::Async);
  i.imm = d.expectImmediate(0, "a number of groups");
  if (i.imm < 0)
    d.error("a negative number of groups");
  d.push(i);
}

void execWaitAll(Warp &w, const Inst &i, uint32_t) {
  w.machine->completeCopies(w, i, 0, true);
}
void decodeWaitAll(Decoder &d) {
  d.expectOperands(0);
  d.push(d.make(execWaitAll, InstClass::Async));
}

} // namespace

OpcodeList copyOpcodes() {
  return {{"cp.async", decodeCpAsync},
          {"cp.async.commit_group", decodeCommit},
          {"cp.async.wait_group", decodeWaitGroup},
          {"cp.async.wait_all", decodeWaitAll}};
}

} // namespace moec::ptxsim
