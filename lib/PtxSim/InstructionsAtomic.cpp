//===- InstructionsAtomic.cpp - atom and red ------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Decoder.h"
#include "lib/PtxSim/Error.h"
#include "lib/PtxSim/LaneAccess.h"
#include "lib/PtxSim/OpcodeTable.h"

#include <cstring>

namespace moec::ptxsim {

namespace {

#include "lib/PtxSim/AluMath.inc"

enum class AtomicOp : uint8_t {
  Add,
  Exch,
  Min,
  Max,
  And,
  Or,
  Xor,
  Inc,
  Dec,
  Cas
};

struct Atomic : InstData {
  AtomicOp op = AtomicOp::Add;
  Type type;
  MemSpace space = MemSpace::Generic;
  bool returns = false;
};

float addHalf(const Type &t, uint16_t a, uint16_t b, uint16_t &out) {
  if (t.kind == 'h')
    out = bfloatBits(bfloatToFloat(a) + bfloatToFloat(b));
  else
    out = halfBits(halfToFloat(a) + halfToFloat(b));
  return 0;
}

/// The new value; b is the operand, c the second one of cas. Sums of f32 in
/// global memory know no subnormal values.
uint64_t combine(const Atomic &atomic, bool global, uint64_t old, uint64_t b,
                 uint64_t c) {
  const Type &t = atomic.type;
  if (t.isFloat() && (t.bits == 16 || t.x2)) {
    uint16_t lo = 0, hi = 0;
    addHalf(t, uint16_t(old), uint16_t(b), lo);
    if (t.x2)
      addHalf(t, uint16_t(old >> 16), uint16_t(b >> 16), hi);
    return lo | uint32_t(hi) << 16;
  }
  if (t.isFloat() && t.bits == 32) {
    const float x = bitsOf<float>(uint32_t(old)),
                y = bitsOf<float>(uint32_t(b));
    return bitsOf<uint32_t>(global ? flush(flush(x) + flush(y)) : x + y);
  }
  if (t.isFloat())
    return bitsOf<uint64_t>(bitsOf<double>(old) + bitsOf<double>(b));
  const unsigned shift = 64 - t.bits;
  const int64_t so = int64_t(old << shift) >> shift,
                sb = int64_t(b << shift) >> shift;
  switch (atomic.op) {
  case AtomicOp::Add:
    return old + b;
  case AtomicOp::Exch:
    return b;
  case AtomicOp::Min:
    return t.isSigned() ? (so < sb ? old : b) : (old < b ? old : b);
  case AtomicOp::Max:
    return t.isSigned() ? (so > sb ? old : b) : (old > b ? old : b);
  case AtomicOp::And:
    return old & b;
  case AtomicOp::Or:
    return old | b;
  case AtomicOp::Xor:
    return old ^ b;
  case AtomicOp::Inc:
    return old >= b ? 0 : old + 1;
  case AtomicOp::Dec:
    return old == 0 || old > b ? b : old - 1;
  case AtomicOp::Cas:
    return old == b ? c : old;
  }
  return old;
}

uint64_t valueOf(const uint32_t *row, unsigned lane, unsigned bits) {
  if (bits != 64)
    return bits == 32 ? row[lane] : row[lane] & 0xffff;
  uint64_t v;
  std::memcpy(&v, row + 2 * lane, 8);
  return v;
}

/// The lanes act one after the other, in their order.
void execAtomic(Warp &w, const Inst &i, uint32_t mask) {
  const auto &atomic = *static_cast<const Atomic *>(i.data);
  const unsigned bits = atomic.type.bits;
  LaneAddresses a;
  loadAddresses(w, i, a);
  for (unsigned l = 0; l < 32; ++l) {
    if (!(mask >> l & 1))
      continue;
    uint8_t *p = resolveAtomic(w, i, l, atomic.space, a.at[l], bits / 8);
    uint64_t old = 0;
    std::memcpy(&old, p, bits / 8);
    const uint64_t b = valueOf(w.row(i.b), l, bits);
    const uint64_t c = i.c == noReg ? 0 : valueOf(w.row(i.c), l, bits);
    uint64_t where = a.at[l];
    const bool global = atomic.space == MemSpace::Global ||
                        (atomic.space == MemSpace::Generic &&
                         spaceOf(where) == MemSpace::Global);
    const uint64_t now = combine(atomic, global, old, b, c);
    std::memcpy(p, &now, bits / 8);
    if (!atomic.returns)
      continue;
    if (bits == 64)
      std::memcpy(w.row(i.dst) + 2 * l, &old, 8);
    else
      w.row(i.dst)[l] = uint32_t(old);
  }
  w.machine->counters.atomics += uint64_t(__builtin_popcount(mask));
}

void decode(Decoder &d, bool returns) {
  auto data = std::make_unique<Atomic>();
  data->returns = returns;
  for (const char *name :
       {"relaxed", "acquire", "release", "acq_rel", "cta", "cluster", "gpu",
        "sys", "noftz", "rn", "L2::cache_hint"})
    d.accept(name);
  if (d.accept("global"))
    data->space = MemSpace::Global;
  else if (d.accept("shared") || d.accept("shared::cta") ||
           d.accept("shared::cluster"))
    data->space = MemSpace::Shared;
  static const struct {
    const char *name;
    AtomicOp op;
  } ops[] = {{"add", AtomicOp::Add}, {"exch", AtomicOp::Exch},
             {"min", AtomicOp::Min}, {"max", AtomicOp::Max},
             {"and", AtomicOp::And}, {"or", AtomicOp::Or},
             {"xor", AtomicOp::Xor}, {"inc", AtomicOp::Inc},
             {"dec", AtomicOp::Dec}, {"cas", AtomicOp::Cas}};
  bool found = false;
  for (const auto &o : ops) {
    if (!found && d.accept(o.name)) {
      data->op = o.op;
      found = true;
    }
  }
  if (!found)
    d.error("an unknown atomic operation");
  const Type t = data->type = d.takeType();
  if (t.bits < 16 || t.bits > 64 || (t.isFloat() && data->op != AtomicOp::Add))
    d.error("this atomic operation is not simulated for this type");
  const size_t first = returns ? 1 : 0;
  const bool cas = data->op == AtomicOp::Cas;
  d.expectOperands(first + (cas ? 3 : 2), first + (cas ? 3 : 2) + 1);
  Inst i = d.make(execAtomic, InstClass::Atomic);
  const Address address = d.address(d.operand(first));
  i.a = address.row;
  i.imm = address.offset;
  if (address.narrow)
    i.flags |= address32;
  i.b = d.use(first + 1, t.bits);
  if (cas)
    i.c = d.use(first + 2, t.bits);
  if (returns)
    i.dst = d.def(size_t(0), t.bits);
  d.noteStore(data->space != MemSpace::Global, data->space != MemSpace::Shared,
              t.bits / 8);
  i.data = d.keep(std::move(data));
  d.push(i);
}

void decodeAtom(Decoder &d) { decode(d, true); }
void decodeRed(Decoder &d) { decode(d, false); }

} // namespace

OpcodeList atomicOpcodes() {
  return {{"atom", decodeAtom}, {"red", decodeRed}};
}

} // namespace moec::ptxsim
