//===- InstructionsBits.cpp - Shifts, bit fields, permutations ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Error.h"
#include "lib/PtxSim/OpcodeTable.h"
#include "lib/PtxSim/TypedOps.h"

namespace moec::ptxsim {

namespace {
#include "lib/PtxSim/AluMath.inc"
} // namespace

static void decodeShl(Decoder &d) {
  const Type t = takeInteger(d);
  emitInteger(d, INT_OP(Shl, t), t.bits, 2, t.bits, 32);
}
static void decodeShr(Decoder &d) {
  const Type t = takeInteger(d);
  emitInteger(d, t.isSigned() ? INT_OP(ShrS, t) : INT_OP(ShrU, t), t.bits, 2,
              t.bits, 32);
}

static void decodeShf(Decoder &d) {
  const bool left = d.accept("l");
  if (!left && !d.accept("r"))
    d.error("shf lacks '.l' or '.r'");
  const bool wrap = d.accept("wrap");
  if (!wrap && !d.accept("clamp"))
    d.error("shf lacks '.wrap' or '.clamp'");
  if (!d.accept("b32"))
    d.error("shf needs the type b32");
  emitInteger(d,
              left ? (wrap ? AluOp::ShfLWrap : AluOp::ShfLClamp)
                   : (wrap ? AluOp::ShfRWrap : AluOp::ShfRClamp),
              32, 3);
}

template <AluOp Narrow, AluOp Wide> static void decodeCount(Decoder &d) {
  const Type t = takeInteger(d);
  emitInteger(d, t.bits == 64 ? Wide : Narrow, 32, 1, t.bits);
}
static void decodeBrev(Decoder &d) {
  const Type t = takeInteger(d);
  emitInteger(d, t.bits == 64 ? AluOp::Brev64 : AluOp::Brev32, t.bits, 1);
}
/// The highest bit that differs from the sign; with .shiftamt the shift that
/// moves it to the top.
static void decodeBfind(Decoder &d) {
  const bool shift = d.accept("shiftamt");
  const Type t = takeInteger(d);
  if (t.bits == 16)
    d.error("bfind is known for 32 and 64 bits only");
  const bool wide = t.bits == 64, s = t.isSigned();
  emitInteger(d,
              shift ? (wide ? (s ? AluOp::BfindShiftS64 : AluOp::BfindShiftU64)
                            : (s ? AluOp::BfindShiftS32 : AluOp::BfindShiftU32))
                    : (wide ? (s ? AluOp::BfindS64 : AluOp::BfindU64)
                            : (s ? AluOp::BfindS32 : AluOp::BfindU32)),
              32, 1, t.bits);
}

/// bmsk.MODE d, pos, len: ones at some bits. szext.MODE d, a, bits: the low
/// bits of a, extended. Both with .clamp or .wrap for numbers over 31.
static void decodeClampWrap(Decoder &d, AluOp clamp, AluOp wrap) {
  const bool wraps = d.accept("wrap");
  if (!wraps && !d.accept("clamp"))
    d.error(
        fmt::format("'{}' lacks '.wrap' or '.clamp'", d.statement().opcode));
  emitInteger(d, wraps ? wrap : clamp, 32, 2);
}
static void decodeBmsk(Decoder &d) {
  if (!d.accept("b32"))
    d.error("bmsk needs the type b32");
  decodeClampWrap(d, AluOp::BmskClamp, AluOp::BmskWrap);
}
static void decodeSzext(Decoder &d) {
  const bool isSigned = d.accept("s32");
  if (!isSigned && !d.accept("u32"))
    d.error("szext needs the type u32 or s32");
  decodeClampWrap(d, isSigned ? AluOp::SzextClampS : AluOp::SzextClampU,
                  isSigned ? AluOp::SzextWrapS : AluOp::SzextWrapU);
}

/// fns.b32 d, mask, base, offset: the offset-th set bit from base on, upwards
/// or downwards.
static void decodeFns(Decoder &d) {
  if (!d.accept("b32"))
    d.error("fns needs the type b32");
  emitInteger(d, AluOp::Fns, 32, 3);
}

static void decodeBfe(Decoder &d) {
  const Type t = takeInteger(d);
  d.expectOperands(4);
  Inst i =
      d.make(alu(t.bits == 64 ? (t.isSigned() ? AluOp::BfeS64 : AluOp::BfeU64)
                              : (t.isSigned() ? AluOp::BfeS32 : AluOp::BfeU32)),
             InstClass::Integer);
  i.a = d.use(1, t.bits);
  i.b = d.use(2, 32);
  i.c = d.use(3, 32);
  i.dst = d.def(size_t(0), t.bits);
  d.push(i);
}

/// bfi d, a, b, pos, len: the low bits of a at pos in b.
template <typename T>
static void execBfi(Warp &w, const Inst &i, uint32_t mask) {
  using Alias __attribute__((may_alias)) = T;
  const auto *a = reinterpret_cast<const Alias *>(w.row(i.a));
  const auto *b = reinterpret_cast<const Alias *>(w.row(i.b));
  const uint32_t *pos = w.row(i.c), *len = w.listRow(i, 0);
  auto *dst = reinterpret_cast<Alias *>(w.row(i.dst));
  for (unsigned l = 0; l < 32; ++l) {
    if (!(mask >> l & 1))
      continue;
    const uint32_t p = pos[l] & 0xff, n = len[l] & 0xff;
    const T ones = n >= sizeof(T) * 8 ? ~T(0) : (T(1) << n) - 1;
    const T field = p >= sizeof(T) * 8 ? T(0) : T(ones << p);
    const T value = p >= sizeof(T) * 8 ? T(0) : T(a[l] << p);
    dst[l] = (b[l] & ~field) | (value & field);
  }
}
static void decodeBfi(Decoder &d) {
  const Type t = takeInteger(d);
  d.expectOperands(5);
  Inst i = d.make(t.bits == 64 ? execBfi<uint64_t> : execBfi<uint32_t>,
                  InstClass::Integer);
  i.a = d.use(1, t.bits);
  i.b = d.use(2, t.bits);
  i.c = d.use(3, 32);
  d.setList(i, {}, {d.use(4, 32)});
  i.dst = d.def(size_t(0), t.bits);
  d.push(i);
}

/// prmt with a mode: imm holds four selectors of 16 bits, of which the low two
/// bits of the operand take one.
static void execPermuteMode(Warp &w, const Inst &i, uint32_t mask) {
  const uint32_t *a = w.row(i.a), *b = w.row(i.b), *c = w.row(i.c);
  uint32_t *dst = w.row(i.dst);
  for (unsigned l = 0; l < 32; ++l)
    if (mask >> l & 1)
      dst[l] = permuteBytes(a[l], b[l],
                            uint32_t(uint64_t(i.imm) >> (16 * (c[l] & 3))));
}

static void decodePrmt(Decoder &d) {
  static const struct {
    const char *name;
    uint64_t selectors;
  } modes[] = {{"f4e", 0x6543543243213210}, {"b4e", 0x0123701267015670},
               {"rc8", 0x3333222211110000}, {"ecl", 0x3333322232113210},
               {"ecr", 0x3210221011100000}, {"rc16", 0x3232101032321010}};
  if (!d.accept("b32"))
    d.error("prmt needs the type b32");
  for (const auto &m : modes) {
    if (!d.accept(m.name))
      continue;
    d.expectOperands(4);
    Inst i = d.make(execPermuteMode, InstClass::Integer);
    i.a = d.use(1, 32);
    i.b = d.use(2, 32);
    i.c = d.use(3, 32);
    i.dst = d.def(size_t(0), 32);
    i.imm = int64_t(m.selectors);
    return d.push(i);
  }
  emitInteger(d, AluOp::Prmt, 32, 3);
}

static void execLop3(Warp &w, const Inst &i, uint32_t mask) {
  const uint32_t *a = w.row(i.a), *b = w.row(i.b), *c = w.row(i.c);
  uint32_t *dst = w.row(i.dst);
  for (unsigned l = 0; l < 32; ++l) {
    uint32_t r = 0;
    for (unsigned k = 0; k < 8; ++k)
      if (i.imm >> k & 1)
        r |= (k & 4 ? a[l] : ~a[l]) & (k & 2 ? b[l] : ~b[l]) &
             (k & 1 ? c[l] : ~c[l]);
    dst[l] = mask >> l & 1 ? r : dst[l];
  }
}
static void decodeLop3(Decoder &d) {
  if (!d.accept("b32"))
    d.error("lop3 needs the type b32");
  d.expectOperands(5);
  Inst i = d.make(execLop3, InstClass::Integer);
  i.a = d.use(1, 32);
  i.b = d.use(2, 32);
  i.c = d.use(3, 32);
  i.imm = d.expectImmediate(4, "a table of 8 bits");
  i.dst = d.def(size_t(0), 32);
  d.push(i);
}

OpcodeList bitOpcodes() {
  return {{"shl", decodeShl},
          {"shr", decodeShr},
          {"shf", decodeShf},
          {"popc", decodeCount<AluOp::Popc32, AluOp::Popc64>},
          {"clz", decodeCount<AluOp::Clz32, AluOp::Clz64>},
          {"brev", decodeBrev},
          {"bfind", decodeBfind},
          {"bfe", decodeBfe},
          {"bfi", decodeBfi},
          {"prmt", decodePrmt},
          {"lop3", decodeLop3},
          {"bmsk", decodeBmsk},
          {"szext", decodeSzext},
          {"fns", decodeFns}};
}

} // namespace moec::ptxsim
