//===- InstructionsMemory.cpp - Loads and stores --------------------------===//
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

using namespace ast;

// Inst::width: bytes of an element in the low half, the space in the upper
// half. flagUser0: registers of 64 bits; flagUser1: the element is signed.

static MemSpace spaceIn(const Inst &i) { return MemSpace(i.width >> 4); }
static unsigned elementIn(const Inst &i) { return i.width & 15; }

/// Calls visit(lane) for the lanes of the mask, nearly always all of them.
template <typename Visit> static void eachLane(uint32_t mask, Visit visit) {
  if (mask == fullMask)
    for (unsigned l = 0; l < 32; ++l)
      visit(l);
  else
    for (; mask; mask &= mask - 1)
      visit(unsigned(__builtin_ctz(mask)));
}

template <typename T>
static void loadRow(uint32_t *row, uint8_t *const p[32], unsigned offset,
                    uint32_t mask, bool wide) {
  const auto load = [&](unsigned l) {
    T v;
    std::memcpy(&v, p[l] + offset, sizeof(v));
    return v;
  };
  if (wide)
    eachLane(mask, [&](unsigned l) {
      const int64_t x = int64_t(load(l));
      std::memcpy(row + 2 * l, &x, 8);
    });
  else
    eachLane(mask, [&](unsigned l) { row[l] = uint32_t(load(l)); });
}

template <unsigned Bytes>
static void storeRow(const uint32_t *row, uint8_t *const p[32], unsigned offset,
                     uint32_t mask, unsigned step) {
  eachLane(mask, [&](unsigned l) {
    std::memcpy(p[l] + offset, row + step * l, Bytes);
  });
}

static void execLoad(Warp &w, const Inst &i, uint32_t mask) {
  const unsigned each = elementIn(i), n = i.listDefs, bytes = each * n;
  LaneAddresses a;
  loadAddresses(w, i, a);
  uint8_t *p[32];
  resolveLanes(w, i, mask, spaceIn(i), a, bytes, false, p);
  const bool wide = i.flags & flagUser0, isSigned = i.flags & flagUser1;
  for (unsigned k = 0; k < n; ++k) {
    uint32_t *row = w.listRow(i, k);
    switch (each | (isSigned ? 16 : 0)) {
    case 1:
      loadRow<uint8_t>(row, p, k, mask, wide);
      break;
    case 2:
      loadRow<uint16_t>(row, p, 2 * k, mask, wide);
      break;
    case 4:
      loadRow<uint32_t>(row, p, 4 * k, mask, wide);
      break;
    case 17:
      loadRow<int8_t>(row, p, k, mask, wide);
      break;
    case 18:
      loadRow<int16_t>(row, p, 2 * k, mask, wide);
      break;
    case 20:
      loadRow<int32_t>(row, p, 4 * k, mask, wide);
      break;
    default:
      loadRow<uint64_t>(row, p, 8 * k, mask, wide);
      break;
    }
  }
}

static void execStore(Warp &w, const Inst &i, uint32_t mask) {
  const unsigned each = elementIn(i), n = i.listCount, bytes = each * n;
  LaneAddresses a;
  loadAddresses(w, i, a);
  uint8_t *p[32];
  resolveLanes(w, i, mask, spaceIn(i), a, bytes, true, p);
  const unsigned step = i.flags & flagUser0 ? 2 : 1;
  for (unsigned k = 0; k < n; ++k) {
    const uint32_t *row = w.listRow(i, k);
    switch (each) {
    case 1:
      storeRow<1>(row, p, k, mask, step);
      break;
    case 2:
      storeRow<2>(row, p, 2 * k, mask, step);
      break;
    case 4:
      storeRow<4>(row, p, 4 * k, mask, step);
      break;
    default:
      storeRow<8>(row, p, 8 * k, mask, step);
      break;
    }
  }
}

/// ld.param of a kernel's own parameter: one value for all lanes.
static void execLoadParam(Warp &w, const Inst &i, uint32_t mask) {
  const unsigned each = elementIn(i);
  const uint8_t *from = w.machine->parameters.data() + i.imm;
  for (unsigned k = 0; k < i.listDefs; ++k) {
    uint64_t v = 0;
    std::memcpy(&v, from + k * each, each);
    if (i.flags & flagUser1) {
      const unsigned shift = 64 - 8 * each;
      v = uint64_t(int64_t(v << shift) >> shift);
    }
    uint32_t *row = w.listRow(i, k);
    for (unsigned l = 0; l < 32; ++l) {
      if (!(mask >> l & 1))
        continue;
      if (i.flags & flagUser0)
        std::memcpy(row + 2 * l, &v, 8);
      else
        row[l] = uint32_t(v);
    }
  }
}

static MemSpace takeSpace(Decoder &d) {
  for (const char *name : {"global", "const"})
    if (d.accept(name))
      return MemSpace::Global;
  for (const char *name : {"shared", "shared::cta", "shared::cluster"})
    if (d.accept(name))
      return MemSpace::Shared;
  if (d.accept("local"))
    return MemSpace::Local;
  for (const char *name : {"param", "param::entry", "param::func"})
    if (d.accept(name))
      return MemSpace::Param;
  return MemSpace::Generic;
}

