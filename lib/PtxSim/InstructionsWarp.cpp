//===- InstructionsWarp.cpp - Exchange between the lanes of a warp --------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Decoder.h"
#include "lib/PtxSim/Error.h"
#include "lib/PtxSim/Machine.h"
#include "lib/PtxSim/OpcodeTable.h"

#include <algorithm>
#include <cstring>

namespace moec::ptxsim {

namespace {

using ast::Operand;
using ast::OperandKind;

/// The member mask of a .sync instruction must name exactly the lanes that
/// execute it; lanes that have ended do not count.
void checkMembers(Warp &w, const Inst &i, uint32_t mask,
                  const uint32_t *members) {
  const unsigned lane = unsigned(__builtin_ctz(mask));
  const uint32_t named = members[lane] & w.live;
  for (unsigned l = 0; l < 32; ++l) {
    if (!(mask >> l & 1))
      continue;
    if (!(members[l] >> l & 1))
      w.machine->fault(w, i, l, FaultKind::Divergence,
                       fmt::format("the member mask 0x{:08x} does not name the "
                                   "executing lane {}",
                                   members[l], l));
  }
  if (named & ~mask)
    w.machine->fault(w, i, lane, FaultKind::Divergence,
                     fmt::format("the member mask 0x{:08x} names lanes that do "
                                 "not execute this instruction (0x{:08x} do)",
                                 members[lane], mask));
}

//===- shfl ---------------------------------------------------------------===//

enum class Shuffle : uint8_t { Up, Down, Bfly, Idx };

template <Shuffle S> void execShfl(Warp &w, const Inst &i, uint32_t mask) {
  const uint32_t *lane = w.row(i.b), *clamp = w.row(i.c);
  checkMembers(w, i, mask, w.listRow(i, 0));
  uint32_t a[32], valid = 0;
  std::memcpy(a, w.row(i.a), sizeof(a));
  uint32_t *dst = w.row(i.dst);
  for (unsigned l = 0; l < 32; ++l) {
    if (!(mask >> l & 1))
      continue;
    const int b = int(lane[l] & 31), cval = int(clamp[l] & 31),
              segment = int(clamp[l] >> 8 & 31);
    const int maxLane = (int(l) & segment) | (cval & ~segment);
    const int minLane = int(l) & segment;
    int j = 0;
    bool ok = false;
    switch (S) {
    case Shuffle::Up:
      j = int(l) - b;
      ok = j >= maxLane;
      break;
    case Shuffle::Down:
      j = int(l) + b;
      ok = j <= maxLane;
      break;
    case Shuffle::Bfly:
      j = int(l) ^ b;
      ok = j <= maxLane;
      break;
    case Shuffle::Idx:
      j = minLane | (b & ~segment);
      ok = j <= maxLane;
      break;
    }
    if (!ok)
      j = int(l);
    valid |= uint32_t(ok) << l;
    dst[l] = a[j & 31];
  }
  w.setPred(i.pdst, valid, mask);
}

void decodeShfl(Decoder &d) {
  ExecFn fn = nullptr;
  if (d.accept("up"))
    fn = execShfl<Shuffle::Up>;
  else if (d.accept("down"))
    fn = execShfl<Shuffle::Down>;
  else if (d.accept("bfly"))
    fn = execShfl<Shuffle::Bfly>;
  else if (d.accept("idx"))
    fn = execShfl<Shuffle::Idx>;
  else
    d.error("shfl lacks its mode");
  d.takeType();
  d.expectOperands(5);
  Inst i = d.make(fn, InstClass::Move);
  i.a = d.use(1, 32);
  i.b = d.use(2, 32);
  i.c = d.use(3, 32);
  const uint32_t members = d.use(4, 32);
  const Operand &to = d.operand(0);
  if (to.kind == OperandKind::Pair) {
    i.dst = d.def(to.parts[0], 32);
    i.pdst = d.defPred(to.parts[1]);
  } else {
    i.dst = d.def(to, 32);
  }
  d.setList(i, {}, {members});
  d.push(i);
}

//===- vote, match, redux, activemask, elect ------------------------------===//

enum class Vote : uint8_t { All, Any, Uni, Ballot };

template <Vote V> void execVote(Warp &w, const Inst &i, uint32_t mask) {
  checkMembers(w, i, mask, w.row(i.a));
  const uint32_t p = w.pred(i) & mask;
  if (V == Vote::Ballot) {
    uint32_t *dst = w.row(i.dst);
    for (unsigned l = 0; l < 32; ++l)
      if (mask >> l & 1)
        dst[l] = p;
    return;
  }
  const bool yes = V == Vote::All   ? p == mask
                   : V == Vote::Any ? p != 0
                                    : p == mask || p == 0;
  w.setPred(i.pdst, yes ? fullMask : 0, mask);
}

void decodeVote(Decoder &d) {
  const std::string_view mode = d.next();
  const Type t = d.takeType();
  d.expectOperands(3);
  const bool ballot = mode == "ballot";
  if (ballot != (t.kind == 'b'))
    d.error("vote.ballot gives b32, the others give pred");
  Inst i = d.make(mode == "all"   ? execVote<Vote::All>
                  : mode == "any" ? execVote<Vote::Any>
                  : mode == "uni" ? execVote<Vote::Uni>
                  : ballot        ? execVote<Vote::Ballot>
                                  : nullptr,
                  InstClass::Move);
  if (!i.fn)
    d.error("an unknown vote");
  d.usePred(i, d.operand(1));
  i.a = d.use(2, 32);
  if (ballot)
    i.dst = d.def(size_t(0), 32);
  else
    i.pdst = d.defPred(d.operand(0));
  d.push(i);
}

void execMatch(Warp &w, const Inst &i, uint32_t mask) {
  checkMembers(w, i, mask, w.row(i.b));
  uint32_t a[64], out[32], all = fullMask;
  std::memcpy(a, w.row(i.a), i.width == 64 ? sizeof(a) : sizeof(a) / 2);
  const unsigned step = i.width == 64 ? 2 : 1;
  for (unsigned l = 0; l < 32; ++l) {
    uint32_t same = 0;
    for (unsigned k = 0; k < 32; ++k)
      if (mask >> k & 1 && !std::memcmp(a + k * step, a + l * step, 4 * step))
        same |= 1u << k;
    out[l] = same;
    if (mask >> l & 1 && same != mask)
      all = 0;
  }
  const bool needAll = i.imm != 0;
  for (unsigned l = 0; l < 32; ++l)
    if (mask >> l & 1)
      w.row(i.dst)[l] = needAll ? (all ? mask : 0) : out[l];
  w.setPred(i.pdst, all, mask);
}
void decodeMatch(Decoder &d, bool all) {
  const Type t = d.takeType();
  d.expectOperands(3);
  Inst i = d.make(execMatch, InstClass::Move);
  i.imm = all;
  i.width = t.bits;
  i.a = d.use(1, t.bits);
  i.b = d.use(2, 32);
  const Operand &to = d.operand(0);
  i.dst = d.def(to.kind == OperandKind::Pair ? to.parts[0] : to, 32);
  if (to.kind == OperandKind::Pair)
    i.pdst = d.defPred(to.parts[1]);
  d.push(i);
}

void decodeMatchAny(Decoder &d) { decodeMatch(d, false); }
void decodeMatchAll(Decoder &d) { decodeMatch(d, true); }

enum class Reduce : uint8_t { Add, MinU, MaxU, MinS, MaxS, And, Or, Xor };

template <Reduce R> void execRedux(Warp &w, const Inst &i, uint32_t mask) {
  checkMembers(w, i, mask, w.row(i.b));
  const uint32_t *a = w.row(i.a);
  uint32_t r = a[__builtin_ctz(mask)];
  bool first = true;
  for (unsigned l = 0; l < 32; ++l) {
    if (!(mask >> l & 1))
      continue;
    if (first) {
      first = false;
      continue;
    }
    switch (R) {
    case Reduce::Add:
      r += a[l];
      break;
    case Reduce::MinU:
      r = std::min(r, a[l]);
      break;
    case Reduce::MaxU:
      r = std::max(r, a[l]);
      break;
    case Reduce::MinS:
      r = uint32_t(std::min(int32_t(r), int32_t(a[l])));
      break;
    case Reduce::MaxS:
      r = uint32_t(std::max(int32_t(r), int32_t(a[l])));
      break;
    case Reduce::And:
      r &= a[l];
      break;
    case Reduce::Or:
      r |= a[l];
      break;
    case Reduce::Xor:
      r ^= a[l];
      break;
    }
  }
  uint32_t *dst = w.row(i.dst);
  for (unsigned l = 0; l < 32; ++l)
    if (mask >> l & 1)
      dst[l] = r;
}
void decodeRedux(Decoder &d) {
  const std::string_view op = d.next();
  const Type t = d.takeType();
  d.expectOperands(3);
  if (t.bits != 32 || t.isFloat())
    d.error("redux is simulated for integers of 32 bits");
  const bool s = t.isSigned();
  const ExecFn fn =
      op == "add"   ? execRedux<Reduce::Add>
      : op == "min" ? (s ? execRedux<Reduce::MinS> : execRedux<Reduce::MinU>)
      : op == "max" ? (s ? execRedux<Reduce::MaxS> : execRedux<Reduce::MaxU>)
      : op == "and" ? execRedux<Reduce::And>
      : op == "or"  ? execRedux<Reduce::Or>
      : op == "xor" ? execRedux<Reduce::Xor>
                    : nullptr;
  if (!fn)
    d.error("an unknown reduction");
  Inst i = d.make(fn, InstClass::Move);
  i.a = d.use(1, 32);
  i.b = d.use(2, 32);
  i.dst = d.def(size_t(0), 32);
  d.push(i);
}

void execActivemask(Warp &w, const Inst &i, uint32_t mask) {
  for (unsigned l = 0; l < 32; ++l)
    if (mask >> l & 1)
      w.row(i.dst)[l] = mask;
}
void decodeActivemask(Decoder &d) {
  d.takeType();
  d.expectOperands(1);
  Inst i = d.make(execActivemask, InstClass::Move);
  i.dst = d.def(size_t(0), 32);
  d.push(i);
}

/// elect.sync d|p, members: the lowest lane is the leader.
void execElect(Warp &w, const Inst &i, uint32_t mask) {
  checkMembers(w, i, mask, w.row(i.a));
  const unsigned leader = unsigned(__builtin_ctz(mask));
  for (unsigned l = 0; l < 32; ++l)
    if (mask >> l & 1)
      w.row(i.dst)[l] = leader;
  w.setPred(i.pdst, 1u << leader, mask);
}
void decodeElect(Decoder &d) {
  d.expectOperands(2);
  const Operand &to = d.operand(0);
  if (to.kind != OperandKind::Pair)
    d.error("elect.sync writes a register and a predicate");
  Inst i = d.make(execElect, InstClass::Move);
  i.a = d.use(1, 32);
  i.dst = d.def(to.parts[0], 32);
  i.pdst = d.defPred(to.parts[1]);
  d.push(i);
}

void execBarWarp(Warp &w, const Inst &i, uint32_t mask) {
  // Lanes run in step, so there is nothing to wait for; memory is in order.
  checkMembers(w, i, mask, w.row(i.a));
}
void decodeBarWarp(Decoder &d) {
  d.expectOperands(1);
  Inst i = d.make(execBarWarp, InstClass::Barrier);
  i.a = d.use(0, 32);
  d.push(i);
}

} // namespace

OpcodeList warpOpcodes() {
  return {
      {"shfl.sync", decodeShfl},          {"vote.sync", decodeVote},
      {"match.any.sync", decodeMatchAny}, {"match.all.sync", decodeMatchAll},
      {"redux.sync", decodeRedux},        {"activemask", decodeActivemask},
      {"elect.sync", decodeElect},        {"bar.warp.sync", decodeBarWarp}};
}

} // namespace moec::ptxsim
