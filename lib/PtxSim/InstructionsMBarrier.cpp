//===- InstructionsMBarrier.cpp - mbarrier --------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/AsyncAccess.h"
#include "lib/PtxSim/AsyncState.h"
#include "lib/PtxSim/Decoder.h"
#include "lib/PtxSim/OpcodeTable.h"

#include <cstring>

namespace moec::ptxsim {

namespace {
/// What the instructions have in common.
enum : uint8_t { plainArrive, expectArrive, quietArrive };
constexpr uint32_t maxFailures = 1 << 16;
} // namespace

/// The mbarrier to which a lane points. That it was initialised must be known
/// to the warp, as with any other write.
static Machine::SharedPlace barrierPlace(Warp &w, const Inst &i,
                                         unsigned lane) {
  const uint32_t address =
      sharedAddress(w, i, lane, addressOf(w, i, lane), i.flags & flagUser1);
  if (address % 8)
    w.machine->faultAt(w, i, lane, FaultKind::Misaligned, address,
                       "an mbarrier lies on a multiple of 8 bytes");
  const Machine::SharedPlace place =
      w.machine->sharedPlace(w, i, lane, address, 8);
  guarded(w, i, lane, [&] { asyncOf(*place.block).expectBarrier(place); });
  w.machine->sharedRead(w, i, lane, address, 8);
  return place;
}

/// Takes the modifiers that say nothing to the simulator, and the space.
static void takeCommon(Decoder &d, Inst &i) {
  for (const char *ignored :
       {"release", "acquire", "relaxed", "cta", "cluster"})
    d.accept(ignored);
  if (!d.accept("shared") && !d.accept("shared::cta") &&
      !d.accept("shared::cluster"))
    i.flags |= flagUser1; // a generic address
  d.accept("b64");
}

//===- init, inval --------------------------------------------------------===//

static void execInit(Warp &w, const Inst &i, uint32_t mask) {
  forLanes(mask, [&](unsigned lane) {
    const uint32_t address =
        sharedAddress(w, i, lane, addressOf(w, i, lane), i.flags & flagUser1);
    const Machine::SharedPlace at =
        w.machine->sharedPlace(w, i, lane, address, 8);
    guarded(w, i, lane, [&] {
      asyncOf(*at.block).barriers.init(at.byte, w.row(i.b)[lane]);
    });
    w.machine->sharedWrite(w, i, lane, address, 8);
    AsyncState::mark(at);
    asyncOf(*at.block).forget(at.byte);
  });
}

static void decodeInit(Decoder &d) {
  Inst i = d.make(execInit, InstClass::Async);
  takeCommon(d, i);
  d.expectOperands(2);
  useAddress(d, i, 0);
  i.b = d.use(1, 32);
  d.push(i);
}

static void execInval(Warp &w, const Inst &i, uint32_t mask) {
  forLanes(mask, [&](unsigned lane) {
    const Machine::SharedPlace at = barrierPlace(w, i, lane);
    guarded(w, i, lane,
            [&] { asyncOf(*at.block).barriers.invalidate(at.byte); });
    asyncOf(*at.block).forget(at.byte);
    // Nobody else may still be using it.
    w.machine->sharedWrite(w, i, lane, addressInRank(at.byte, at.block->rank),
                           8);
  });
}

static void decodeInval(Decoder &d) {
  Inst i = d.make(execInval, InstClass::Async);
  takeCommon(d, i);
  d.expectOperands(1);
  useAddress(d, i, 0);
  d.push(i);
}

//===- arrive, expect_tx, complete_tx -------------------------------------===//

/// Hands what the warp knows to those who will wait.
static void release(Warp &w, const Machine::SharedPlace &at) {
  Clocks &clocks = w.machine->clocks;
  w.machine->charge(w, clocks.agents() / 32);
  asyncOf(*at.block).clockOf(at.byte, clocks).arriving.release(clocks, w.agent);
}

static void execArrive(Warp &w, const Inst &i, uint32_t mask) {
  const uint8_t *released = nullptr;
  forLanes(mask, [&](unsigned lane) {
    const Machine::SharedPlace at = barrierPlace(w, i, lane);
    const uint32_t operand = i.b == noReg ? 1 : w.row(i.b)[lane];
    uint64_t state = 0;
    guarded(w, i, lane, [&] {
      MBarriers &barriers = asyncOf(*at.block).barriers;
      if (i.width == expectArrive)
        barriers.expectTx(at.byte, operand);
      // Between the lanes of one instruction the warp learns nothing new.
      if (at.host != released)
        release(w, at);
      released = at.host;
      state = barriers.arrive(at.byte, i.width == expectArrive ? 1 : operand,
                              i.width == quietArrive, i.flags & flagUser0);
    });
    asyncOf(*at.block).moved(at.byte);
    if (i.dst != noReg)
      setWideLane(w, i.dst, lane, state);
  });
}

/// mbarrier.arrive{.expect_tx,.noComplete}... {state,} [a]{, count};
static void decodeArriveAs(Decoder &d, bool drop) {
  Inst i = d.make(execArrive, InstClass::Async);
  if (d.accept("expect_tx"))
    i.width = expectArrive;
  else if (d.accept("noComplete"))
    i.width = quietArrive;
  takeCommon(d, i);
  if (drop)
    i.flags |= flagUser0;
  d.expectOperands(1, 3);
  size_t at = 0;
  if (d.operand(0).kind != ast::OperandKind::Address) {
    if (d.operand(0).kind != ast::OperandKind::Sink)
      i.dst = d.def(0, 64);
    ++at;
  }
  useAddress(d, i, at++);
  if (at < d.numOperands())
    i.b = d.use(at++, 32);
  else if (i.width != plainArrive)
    d.error(fmt::format("'{}': expected a count", d.statement().opcode));
  if (at != d.numOperands())
    d.error(fmt::format("'{}': too many operands", d.statement().opcode));
  d.push(i);
}
static void decodeArrive(Decoder &d) { decodeArriveAs(d, false); }
static void decodeArriveDrop(Decoder &d) { decodeArriveAs(d, true); }

static void execTx(Warp &w, const Inst &i, uint32_t mask) {
  forLanes(mask, [&](unsigned lane) {
    const Machine::SharedPlace at = barrierPlace(w, i, lane);
    guarded(w, i, lane, [&] {
      MBarriers &barriers = asyncOf(*at.block).barriers;
      if (i.flags & flagUser0)
        barriers.completeTx(at.byte, w.row(i.b)[lane]);
      else
        barriers.expectTx(at.byte, w.row(i.b)[lane]);
    });
    asyncOf(*at.block).moved(at.byte);
  });
}

static void decodeTx(Decoder &d, bool complete) {
  Inst i = d.make(execTx, InstClass::Async);
  takeCommon(d, i);
  if (complete)
    i.flags |= flagUser0;
  d.expectOperands(2);
  useAddress(d, i, 0);
  i.b = d.use(1, 32);
  d.push(i);
}
static void decodeExpectTx(Decoder &d) { decodeTx(d, false); }
static void decodeCompleteTx(Decoder &d) { decodeTx(d, true); }

//===- test_wait, try_wait ------------------------------------------------===//

/// Takes over what came with the phases that are complete.
static void acquire(Warp &w, const Machine::SharedPlace &at) {
  Clocks &clocks = w.machine->clocks;
  AsyncState &state = asyncOf(*at.block);
  BarrierClock &clock = state.clockOf(at.byte, clocks);
  clock.leaving.acquire(clocks, w.agent);
  if (clock.inFlight && clock.phase > clock.copyPhase) {
    clock.inFlight = false;
    --state.stagesInFlight;
  }
}

/// Has the phase come for which the lane asks?
static bool phaseDone(Warp &w, const Inst &i, unsigned lane) {
  const Machine::SharedPlace at = barrierPlace(w, i, lane);
  bool done = false;
  guarded(w, i, lane, [&] {
    const MBarriers &barriers = asyncOf(*at.block).barriers;
    done = i.flags & flagUser0
               ? barriers.testParity(at.byte, w.row(i.b)[lane])
               : barriers.testState(at.byte, wideLane(w, i.b, lane));
  });
  if (done)
    acquire(w, at);
  return done;
}

static uint32_t phasesDone(Warp &w, const Inst &i, uint32_t mask) {
  uint32_t done = 0;
  // Mostly all lanes ask the same.
  bool first = true, last = false;
  uint64_t lastAddress = 0, lastPhase = 0;
  forLanes(mask, [&](unsigned lane) {
    const uint64_t address = addressOf(w, i, lane);
    const uint64_t phase =
        i.flags & flagUser0 ? w.row(i.b)[lane] : wideLane(w, i.b, lane);
    if (first || address != lastAddress || phase != lastPhase)
      last = phaseDone(w, i, lane);
    first = false;
    lastAddress = address;
    lastPhase = phase;
    done |= uint32_t{last} << lane;
  });
  return done;
}

/// A warp that polls in vain while no barrier changes is a deadlock, too.
static void countFailure(Warp &w, const Inst &i, uint32_t mask) {
  AsyncState &state = asyncOf(w);
  AsyncState::Polling &polling = state.polling[w.index];
  if (polling.progress != state.progress)
    polling = {state.progress, 0};
  if (++polling.failures > maxFailures)
    w.machine->fault(w, i, unsigned(__builtin_ctz(mask)), FaultKind::Deadlock,
                     fmt::format("mbarrier.test_wait failed {} times while no "
                                 "mbarrier of the block changed",
                                 maxFailures));
}

static void execTestWait(Warp &w, const Inst &i, uint32_t mask) {
  const uint32_t done = phasesDone(w, i, mask);
  w.setPred(i.pdst, done, mask);
  if (done == mask)
    return;
  countFailure(w, i, mask);
  w.yield();
}

/// try_wait may suspend the thread for as long as the system likes: here until
/// the phase is complete, so that a wait in vain is a deadlock and no loop.
static bool tryWaitReady(Warp &w, const Inst &i, uint32_t mask) {
  if (phasesDone(w, i, mask) != mask)
    return false;
  w.setPred(i.pdst, mask, mask);
  return true;
}

static void execTryWait(Warp &w, const Inst &i, uint32_t mask) {
  if (!tryWaitReady(w, i, mask))
    w.waitFor(tryWaitReady, i, mask, "mbarrier.try_wait");
}

static void decodeWait(Decoder &d, ExecFn fn, bool hint) {
  Inst i = d.make(fn, InstClass::Async);
  const bool parity = d.accept("parity");
  takeCommon(d, i);
  if (parity)
    i.flags |= flagUser0;
  d.expectOperands(3, hint ? 4 : 3);
  i.pdst = d.defPred(d.operand(0));
  useAddress(d, i, 1);
  i.b = d.use(2, parity ? 32 : 64);
  d.push(i);
}
static void decodeTestWait(Decoder &d) { decodeWait(d, execTestWait, false); }
static void decodeTryWait(Decoder &d) { decodeWait(d, execTryWait, true); }

static void execPendingCount(Warp &w, const Inst &i, uint32_t mask) {
  forLanes(mask, [&](unsigned lane) {
    w.row(i.dst)[lane] = MBarriers::pendingCount(wideLane(w, i.b, lane));
  });
}

static void decodePendingCount(Decoder &d) {
  Inst i = d.make(execPendingCount, InstClass::Async);
  d.accept("b64");
  d.expectOperands(2);
  i.b = d.use(1, 64);
  i.dst = d.def(0, 32);
  d.push(i);
}

//===- cp.async.mbarrier.arrive -------------------------------------------===//

/// The copies that a warp has begun arrive at the mbarrier when they are
/// complete: here at once. Who reads their bytes must have waited for the
/// phase; the warp itself has not.
static void execCopiesArrive(Warp &w, const Inst &i, uint32_t mask) {
  Machine &m = *w.machine;
  const uint32_t agent = m.clocks.copyAgent(w.agent);
  const uint32_t before = m.clocks.known(w.agent)[agent];
  m.completeCopies(w, i, 0, true);
  uint32_t &known = m.clocks.known(w.agent)[agent];
  const uint32_t time = known;
  known = before;
  // A later cp.async.wait_group waits for them all the same.
  CopyGroup marker;
  marker.time = time;
  w.block->copies[w.index].committed.push_back(marker);
  forLanes(mask, [&](unsigned lane) {
    const Machine::SharedPlace at = barrierPlace(w, i, lane);
    AsyncState &state = asyncOf(*at.block);
    state.clockOf(at.byte, m.clocks).arriving.release(m.clocks, agent, time);
    guarded(w, i, lane, [&] {
      if (!(i.flags & flagUser0))
        state.barriers.addPending(at.byte);
      state.barriers.arrive(at.byte, 1);
    });
    state.moved(at.byte);
  });
}

static void decodeCopiesArrive(Decoder &d) {
  Inst i = d.make(execCopiesArrive, InstClass::Async);
  if (d.accept("noinc"))
    i.flags |= flagUser0;
  takeCommon(d, i);
  d.expectOperands(1);
  useAddress(d, i, 0);
  d.push(i);
}

OpcodeList mbarrierOpcodes() {
  return {{"cp.async.mbarrier.arrive", decodeCopiesArrive},
          {"mbarrier.init", decodeInit},
          {"mbarrier.inval", decodeInval},
          {"mbarrier.arrive", decodeArrive},
          {"mbarrier.arrive_drop", decodeArriveDrop},
          {"mbarrier.expect_tx", decodeExpectTx},
          {"mbarrier.complete_tx", decodeCompleteTx},
          {"mbarrier.test_wait", decodeTestWait},
          {"mbarrier.try_wait", decodeTryWait},
          {"mbarrier.pending_count", decodePendingCount}};
}

} // namespace moec::ptxsim