/// Cache hints and memory order, which a simulation in order has anyway.
static void takeHints(Decoder &d) {
  for (const char *name : {"volatile",
                           "relaxed",
                           "acquire",
                           "release",
                           "weak",
                           "mmio",
                           "cta",
                           "cluster",
                           "gpu",
                           "sys",
                           "nc",
                           "ca",
                           "cg",
                           "cs",
                           "lu",
                           "cv",
                           "wb",
                           "wt",
                           "L1::evict_normal",
                           "L1::evict_unchanged",
                           "L1::evict_first",
                           "L1::evict_last",
                           "L1::no_allocate",
                           "L2::64B",
                           "L2::128B",
                           "L2::256B",
                           "L2::evict_first",
                           "L2::evict_last",
                           "L2::evict_normal",
                           "unified"})
    d.accept(name);
  if (d.has("L2::cache_hint"))
    d.accept("L2::cache_hint");
}

static unsigned takeVector(Decoder &d) {
  return d.accept("v2") ? 2 : d.accept("v4") ? 4 : d.accept("v8") ? 8 : 1;
}

static void setAddress(Decoder &d, Inst &i, const Operand &o) {
  const Address a = d.address(o);
  i.a = a.row;
  i.imm = a.offset;
  if (a.narrow)
    i.flags |= address32;
}

/// The space in which the address really lies: parameters of functions are
/// local memory.
static MemSpace refine(Decoder &d, MemSpace space, const Operand &o) {
  const Symbol *s = d.symbol(o);
  if (s && s->kind == Symbol::Local)
    return MemSpace::Local;
  if (s && (s->kind == Symbol::Shared || s->kind == Symbol::DynamicShared))
    return MemSpace::Shared;
  return space;
}

/// By the space that is named and the one in which the address lies.
static InstClass classOf(MemSpace named, MemSpace s) {
  return named == MemSpace::Param ? InstClass::Param
         : s == MemSpace::Shared  ? InstClass::Shared
         : s == MemSpace::Local   ? InstClass::Local
                                  : InstClass::Global;
}

static const std::vector<Operand> elementsOf(Decoder &d, size_t k, unsigned n) {
  const Operand &o = d.operand(k);
  if (n == 1 && o.kind != OperandKind::Vector)
    return {o};
  if (o.kind != OperandKind::Vector || o.parts.size() != n)
    d.error(fmt::format("expected {} elements in braces", n));
  return o.parts;
}

static Type takeElement(Decoder &d, unsigned n) {
  const Type t = d.takeType();
  if (t.kind == 'p' || t.bits > 64)
    d.error("elements of this type are not simulated");
  const unsigned bytes = t.bits / 8 * n;
  if (bytes > 32 || (n == 8 && t.bits != 32))
    d.error("an access of more than 32 bytes");
  return t;
}

static void decodeLoad(Decoder &d) {
  const MemSpace named = takeSpace(d);
  takeHints(d);
  const unsigned n = takeVector(d);
  const Type t = takeElement(d, n);
  d.expectOperands(2, 3);
  const Operand &from = d.operand(1);
  const MemSpace space = refine(d, named, from);
  Inst i = d.make(execLoad, classOf(named, space));
  const Symbol *s = d.symbol(from);
  if (named == MemSpace::Param && s && s->kind == Symbol::KernelParam) {
    const uint64_t at = s->offset + uint64_t(from.value);
    const uint64_t bytes = t.bits / 8 * n;
    if (from.value < 0 || uint64_t(from.value) + bytes > s->bytes)
      d.error(fmt::format("{} bytes at {} of the parameter {}, which has {}",
                          bytes, from.value, from.name, s->bytes));
    i.fn = execLoadParam;
    i.imm = int64_t(at);
  } else {
    setAddress(d, i, from);
  }
  i.width = uint8_t(t.bits / 8 | unsigned(space) << 4);
  bool wide = t.bits == 64;
  const auto elements = elementsOf(d, 0, n);
  for (const Operand &o : elements)
    wide |= d.registerBits(o) == 64;
  if (wide)
    i.flags |= flagUser0;
  if (t.isSigned() && t.bits < 64)
    i.flags |= flagUser1;
  std::vector<uint32_t> rows;
  for (const Operand &o : elements)
    rows.push_back(d.def(o, wide ? 64 : 32));
  d.setList(i, rows, {});
  d.push(i);
}

static void decodeStore(Decoder &d) {
  const MemSpace named = takeSpace(d);
  takeHints(d);
  const unsigned n = takeVector(d);
  const Type t = takeElement(d, n);
  d.expectOperands(2, 3);
  const MemSpace space = refine(d, named, d.operand(0));
  Inst i = d.make(execStore, classOf(named, space));
  setAddress(d, i, d.operand(0));
  i.width = uint8_t(t.bits / 8 | unsigned(space) << 4);
  std::vector<uint32_t> rows;
  for (const Operand &o : elementsOf(d, 1, n))
    rows.push_back(d.use(o, t.bits));
  if (t.bits == 64)
    i.flags |= flagUser0;
  d.setList(i, {}, rows);
  d.noteStore(space == MemSpace::Shared || space == MemSpace::Generic,
              space == MemSpace::Global || space == MemSpace::Generic,
              t.bits / 8);
  d.push(i);
}

OpcodeList memoryOpcodes() {
  return {{"ld", decodeLoad}, {"ldu", decodeLoad}, {"st", decodeStore}};
}

} // namespace moec::ptxsim
