//===- InstructionsMove.cpp - mov, selp, setp and others ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Alu.h"
#include "lib/PtxSim/Decoder.h"
#include "lib/PtxSim/Error.h"
#include "lib/PtxSim/Machine.h"
#include "lib/PtxSim/OpcodeTable.h"
#include "lib/PtxSim/TypedOps.h"

#include <cstring>

namespace moec::ptxsim {

using namespace ast;

//===- mov ----------------------------------------------------------------===//

static void execPredMove(Warp &w, const Inst &i, uint32_t mask) {
  w.setPred(i.pdst, w.pred(i), mask);
}

/// %clock, %clock64, %globaltimer: instructions of this warp's kernel so far.
static void execClock(Warp &w, const Inst &i, uint32_t mask) {
  uint64_t now = w.machine->clockValue();
  uint32_t *dst = w.row(i.dst);
  for (unsigned l = 0; l < 32; ++l) {
    if (!(mask >> l & 1))
      continue;
    if (i.width == 64)
      std::memcpy(dst + 2 * l, &now, 8);
    else
      dst[l] = uint32_t(now);
  }
}

/// {a, b, ...} to one register, elements of 8, 16 or 32 bits.
static void execPack(Warp &w, const Inst &i, uint32_t mask) {
  const unsigned bits = i.width, n = i.listCount;
  uint32_t *dst = w.row(i.dst);
  for (unsigned l = 0; l < 32; ++l) {
    if (!(mask >> l & 1))
      continue;
    uint64_t v = 0;
    for (unsigned k = 0; k < n; ++k)
      v |= (w.listRow(i, k)[l] & ((uint64_t(1) << bits) - 1)) << (bits * k);
    if (bits * n > 32)
      std::memcpy(dst + 2 * l, &v, 8);
    else
      dst[l] = uint32_t(v);
  }
}

static void execUnpack(Warp &w, const Inst &i, uint32_t mask) {
  const unsigned bits = i.width, n = i.listDefs;
  const uint32_t *a = w.row(i.a);
  for (unsigned l = 0; l < 32; ++l) {
    if (!(mask >> l & 1))
      continue;
    uint64_t v = a[l];
    if (bits * n > 32)
      std::memcpy(&v, a + 2 * l, 8);
    for (unsigned k = 0; k < n; ++k)
      w.listRow(i, k)[l] =
          uint32_t(v >> (bits * k) & ((uint64_t(1) << bits) - 1));
  }
}

static void decodeMovVector(Decoder &d, unsigned bits) {
  const bool pack = d.operand(1).kind == OperandKind::Vector;
  const auto &parts = d.operand(pack ? 1 : 0).parts;
  const unsigned n = unsigned(parts.size());
  if ((n != 2 && n != 4) || bits > 64 || bits % n || (bits == 16 && n == 4))
    d.error(fmt::format("mov between {} elements and {} bits is not simulated",
                        n, bits));
  const unsigned each = bits / n;
  Inst i = d.make(pack ? execPack : execUnpack, InstClass::Move);
  i.width = uint8_t(each);
  std::vector<uint32_t> rows;
  if (pack) {
    for (const Operand &o : parts)
      rows.push_back(d.use(o, each));
    i.dst = d.def(size_t(0), bits);
    if (n == 2 && bits >= 32) {
      i.fn = alu(bits == 64 ? AluOp::Pack32 : AluOp::Pack16);
      i.a = rows[0];
      i.b = rows[1];
    } else {
      d.setList(i, {}, rows);
    }
  } else {
    i.a = d.use(1, bits);
    for (const Operand &o : parts)
      rows.push_back(d.def(o, each));
    d.setList(i, rows, {});
  }
  d.push(i);
}

static void decodeMov(Decoder &d) {
  d.accept("volatile");
  const Type t = d.takeType();
  d.expectOperands(2);
  if (t.kind == 'p') {
    Inst i = d.make(execPredMove, InstClass::Move);
    d.usePred(i, d.operand(1));
    i.pdst = d.defPred(d.operand(0));
    return d.push(i);
  }
  if (d.operand(0).kind == OperandKind::Vector ||
      d.operand(1).kind == OperandKind::Vector)
    return decodeMovVector(d, t.bits);
  const std::string_view source = d.operand(1).name;
  if (source == "%clock" || source == "%clock_hi" || source == "%clock64" ||
      source == "%globaltimer" || source == "%globaltimer_lo") {
    Inst i = d.make(execClock, InstClass::Move);
    i.width = t.bits;
    i.dst = d.def(size_t(0), t.bits);
    return d.push(i);
  }
  if (t.bits > 64)
    d.error("128-bit registers are not simulated");
  Inst i =
      d.make(alu(t.bits == 64 ? AluOp::Mov64 : AluOp::Mov32), InstClass::Move);
  i.a = d.use(1, t.bits);
  i.dst = d.def(size_t(0), t.bits);
  d.push(i);
}

//===- selp, slct, setp, set ----------------------------------------------===//

static void decodeSelp(Decoder &d) {
  const Type t = d.takeType();
  d.expectOperands(4);
  Inst i =
      d.make(alu(t.bits == 64 ? AluOp::Sel64 : AluOp::Sel32), InstClass::Move);
  i.a = d.use(1, t.bits);
  i.b = d.use(2, t.bits);
  d.usePred(i, d.operand(3));
  i.dst = d.def(size_t(0), t.bits);
  d.push(i);
}

/// slct d, a, b, c: a where c is not negative.
static void decodeSlct(Decoder &d) {
  const bool ftz = d.accept("ftz");
  const Type t = d.takeType(), c = d.takeType();
  checkFlush(d, ftz, c);
  d.expectOperands(4);
  if (c.bits != 32 || c.kind == 'u' || t.bits == 16)
    d.error("slct is simulated for a selector of s32 or f32");
  Inst cmp = d.make(
      alu(c.isFloat() ? (ftz ? AluOp::GeF32Ftz : AluOp::GeF32) : AluOp::GeS32),
      InstClass::Move);
  cmp.flags |= flagInternal;
  cmp.a = d.use(3, 32);
  cmp.b = d.constant(0, 32);
  cmp.pdst = d.newPred();
  Inst i =
      d.make(alu(t.bits == 64 ? AluOp::Sel64 : AluOp::Sel32), InstClass::Move);
  i.a = d.use(1, t.bits);
  i.b = d.use(2, t.bits);
  i.psrc = cmp.pdst;
  i.dst = d.def(size_t(0), t.bits);
  d.push(cmp);
  d.push(i);
}

#define COMPARE_INT(name, t)                                                   \
  ((t).bits == 16   ? AluOp::name##16                                          \
   : (t).bits == 64 ? AluOp::name##64                                          \
                    : AluOp::name##32)
#define COMPARE_FLOAT(name, t, ftz)                                            \
  ((t).kind == 'h'  ? AluOp::name##BF16                                        \
   : (t).bits == 16 ? AluOp::name##F16                                         \
   : (t).bits == 64 ? AluOp::name##F64                                         \
   : (ftz)          ? AluOp::name##F32Ftz                                      \
                    : AluOp::name##F32)

static AluOp comparison(Decoder &d, std::string_view c, const Type &t,
                        bool ftz) {
  if (t.isFloat()) {
#define CASE(text, name)                                                       \
  if (c == text)                                                               \
  return COMPARE_FLOAT(name, t, ftz)
    CASE("eq", Eq);
    CASE("ne", Ne);
    CASE("lt", Lt);
    CASE("le", Le);
    CASE("gt", Gt);
    CASE("ge", Ge);
    CASE("equ", Equ);
    CASE("neu", Neu);
    CASE("ltu", Ltu);
    CASE("leu", Leu);
    CASE("gtu", Gtu);
    CASE("geu", Geu);
    CASE("num", Num);
    CASE("nan", Nan);
#undef CASE
  } else {
    const bool s = t.isSigned();
    if (c == "eq")
      return COMPARE_INT(EqI, t);
    if (c == "ne")
      return COMPARE_INT(NeI, t);
    if (c == "lt")
      return s ? COMPARE_INT(LtS, t) : COMPARE_INT(LtU, t);
    if (c == "le")
      return s ? COMPARE_INT(LeS, t) : COMPARE_INT(LeU, t);
    if (c == "gt")
      return s ? COMPARE_INT(GtS, t) : COMPARE_INT(GtU, t);
    if (c == "ge")
      return s ? COMPARE_INT(GeS, t) : COMPARE_INT(GeU, t);
    if (c == "lo")
      return COMPARE_INT(LtU, t);
    if (c == "ls")
      return COMPARE_INT(LeU, t);
    if (c == "hi")
      return COMPARE_INT(GtU, t);
    if (c == "hs")
      return COMPARE_INT(GeU, t);
  }
  d.error(fmt::format("'.{}' is no comparison of this type", c));
}

/// A register whose halves are those of `row` with subnormal values as zero.
static uint32_t flushed(Decoder &d, uint32_t row) {
  Inst i = d.make(alu(AluOp::FlushF16x2), InstClass::Move);
  i.flags |= flagInternal;
  i.a = row;
  i.dst = d.temporary(32);
  d.push(i);
  return i.dst;
}

/// setp of two pairs: p of the low halves, q of the high ones.
static void comparePairs(Decoder &d, Inst low, AluOp op) {
  const Operand &to = d.operand(0);
  if (to.kind != OperandKind::Pair)
    d.error("setp of pairs writes two predicates");
  // The first result waits until the second one has read its source.
  Inst high = low;
  high.fn = low.fn = alu(op);
  low.pdst = d.newPred();
  d.push(low);
  high.flags |= flagInternal;
  for (uint32_t *row : {&high.a, &high.b}) {
    Inst shift = d.make(alu(AluOp::High16), InstClass::Move);
    shift.flags |= flagInternal;
    shift.a = *row;
    shift.dst = *row = d.temporary(32);
    d.push(shift);
  }
  high.pdst = d.defPred(to.parts[1]);
  d.push(high);
  Inst move = d.make(execPredMove, InstClass::Move);
  move.flags |= flagInternal;
  move.psrc = low.pdst;
  move.pdst = d.defPred(to.parts[0]);
  d.push(move);
}

/// The comparison itself, without where its result goes.
static Inst decodeCompare(Decoder &d, AluOp &op, bool &pairs) {
  const std::string_view c = d.next();
  CombineWith combine = d.accept("and")   ? combineAnd
                        : d.accept("or")  ? combineOr
                        : d.accept("xor") ? combineXor
                                          : combineNone;
  const bool ftz = d.accept("ftz");
  Type t = d.takeType();
  checkFlush(d, ftz, t);
  pairs = t.x2;
  if (pairs && !t.isFloat())
    d.error("comparisons of pairs of integers are not simulated");
  if (pairs)
    t.bits = 16;
  d.expectOperands(combine ? 4 : 3);
  op = comparison(d, c, t, ftz);
  Inst i = d.make(alu(op), InstClass::Move);
  i.width = combine;
  i.a = d.use(1, pairs ? 32 : t.bits);
  i.b = d.use(2, pairs ? 32 : t.bits);
  if (ftz && t.kind == 'f' && t.bits == 16) {
    i.a = flushed(d, i.a);
    i.b = flushed(d, i.b);
  }
  if (combine)
    d.usePred(i, d.operand(3));
  return i;
}

static void decodeSetp(Decoder &d) {
  AluOp op;
  bool pairs;
  Inst i = decodeCompare(d, op, pairs);
  if (pairs)
    return comparePairs(d, i, op);
  const Operand &to = d.operand(0);
  if (to.kind == OperandKind::Pair) {
    i.pdst = d.defPred(to.parts[0]);
    i.pdst2 = d.defPred(to.parts[1]);
  } else {
    i.pdst = d.defPred(to);
  }
  d.push(i);
}

/// set.CMP.dtype.stype d, a, b: all ones or 1.0 where it holds.
static void decodeSet(Decoder &d) {
  // The type of the result stands before the type of the sources.
  Type result;
  const std::string_view c = d.next();
  bool found = false;
  for (const char *name : {"u32", "s32", "f32"}) {
    if (!found && d.peek() == name) {
      parseType(d.next(), result);
      found = true;
    }
  }
  if (!found)
    d.error("set is simulated for results of 32 bits only");
  const bool ftz = d.accept("ftz");
  const Type t = d.takeType();
  checkFlush(d, ftz, t);
  if (t.x2)
    d.error("set of pairs is not simulated");
  d.expectOperands(3);
  Inst i = d.make(alu(comparison(d, c, t, ftz)), InstClass::Move);
  i.a = d.use(1, t.bits);
  i.b = d.use(2, t.bits);
  i.pdst = d.newPred();
  Inst s = d.make(alu(AluOp::Sel32), InstClass::Move);
  s.flags |= flagInternal;
  s.a = d.constant(result.isFloat() ? 0x3f800000 : 0xffffffff, 32);
  s.b = d.constant(0, 32);
  s.psrc = i.pdst;
  s.dst = d.def(size_t(0), 32);
  d.push(i);
  d.push(s);
}

OpcodeList moveOpcodes() {
  return {{"mov", decodeMov},
          {"selp", decodeSelp},
          {"slct", decodeSlct},
          {"setp", decodeSetp},
          {"set", decodeSet}};
}

} // namespace moec::ptxsim
