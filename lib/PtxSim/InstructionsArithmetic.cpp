//===- InstructionsArithmetic.cpp - Integer arithmetic and logic ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Alu.h"
#include "lib/PtxSim/Decoder.h"
#include "lib/PtxSim/Error.h"
#include "lib/PtxSim/OpcodeTable.h"
#include "lib/PtxSim/TypedOps.h"

namespace moec::ptxsim {

Type takeInteger(Decoder &d) {
  const Type t = d.takeType();
  if (t.isFloat() || t.x2 || (t.bits != 16 && t.bits != 32 && t.bits != 64))
    d.error(fmt::format("'{}': a type of integers of 16, 32 or 64 bits is "
                        "expected",
                        d.statement().opcode));
  return t;
}

void emitInteger(Decoder &d, AluOp op, unsigned bits, unsigned sources,
                 unsigned sourceBits, unsigned lastBits) {
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
  const Type t = takeInteger(d);
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
  if (!subtract && !saturate && (d.accept("u16x2") || d.accept("s16x2")))
    return emitInteger(d, AluOp::AddPair, 32, 2);
  const Type t = takeInteger(d);
  if (saturate) {
    if (t.kind != 's' || t.bits != 32)
      d.error("'.sat' is known for s32 only");
    return emitInteger(d, subtract ? AluOp::SubSatS32 : AluOp::AddSatS32, 32,
                       2);
  }
  emitInteger(d, subtract ? INT_OP(Sub, t) : INT_OP(Add, t), t.bits, 2);
}
static void decodeAdd(Decoder &d) { decodeAddSub(d, false); }
static void decodeSub(Decoder &d) { decodeAddSub(d, true); }

static void decodeWide(Decoder &d, bool add) {
  const Type t = takeInteger(d);
  if (t.bits == 64)
    d.error("mul.wide and mad.wide are known for 16 and 32 bits only");
  const bool narrow = t.bits == 16, s = t.isSigned();
  if (add)
    emitInteger(d,
                narrow ? (s ? AluOp::MadWideS16 : AluOp::MadWideU16)
                       : (s ? AluOp::MadWideS32 : AluOp::MadWideU32),
                2 * t.bits, 3, t.bits, 2 * t.bits);
  else
    emitInteger(d,
                narrow ? (s ? AluOp::MulWideS16 : AluOp::MulWideU16)
                       : (s ? AluOp::MulWideS32 : AluOp::MulWideU32),
                2 * t.bits, 2, t.bits);
}

static void decodeProduct(Decoder &d, bool add) {
  if (d.accept("wide"))
    return decodeWide(d, add);
  const bool high = d.accept("hi");
  if (!high)
    d.accept("lo");
  const Type t = takeInteger(d);
  const bool s = t.isSigned();
  if (add)
    emitInteger(d,
                !high ? INT_OP(Mad, t)
                : s   ? INT_OP(MadHiS, t)
                      : INT_OP(MadHiU, t),
                t.bits, 3);
  else
    emitInteger(d,
                !high ? INT_OP(Mul, t)
                : s   ? INT_OP(MulHiS, t)
                      : INT_OP(MulHiU, t),
                t.bits, 2);
}
static void decodeMul(Decoder &d) {
  if (!floatAddMul(d, FloatOp::Mul))
    decodeProduct(d, false);
}
static void decodeMad(Decoder &d) {
  if (!floatFma(d))
    decodeProduct(d, true);
}

static void decodeDiv(Decoder &d) {
  if (floatDiv(d))
    return;
  const Type t = takeInteger(d);
  emitInteger(d, t.isSigned() ? INT_OP(DivS, t) : INT_OP(DivU, t), t.bits, 2);
}
static void decodeRem(Decoder &d) {
  const Type t = takeInteger(d);
  emitInteger(d, t.isSigned() ? INT_OP(RemS, t) : INT_OP(RemU, t), t.bits, 2);
}
static void decodeMinMax(Decoder &d, bool max) {
  if (floatMinMax(d, max))
    return;
  const bool relu = d.accept("relu");
  if (!relu && d.accept("u16x2"))
    return emitInteger(d, max ? AluOp::MaxPairU : AluOp::MinPairU, 32, 2);
  if (d.accept("s16x2"))
    return emitInteger(d,
                       relu  ? (max ? AluOp::MaxReluPair : AluOp::MinReluPair)
                       : max ? AluOp::MaxPairS
                             : AluOp::MinPairS,
                       32, 2);
  const Type t = takeInteger(d);
  if (relu) {
    if (t.kind != 's' || t.bits != 32)
      d.error("'.relu' belongs to s32 and s16x2");
    return emitInteger(d, max ? AluOp::MaxReluS32 : AluOp::MinReluS32, 32, 2);
  }
  if (max)
    emitInteger(d, t.isSigned() ? INT_OP(MaxS, t) : INT_OP(MaxU, t), t.bits, 2);
  else
    emitInteger(d, t.isSigned() ? INT_OP(MinS, t) : INT_OP(MinU, t), t.bits, 2);
}
static void decodeMin(Decoder &d) { decodeMinMax(d, false); }
static void decodeMax(Decoder &d) { decodeMinMax(d, true); }
static void decodeNeg(Decoder &d) {
  if (floatSign(d, true))
    return;
  const Type t = takeInteger(d);
  emitInteger(d, INT_OP(Neg, t), t.bits, 1);
}
static void decodeAbs(Decoder &d) {
  if (floatSign(d, false))
    return;
  const Type t = takeInteger(d);
  emitInteger(d, INT_OP(Abs, t), t.bits, 1);
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
  emitInteger(d,
              L == Logic::And   ? INT_OP(And, t)
              : L == Logic::Or  ? INT_OP(Or, t)
              : L == Logic::Xor ? INT_OP(Xor, t)
                                : INT_OP(Not, t),
              t.bits, L == Logic::Not ? 1 : 2);
}

static void decodeSad(Decoder &d) {
  const Type t = takeInteger(d);
  emitInteger(d, t.isSigned() ? INT_OP(SadS, t) : INT_OP(SadU, t), t.bits, 3);
}

/// mul24.lo: the low 32 bits of the product of the low 24 bits.
static void decodeMul24(Decoder &d) {
  d.accept("lo");
  const Type t = takeInteger(d);
  if (t.bits != 32)
    d.error("mul24 is known for 32 bits only");
  emitInteger(d, t.isSigned() ? AluOp::Mul24S : AluOp::Mul24U, 32, 2);
}

/// dp4a and dp2a: sums of products of bytes of b with bytes or halves of a.
struct Dot : InstData {
  bool signedA = false, signedB = false;
  unsigned elementBits = 8; ///< of a
  unsigned firstByte = 0;   ///< of b
};

static int64_t element(uint32_t v, unsigned at, unsigned bits, bool isSigned) {
  const uint64_t u = v >> at & ((1u << bits) - 1);
  return isSigned && u >> (bits - 1) ? int64_t(u) - (int64_t(1) << bits)
                                     : int64_t(u);
}

static void execDot(Warp &w, const Inst &i, uint32_t mask) {
  const auto &dot = *static_cast<const Dot *>(i.data);
  const uint32_t *a = w.row(i.a), *b = w.row(i.b), *c = w.row(i.c);
  uint32_t *dst = w.row(i.dst);
  for (unsigned l = 0; l < 32; ++l) {
    if (!(mask >> l & 1))
      continue;
    int64_t sum = c[l];
    for (unsigned k = 0; k < 32 / dot.elementBits; ++k)
      sum += element(a[l], k * dot.elementBits, dot.elementBits, dot.signedA) *
             element(b[l], 8 * (dot.firstByte + k), 8, dot.signedB);
    dst[l] = uint32_t(sum);
  }
}

static void decodeDot(Decoder &d, unsigned elementBits) {
  auto dot = std::make_unique<Dot>();
  dot->elementBits = elementBits;
  if (elementBits == 16) {
    const bool high = d.accept("hi");
    if (!high && !d.accept("lo"))
      d.error("dp2a lacks '.lo' or '.hi'");
    dot->firstByte = high ? 2 : 0;
  }
  const Type a = takeInteger(d), b = takeInteger(d);
  if (a.bits != 32 || b.bits != 32 || a.kind == 'b' || b.kind == 'b')
    d.error("dp4a and dp2a are known for u32 and s32");
  dot->signedA = a.isSigned();
  dot->signedB = b.isSigned();
  d.expectOperands(4);
  Inst i = d.make(execDot, InstClass::Integer);
  i.a = d.use(1, 32);
  i.b = d.use(2, 32);
  i.c = d.use(3, 32);
  i.dst = d.def(size_t(0), 32);
  i.data = d.keep(std::move(dot));
  d.push(i);
}
static void decodeDp4a(Decoder &d) { decodeDot(d, 8); }
static void decodeDp2a(Decoder &d) { decodeDot(d, 16); }

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
          {"sad", decodeSad},
          {"mul24", decodeMul24},
          {"dp4a", decodeDp4a},
          {"dp2a", decodeDp2a}};
}

} // namespace moec::ptxsim
