//===- InstructionsBarrier.cpp - Barriers and fences ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Decoder.h"
#include "lib/PtxSim/Error.h"
#include "lib/PtxSim/Machine.h"
#include "lib/PtxSim/OpcodeTable.h"

namespace moec::ptxsim {

namespace {

/// All lanes of a warp that have not ended must come together.
void checkWhole(Warp &w, const Inst &i, uint32_t mask) {
  if (mask != w.live)
    w.machine->fault(
        w, i, unsigned(__builtin_ctz(mask)), FaultKind::Divergence,
        fmt::format("lanes 0x{:08x} of the warp reach the barrier, "
                    "0x{:08x} are alive",
                    mask, w.live));
}

//===- bar ----------------------------------------------------------------===//

struct Arrival {
  Barrier *barrier;
  uint32_t expected;
};

Arrival arrival(Warp &w, const Inst &i, uint32_t mask) {
  checkWhole(w, i, mask);
  const unsigned lane = unsigned(__builtin_ctz(mask));
  const uint32_t id = w.row(i.a)[lane];
  if (id >= 16)
    w.machine->fault(w, i, lane, FaultKind::BadOperand,
                     fmt::format("barrier {}, there are 0 to 15", id));
  uint32_t expected = 0;
  if (i.b != noReg) {
    const uint32_t threads = w.row(i.b)[lane];
    if (threads == 0 || threads % 32 || threads / 32 > w.block->numWarps)
      w.machine->fault(w, i, lane, FaultKind::BadOperand,
                       fmt::format("a barrier of {} threads in a block of {} "
                                   "warps; a multiple of 32 is expected",
                                   threads, w.block->numWarps));
    expected = threads / 32;
  }
  return {&w.block->barriers[id], expected};
}

bool barReady(Warp &w, const Inst &i, uint32_t mask) {
  const uint32_t id = w.row(i.a)[__builtin_ctz(mask)];
  Barrier &b = w.block->barriers[id];
  if (b.phase == w.waitArg)
    return false;
  b.leaving.acquire(w.machine->clocks, w.agent);
  return true;
}

void execBarSync(Warp &w, const Inst &i, uint32_t mask) {
  const Arrival a = arrival(w, i, mask);
  const uint64_t phase = a.barrier->phase;
  w.waitFor(barReady, i, mask, "a barrier", phase);
  w.machine->arrive(w, i, *a.barrier, a.expected);
}

void execBarArrive(Warp &w, const Inst &i, uint32_t mask) {
  const Arrival a = arrival(w, i, mask);
  w.machine->arrive(w, i, *a.barrier, a.expected);
}

void decodeBar(Decoder &d, bool arrive) {
  d.accept("aligned");
  d.accept("cta");
  d.expectOperands(arrive ? 2 : 1, 2);
  Inst i = d.make(arrive ? execBarArrive : execBarSync, InstClass::Barrier);
  i.a = d.use(0, 32);
  if (d.numOperands() > 1)
    i.b = d.use(1, 32);
  d.push(i);
}
void decodeBarSync(Decoder &d) { decodeBar(d, false); }
void decodeBarArrive(Decoder &d) { decodeBar(d, true); }

//===- bar.red ------------------------------------------------------------===//

/// Collects a predicate of all threads of the block at a barrier.
struct Vote : BlockObject {
  uint64_t phase = 0;
  uint32_t yes = 0, no = 0, lastYes = 0, lastNo = 0;
};

Vote &voteOf(Warp &w, uint32_t id) {
  auto &slot = w.block->objects[(uint64_t(1) << 40) + id];
  if (!slot)
    slot = std::make_unique<Vote>();
  return static_cast<Vote &>(*slot);
}

enum : uint8_t { redPopc, redAnd, redOr };

bool redReady(Warp &w, const Inst &i, uint32_t mask) {
  const uint32_t id = w.row(i.a)[__builtin_ctz(mask)];
  Vote &v = voteOf(w, id);
  const uint64_t phase = w.waitArg;
  if (!barReady(w, i, mask))
    return false;
  if (v.phase == phase) { // the first to leave closes the vote
    v.lastYes = v.yes;
    v.lastNo = v.no;
    v.yes = v.no = 0;
    ++v.phase;
  }
  if (i.width == redPopc) {
    for (unsigned l = 0; l < 32; ++l)
      if (mask >> l & 1)
        w.row(i.dst)[l] = v.lastYes;
  } else {
    const bool r = i.width == redAnd ? v.lastNo == 0 : v.lastYes != 0;
    w.setPred(i.pdst, r ? fullMask : 0, mask);
  }
  return true;
}

void execBarRed(Warp &w, const Inst &i, uint32_t mask) {
  const Arrival a = arrival(w, i, mask);
  Vote &v = voteOf(w, w.row(i.a)[__builtin_ctz(mask)]);
  const uint64_t phase = a.barrier->phase;
  v.phase = phase;
  const uint32_t p = w.pred(i) & mask;
  v.yes += uint32_t(__builtin_popcount(p));
  v.no += uint32_t(__builtin_popcount(mask & ~p));
  w.waitFor(redReady, i, mask, "a barrier", phase);
  w.machine->arrive(w, i, *a.barrier, a.expected);
}

void decodeBarRed(Decoder &d) {
  d.accept("aligned");
  const std::string_view op = d.next();
  d.takeType();
  d.expectOperands(3, 4);
  Inst i = d.make(execBarRed, InstClass::Barrier);
  i.width = op == "popc" ? redPopc : op == "and" ? redAnd : redOr;
  if (op != "popc" && op != "and" && op != "or")
    d.error("an unknown reduction");
  i.a = d.use(1, 32);
  if (d.numOperands() == 4)
    i.b = d.use(2, 32);
  d.usePred(i, d.operand(d.numOperands() - 1));
  if (i.width == redPopc)
    i.dst = d.def(size_t(0), 32);
  else
    i.pdst = d.defPred(d.operand(0));
  d.push(i);
}

//===- barrier.cluster ----------------------------------------------------===//

bool clusterReady(Warp &w, const Inst &, uint32_t) {
  Barrier &b = w.machine->clusterBarrier;
  if (b.phase == w.waitArg)
    return false;
  b.leaving.acquire(w.machine->clocks, w.agent);
  return true;
}

/// Which phase of the cluster barrier a warp arrived at.
struct ClusterArrival : BlockObject {
  uint64_t phase = 0;
  bool pending = false;
};
ClusterArrival &arrivalOf(Warp &w) {
  auto &slot = w.block->objects[(uint64_t(2) << 40) + w.index];
  if (!slot)
    slot = std::make_unique<ClusterArrival>();
  return static_cast<ClusterArrival &>(*slot);
}

void execClusterArrive(Warp &w, const Inst &i, uint32_t mask) {
  checkWhole(w, i, mask);
  ClusterArrival &a = arrivalOf(w);
  if (a.pending)
    w.machine->fault(w, i, unsigned(__builtin_ctz(mask)), FaultKind::BadOperand,
                     "a second arrival at the cluster barrier without a wait");
  a.pending = true;
  a.phase = w.machine->clusterBarrier.phase;
  w.machine->arrive(w, i, w.machine->clusterBarrier, 0, true);
}

void execClusterWait(Warp &w, const Inst &i, uint32_t mask) {
  checkWhole(w, i, mask);
  ClusterArrival &a = arrivalOf(w);
  if (!a.pending)
    w.machine->fault(w, i, unsigned(__builtin_ctz(mask)), FaultKind::BadOperand,
                     "a wait at the cluster barrier without an arrival");
  a.pending = false;
  w.waitFor(clusterReady, i, mask, "the cluster barrier", a.phase);
}

void decodeCluster(Decoder &d, ExecFn fn) {
  for (const char *name : {"aligned", "acquire", "release", "relaxed"})
    d.accept(name);
  d.expectOperands(0);
  d.push(d.make(fn, InstClass::Barrier));
}
void decodeClusterArrive(Decoder &d) { decodeCluster(d, execClusterArrive); }
void decodeClusterWait(Decoder &d) { decodeCluster(d, execClusterWait); }

//===- Fences -------------------------------------------------------------===//

void execNoFence(Warp &, const Inst &, uint32_t) {}
/// Memory is in program order, so plain fences have nothing to do.
void decodeFence(Decoder &d) {
  while (!d.next().empty()) {
  }
  d.push(d.make(execNoFence, InstClass::Barrier));
}

void execProxyFence(Warp &w, const Inst &, uint32_t) {
  w.machine->clocks.fenceProxy(w.agent);
}
void decodeProxyFence(Decoder &d) {
  const std::string_view space = d.next();
  const bool global = space == "global";
  if (!space.empty() && !global && space.substr(0, 6) != "shared")
    d.error("an unknown memory space");
  d.push(d.make(global ? execNoFence : execProxyFence, InstClass::Barrier));
}

} // namespace

OpcodeList barrierOpcodes() {
  return {{"bar.sync", decodeBarSync},
          {"bar.cta.sync", decodeBarSync},
          {"barrier.sync", decodeBarSync},
          {"barrier.cta.sync", decodeBarSync},
          {"bar.arrive", decodeBarArrive},
          {"bar.cta.arrive", decodeBarArrive},
          {"barrier.arrive", decodeBarArrive},
          {"barrier.cta.arrive", decodeBarArrive},
          {"bar.red", decodeBarRed},
          {"barrier.red", decodeBarRed},
          {"barrier.cta.red", decodeBarRed},
          {"barrier.cluster.arrive", decodeClusterArrive},
          {"barrier.cluster.wait", decodeClusterWait},
          {"membar", decodeFence},
          {"fence", decodeFence},
          {"fence.proxy.async", decodeProxyFence}};
}

} // namespace moec::ptxsim
