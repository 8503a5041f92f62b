//===- InstructionsArithmetic.cpp - Integer arithmetic and logic ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Fail.h"
#include "runtime/ptxsim/Alu.h"
#include "runtime/ptxsim/Decoder.h"
#include "runtime/ptxsim/OpcodeTable.h"
#include "runtime/ptxsim/TypedOps.h"

namespace moec::rt::ptxsim {

/// d = op(operands 1..sources), all of the same width.
static void emit(Decoder &d, AluOp op, unsigned bits, unsigned sources,
                 unsigned sourceBits = 0, unsigned lastBits = 0) {
  d.expectOperands(sources + 1);
  sourceBits = sourceBits ? sourceBits : bits;
  Inst i = d.make(alu(op), InstClass::Integer);
  i.a = d.use(1, sourceBits);
  if (sources > 1)
    i.b = d.use(2, sources == 2 && lastBits ? lastBits : sourceBits);
  if (sources > 2)
    i.c = d.use(3, lastBits ? lastBits : bits);
  i.dst = d.def(size_t(0), bits);
  d.push(i);
}

// Carries: a predicate that belongs to no register of the text.

struct Carry {
  template <typename T, bool Subtract>
  static void run(Warp &w, const Inst &i, uint32_t mask) {
    using Alias __attribute__((may_alias)) = T;
    const auto *a = reinterpret_cast<const Alias *>(w.row(i.a));
    const auto *b = reinterpret_cast<const Alias *>(w.row(i.b));
    auto *dst = reinterpret_cast<Alias *>(w.row(i.dst));
    const uint32_t in = i.psrc == noPred ? 0 : w.preds[i.psrc];
    uint32_t out = 0;
    for (unsigned l = 0; l < 32; ++l) {
      if (!(mask >> l & 1))
        continue;
      const T x = a[l], y = b[l], c = in >> l & 1;
      const T r = Subtract ? T(x - y - c) : T(x + y + c);
      const bool carry =
          Subtract ? x < y || (x == y && c) : r < x || (c && r == x);
      out |= uint32_t(carry) << l;
      dst[l] = r;
    }
    w.setPred(i.pdst, out, mask);
  }
};

static void decodeCarry(Decoder &d, bool subtract, bool reads) {
  const bool writes = d.accept("cc");
  const Type t = d.takeType();
  d.expectOperands(3);
  if (t.bits != 32 && t.bits != 64)
    d.error("a carry is known for 32 and 64 bits only");
  Inst i = d.make(t.bits == 64 ? (subtract ? Carry::run<uint64_t, true>
                                           : Carry::run<uint64_t, false>)
                               : (subtract ? Carry::run<uint32_t, true>
                                           : Carry::run<uint32_t, false>),
                  InstClass::Integer);
  i.a = d.use(1, t.bits);
  i.b = d.use(2, t.bits);
  i.dst = d.def(size_t(0), t.bits);
  if (reads)
    i.psrc = d.carryPred();
  if (writes)
    i.pdst = d.carryPred();
  d.push(i);
}

static void decodeAddc(Decoder &d) { decodeCarry(d, false, true); }
static void decodeSubc(Decoder &d) { decodeCarry(d, true, true); }

static void decodeAddSub(Decoder &d, bool subtract) {
  if (d.has("cc"))
    return decodeCarry(d, subtract, false);
  if (floatAddMul(d, subtract ? FloatOp::Sub : FloatOp::Add))
    return;
  const bool saturate = d.accept("sat");
  const Type t = d.takeType();
  if (saturate) {
    if (t.kind != 's' || t.bits != 32)
      d.error("'.sat' is known for s32 only");
    return emit(d, subtract ? AluOp::SubSatS32 : AluOp::AddSatS32, 32, 2);
  }
  emit(d, subtract ? INT_OP(Sub, t) : INT_OP(Add, t), t.bits, 2);
}
static void decodeAdd(Decoder &d) { decodeAddSub(d, false); }
static void decodeSub(Decoder &d) { decodeAddSub(d, true); }

static void decodeMul(Decoder &d) {
  if (floatAddMul(d, FloatOp::Mul))
    return;
  if (d.accept("wide")) {
    const Type t = d.takeType();
    const AluOp op =
        t.bits == 16 ? (t.isSigned() ? AluOp::MulWideS16 : AluOp::MulWideU16)
                     : (t.isSigned() ? AluOp::MulWideS32 : AluOp::MulWideU32);
    if (t.bits != 16 && t.bits != 32)
      d.error("mul.wide is known for 16 and 32 bits only");
    return emit(d, op, 2 * t.bits, 2, t.bits);
  }
  const bool high = d.accept("hi");
  if (!high)
    d.accept("lo");
  const Type t = d.takeType();
  emit(d,
       !high          ? INT_OP(Mul, t)
       : t.isSigned() ? INT_OP(MulHiS, t)
                      : INT_OP(MulHiU, t),
       t.bits, 2);
}

static void decodeMad(Decoder &d) {
  if (floatFma(d))
    return;
  if (d.accept("wide")) {
    const Type t = d.takeType();
    const AluOp op =
        t.bits == 16 ? (t.isSigned() ? AluOp::MadWideS16 : AluOp::MadWideU16)
                     : (t.isSigned() ? AluOp::MadWideS32 : AluOp::MadWideU32);
    if (t.bits != 16 && t.bits != 32)
      d.error("mad.wide is known for 16 and 32 bits only");
    return emit(d, op, 2 * t.bits, 3, t.bits, 2 * t.bits);
  }
  const bool high = d.accept("hi");
  if (!high)
    d.accept("lo");
  const Type t = d.takeType();
  emit(d,
       !high          ? INT_OP(Mad, t)
       : t.isSigned() ? INT_OP(MadHiS, t)
                      : INT_OP(MadHiU, t),
       t.bits, 3);
}

static void decodeDiv(Decoder &d) {
  if (floatDiv(d))
    return;
  const Type t = d.takeType();
  emit(d, t.isSigned() ? INT_OP(DivS, t) : INT_OP(DivU, t), t.bits, 2);
}
static void decodeRem(Decoder &d) {
  const Type t = d.takeType();
  emit(d, t.isSigned() ? INT_OP(RemS, t) : INT_OP(RemU, t), t.bits, 2);
}
static void decodeMin(Decoder &d) {
  if (floatMinMax(d, false))
    return;
  const Type t = d.takeType();
  emit(d, t.isSigned() ? INT_OP(MinS, t) : INT_OP(MinU, t), t.bits, 2);
}
static void decodeMax(Decoder &d) {
  if (floatMinMax(d, true))
    return;
  const Type t = d.takeType();
  emit(d, t.isSigned() ? INT_OP(MaxS, t) : INT_OP(MaxU, t), t.bits, 2);
}
static void decodeNeg(Decoder &d) {
  if (floatSign(d, true))
    return;
  const Type t = d.takeType();
  emit(d, INT_OP(Neg, t), t.bits, 1);
}
static void decodeAbs(Decoder &d) {
  if (floatSign(d, false))
    return;
  const Type t = d.takeType();
  emit(d, INT_OP(Abs, t), t.bits, 1);
}

// Logic, on registers and on predicates.

enum class Logic : uint8_t { And, Or, Xor, Not };

template <Logic L>
static void execPredLogic(Warp &w, const Inst &i, uint32_t mask) {
  const uint32_t a = w.pred(i);
  // The second source, with its inversion in the user flag.
  uint32_t b = L == Logic::Not ? 0 : w.preds[i.imm];
  if (i.flags & flagUser0)
    b = ~b;
  w.setPred(i.pdst,
            L == Logic::And   ? a & b
            : L == Logic::Or  ? a | b
            : L == Logic::Xor ? a ^ b
                              : ~a,
            mask);
}

template <Logic L> static void decodeLogic(Decoder &d) {
  const Type t = d.takeType();
  if (t.kind == 'p') {
    d.expectOperands(L == Logic::Not ? 2 : 3);
    Inst i = d.make(execPredLogic<L>, InstClass::Integer);
    i.pdst = d.defPred(d.operand(0));
    d.usePred(i, d.operand(1));
    if (L != Logic::Not) {
      bool negated;
      i.imm = d.predSource(d.operand(2), negated);
      if (negated)
        i.flags |= flagUser0;
    }
    d.push(i);
    return;
  }
  emit(d,
       L == Logic::And   ? INT_OP(And, t)
       : L == Logic::Or  ? INT_OP(Or, t)
       : L == Logic::Xor ? INT_OP(Xor, t)
                         : INT_OP(Not, t),
       t.bits, L == Logic::Not ? 1 : 2);
}

static void decodeShl(Decoder &d) {
  const Type t = d.takeType();
  emit(d, INT_OP(Shl, t), t.bits, 2, t.bits, 32);
}
static void decodeShr(Decoder &d) {
  const Type t = d.takeType();
  emit(d, t.isSigned() ? INT_OP(ShrS, t) : INT_OP(ShrU, t), t.bits, 2, t.bits,
       32);
}

static void decodeShf(Decoder &d) {
  const bool left = d.accept("l");
  if (!left && !d.accept("r"))
    d.error("shf lacks '.l' or '.r'");
  const bool wrap = d.accept("wrap");
  if (!wrap && !d.accept("clamp"))
    d.error("shf lacks '.wrap' or '.clamp'");
  d.takeType();
  emit(d,
       left ? (wrap ? AluOp::ShfLWrap : AluOp::ShfLClamp)
            : (wrap ? AluOp::ShfRWrap : AluOp::ShfRClamp),
       32, 3);
}

template <AluOp Narrow, AluOp Wide> static void decodeCount(Decoder &d) {
  const Type t = d.takeType();
  emit(d, t.bits == 64 ? Wide : Narrow, 32, 1, t.bits);
}
static void decodeBrev(Decoder &d) {
  const Type t = d.takeType();
  emit(d, t.bits == 64 ? AluOp::Brev64 : AluOp::Brev32, t.bits, 1);
}
static void decodeBfind(Decoder &d) {
  const Type t = d.takeType();
  if (t.bits == 64 && t.isSigned())
    d.error("bfind.s64 is not simulated");
  emit(d,
       t.bits == 64   ? AluOp::BfindU64
       : t.isSigned() ? AluOp::BfindS32
                      : AluOp::BfindU32,
       32, 1, t.bits);
}

static void decodeBfe(Decoder &d) {
  const Type t = d.takeType();
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
  const Type t = d.takeType();
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

static void decodePrmt(Decoder &d) {
  d.takeType();
  if (!d.peek().empty())
    d.error("prmt is simulated without a mode only");
  emit(d, AluOp::Prmt, 32, 3);
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
  d.takeType();
  d.expectOperands(5);
  Inst i = d.make(execLop3, InstClass::Integer);
  i.a = d.use(1, 32);
  i.b = d.use(2, 32);
  i.c = d.use(3, 32);
  i.imm = d.expectImmediate(4, "a table of 8 bits");
  i.dst = d.def(size_t(0), 32);
  d.push(i);
}

static void decodeSad(Decoder &d) {
  const Type t = d.takeType();
  if (t.kind != 'u' || t.bits != 32)
    d.error("sad is simulated for u32 only");
  emit(d, AluOp::SadU32, 32, 3);
}
static void decodeDp4a(Decoder &d) {
  const Type a = d.takeType(), b = d.takeType();
  if (a.kind != b.kind)
    d.error("dp4a is simulated for operands of the same type only");
  emit(d, a.isSigned() ? AluOp::Dp4aS32 : AluOp::Dp4aU32, 32, 3);
}

OpcodeList arithmeticOpcodes() {
  return {{"add", decodeAdd},
          {"sub", decodeSub},
          {"addc", decodeAddc},
          {"subc", decodeSubc},
          {"mul", decodeMul},
          {"mad", decodeMad},
          {"div", decodeDiv},
          {"rem", decodeRem},
          {"min", decodeMin},
          {"max", decodeMax},
          {"neg", decodeNeg},
          {"abs", decodeAbs},
          {"and", decodeLogic<Logic::And>},
          {"or", decodeLogic<Logic::Or>},
          {"xor", decodeLogic<Logic::Xor>},
          {"not", decodeLogic<Logic::Not>},
          {"shl", decodeShl},
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
          {"sad", decodeSad},
          {"dp4a", decodeDp4a}};
}

} // namespace moec::rt::ptxsim
