//===- InstructionsCluster.cpp - Addresses in clusters, register pools ----===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/AsyncAccess.h"
#include "lib/PtxSim/AsyncState.h"
#include "lib/PtxSim/OpcodeTable.h"

namespace moec::ptxsim {

//===- mapa, getctarank ---------------------------------------------------===//

/// The same byte in another block. flagUser0: 64 bits, flagUser1: generic.
static void execMapa(Warp &w, const Inst &i, uint32_t mask) {
  forLanes(mask, [&](unsigned lane) {
    const uint64_t given =
        i.flags & flagUser0 ? wideLane(w, i.a, lane) : w.row(i.a)[lane];
    const uint32_t from = sharedAddress(w, i, lane, given, i.flags & flagUser1);
    const uint32_t rank = w.row(i.b)[lane];
    if (rank >= w.machine->blocks.size())
      w.machine->fault(w, i, lane, FaultKind::BadOperand,
                       fmt::format("mapa to block {} of a cluster of {}", rank,
                                   w.machine->blocks.size()));
    const uint32_t to = addressInRank(from, rank);
    if (i.flags & flagUser0)
      setWideLane(w, i.dst, lane,
                  to + (i.flags & flagUser1 ? sharedWindow : 0));
    else
      w.row(i.dst)[lane] = to;
  });
}

static void decodeMapa(Decoder &d) {
  Inst i = d.make(execMapa, InstClass::Integer);
  if (!d.accept("shared::cluster"))
    i.flags |= flagUser1;
  const Type t = d.takeType();
  if (t.bits == 64)
    i.flags |= flagUser0;
  d.expectOperands(3);
  i.a = d.use(1, t.bits);
  i.b = d.use(2, 32);
  i.dst = d.def(0, t.bits);
  d.push(i);
}

static void execCtaRank(Warp &w, const Inst &i, uint32_t mask) {
  forLanes(mask, [&](unsigned lane) {
    const uint64_t given =
        i.flags & flagUser0 ? wideLane(w, i.a, lane) : w.row(i.a)[lane];
    const uint32_t address =
        sharedAddress(w, i, lane, given, i.flags & flagUser1);
    w.row(i.dst)[lane] =
        w.machine->sharedPlace(w, i, lane, address, 0).block->rank;
  });
}

static void decodeCtaRank(Decoder &d) {
  Inst i = d.make(execCtaRank, InstClass::Integer);
  if (!d.accept("shared::cluster"))
    i.flags |= flagUser1;
  const Type t = d.takeType();
  if (t.bits == 64)
    i.flags |= flagUser0;
  d.expectOperands(2);
  i.a = d.use(1, t.bits);
  i.dst = d.def(0, 32);
  d.push(i);
}

//===- setmaxnreg ---------------------------------------------------------===//

static bool registersReady(Warp &w, const Inst &i, uint32_t) {
  RegisterPool &pool = asyncOf(w).registers;
  uint32_t &mine = pool.ofWarp[w.index];
  const uint32_t wanted = uint32_t(i.imm);
  if (wanted > mine) {
    if ((wanted - mine) * 32 > pool.free)
      return false;
    pool.free -= (wanted - mine) * 32;
    mine = wanted;
  }
  return true;
}

static void execMoreRegisters(Warp &w, const Inst &i, uint32_t mask) {
  expectWholeWarp(w, i, mask);
  if (!registersReady(w, i, mask))
    w.waitFor(registersReady, i, mask,
              "setmaxnreg.inc, as no warp has released enough registers");
}

static void execFewerRegisters(Warp &w, const Inst &i, uint32_t mask) {
  expectWholeWarp(w, i, mask);
  RegisterPool &pool = asyncOf(w).registers;
  uint32_t &mine = pool.ofWarp[w.index];
  if (uint32_t(i.imm) < mine) {
    pool.free += (mine - uint32_t(i.imm)) * 32;
    mine = uint32_t(i.imm);
  }
}

static void decodeSetMax(Decoder &d, ExecFn fn) {
  d.accept("sync");
  d.accept("aligned");
  d.accept("u32");
  d.expectOperands(1);
  Inst i = d.make(fn, InstClass::Control);
  i.imm = d.expectImmediate(0, "a number of registers");
  if (i.imm < 24 || i.imm > 256 || i.imm % 8)
    d.error(
        fmt::format("setmaxnreg: {} registers, expected a multiple of 8 from "
                    "24 to 256",
                    i.imm));
  d.push(i);
}
static void decodeMoreRegisters(Decoder &d) {
  decodeSetMax(d, execMoreRegisters);
}
static void decodeFewerRegisters(Decoder &d) {
  decodeSetMax(d, execFewerRegisters);
}

OpcodeList clusterOpcodes() {
  return {{"mapa", decodeMapa},
          {"getctarank", decodeCtaRank},
          {"setmaxnreg.inc", decodeMoreRegisters},
          {"setmaxnreg.dec", decodeFewerRegisters}};
}

} // namespace moec::ptxsim
