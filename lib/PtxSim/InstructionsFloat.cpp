//===- InstructionsFloat.cpp - Arithmetic on f32, f64, f16 and bf16 -------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/DirectedRounding.h"
#include "lib/PtxSim/Error.h"
#include "lib/PtxSim/OpcodeTable.h"
#include "lib/PtxSim/TypedOps.h"

namespace moec::ptxsim {

namespace {

struct Modes {
  bool ftz = false, saturate = false, relu = false;
  Rounding rounding = Rounding::Nearest;
};

bool floatType(Decoder &d, Type &t) { return d.acceptFloatType(t); }

Modes takeModes(Decoder &d) {
  Modes m;
  m.ftz = d.accept("ftz");
  m.saturate = d.accept("sat");
  m.relu = d.accept("relu");
  d.accept("rn");
  if (d.accept("rz"))
    m.rounding = Rounding::Zero;
  else if (d.accept("rm"))
    m.rounding = Rounding::Down;
  else if (d.accept("rp"))
    m.rounding = Rounding::Up;
  return m;
}

/// The modes of an instruction on `t`.
Modes takeModes(Decoder &d, const Type &t) {
  const Modes m = takeModes(d);
  checkFlush(d, m.ftz, t);
  return m;
}

InstClass classOf(const Type &t) {
  return t.bits == 16 || t.x2 ? InstClass::Half : InstClass::Float;
}

/// An operation of the simulator's own.
void emitInternal(Decoder &d, AluOp op, uint32_t from, uint32_t to) {
  Inst i = d.make(alu(op), InstClass::Float);
  i.flags |= flagInternal;
  i.a = from;
  i.dst = to;
  d.push(i);
}

/// '.ftz' of f16: a pass of its own, as nobody is in a hurry for it. The
/// exponents of bf16 are those of f32: only results of ex2 could be subnormal.
bool flushesHalves(const Type &t, const Modes &m) {
  return m.ftz && t.kind == 'f' && (t.bits == 16 || t.x2);
}

uint32_t useFlushed(Decoder &d, size_t k, const Type &t, const Modes &m) {
  const uint32_t row = d.use(k, t.bits);
  if (!flushesHalves(t, m))
    return row;
  const uint32_t result = d.temporary(32);
  emitInternal(d, AluOp::FlushF16x2, row, result);
  return result;
}

/// What '.ftz' and '.sat' do to the result of an instruction.
void finishResult(Decoder &d, uint32_t row, const Type &t, const Modes &m) {
  if (flushesHalves(t, m))
    emitInternal(d, AluOp::FlushF16x2, row, row);
  if (!m.saturate)
    return;
  if (t.kind != 'f' || t.bits != 32 || t.x2)
    d.error("'.sat' is simulated for f32 only");
  emitInternal(d, AluOp::SatF32, row, row);
}

void emit(Decoder &d, AluOp op, const Type &t, unsigned sources, unsigned flops,
          const Modes &m, InstClass cls) {
  d.expectOperands(sources + 1);
  Inst i = d.make(alu(op), cls);
  i.a = useFlushed(d, 1, t, m);
  if (sources > 1)
    i.b = useFlushed(d, 2, t, m);
  if (sources > 2)
    i.c = useFlushed(d, 3, t, m);
  i.dst = d.def(size_t(0), t.bits);
  i.flops = uint8_t(t.x2 ? 2 * flops : flops);
  d.push(i);
  finishResult(d, i.dst, t, m);
}

void emit(Decoder &d, AluOp op, const Type &t, unsigned sources, unsigned flops,
          const Modes &m) {
  emit(d, op, t, sources, flops, m, classOf(t));
}

void nearestOnly(Decoder &d, const Type &t, const Modes &m) {
  if (m.rounding != Rounding::Nearest &&
      (t.kind != 'f' || t.bits != 32 || t.x2))
    d.error("only rounding to nearest is simulated for this type");
}

// Operations of a family for a float type.
#define HALF_OP(name, t)                                                       \
  ((t).x2 ? ((t).kind == 'h' ? AluOp::name##BF16x2 : AluOp::name##F16x2)       \
          : ((t).kind == 'h' ? AluOp::name##BF16 : AluOp::name##F16))
#define FLOAT_OP(name, t, ftz)                                                 \
  ((t).bits == 16 || (t).x2 ? HALF_OP(name, t)                                 \
   : (t).bits == 64         ? AluOp::name##F64                                 \
   : (ftz)                  ? AluOp::name##F32Ftz                              \
                            : AluOp::name##F32)
#define WIDE_OP(name, t, ftz)                                                  \
  ((t).bits == 64 ? AluOp::name##F64                                           \
   : (ftz)        ? AluOp::name##F32Ftz                                        \
                  : AluOp::name##F32)

uint32_t flushBits(uint32_t u) { return u & 0x7f800000 ? u : u & 0x80000000; }

/// a * b + c in f32, rounded in one direction. flagUser0: .ftz.
void execDirected(Warp &w, const Inst &i, uint32_t mask) {
  const uint32_t *a = w.row(i.a), *b = w.row(i.b), *c = w.row(i.c);
  uint32_t *dst = w.row(i.dst);
  const bool ftz = i.flags & flagUser0;
  for (unsigned l = 0; l < 32; ++l) {
    if (!(mask >> l & 1))
      continue;
    dst[l] = ftz ? flushBits(fmaDirected(flushBits(a[l]), flushBits(b[l]),
                                         flushBits(c[l]), Rounding(i.width)))
                 : fmaDirected(a[l], b[l], c[l], Rounding(i.width));
  }
}

void emitDirected(Decoder &d, uint32_t a, uint32_t b, uint32_t c,
                  const Modes &m, unsigned flops) {
  Inst i = d.make(execDirected, InstClass::Float);
  i.a = a;
  i.b = b;
  i.c = c;
  i.width = uint8_t(m.rounding);
  i.flops = uint8_t(flops);
  if (m.ftz)
    i.flags |= flagUser0;
  i.dst = d.def(size_t(0), 32);
  d.push(i);
  finishResult(d, i.dst, Type{'f', 32}, m);
}

} // namespace

void checkFlush(Decoder &d, bool ftz, const Type &t) {
  if (ftz && (t.kind != 'f' || (t.bits == 64 && !t.x2)))
    d.error("'.ftz' belongs to f32 and f16");
}

bool floatAddMul(Decoder &d, FloatOp op) {
  Type t;
  if (!floatType(d, t))
    return false;
  const Modes m = takeModes(d, t);
  nearestOnly(d, t, m);
  if (m.rounding != Rounding::Nearest) {
    d.expectOperands(3);
    const uint32_t a = d.use(1, 32), b = d.use(2, 32);
    const uint32_t one = d.constant(0x3f800000, 32);
    if (op == FloatOp::Mul) {
      emitDirected(d, a, b, d.constant(0x80000000, 32), m, 1);
    } else if (op == FloatOp::Add) {
      emitDirected(d, a, one, b, m, 1);
    } else {
      emitDirected(d, b, d.constant(0xbf800000, 32), a, m, 1);
    }
    return true;
  }
  emit(d,
       op == FloatOp::Add   ? FLOAT_OP(Add, t, m.ftz)
       : op == FloatOp::Sub ? FLOAT_OP(Sub, t, m.ftz)
                            : FLOAT_OP(Mul, t, m.ftz),
       t, 2, 1, m);
  return true;
}

bool floatFma(Decoder &d) {
  Type t;
  if (!floatType(d, t))
    return false;
  const Modes m = takeModes(d, t);
  nearestOnly(d, t, m);
  if (m.rounding != Rounding::Nearest) {
    d.expectOperands(4);
    emitDirected(d, d.use(1, 32), d.use(2, 32), d.use(3, 32), m, 2);
    return true;
  }
  if (m.relu && t.bits != 16 && !t.x2)
    d.error("'.relu' belongs to f16 and bf16");
  emit(d, m.relu ? HALF_OP(FmaRelu, t) : FLOAT_OP(Fma, t, m.ftz), t, 3, 2, m);
  return true;
}
static void decodeFma(Decoder &d) {
  if (!floatFma(d))
    d.error("fma needs a float type");
}

bool floatDiv(Decoder &d) {
  Type t;
  if (!floatType(d, t))
    return false;
  d.accept("approx");
  d.accept("full");
  const Modes m = takeModes(d, t);
  if (t.bits == 16 || t.x2 || m.rounding != Rounding::Nearest)
    d.error("div is simulated for f32 and f64, rounded to nearest");
  emit(d, WIDE_OP(Div, t, m.ftz), t, 2, 1, m, InstClass::Special);
  return true;
}

bool floatMinMax(Decoder &d, bool max) {
  Type t;
  if (!floatType(d, t))
    return false;
  const bool nan = d.accept("NaN");
  const Modes m = takeModes(d, t);
  AluOp op = max ? FLOAT_OP(Max, t, m.ftz) : FLOAT_OP(Min, t, m.ftz);
  if (nan) {
    if (t.bits == 64)
      d.error("'.NaN' does not belong to f64");
    if (t.bits == 16 || t.x2)
      op = max ? HALF_OP(MaxNan, t) : HALF_OP(MinNan, t);
    else
      op = max ? (m.ftz ? AluOp::MaxNanF32Ftz : AluOp::MaxNanF32)
               : (m.ftz ? AluOp::MinNanF32Ftz : AluOp::MinNanF32);
  }
  if (d.numOperands() == 4) {
    // Three sources: twice two.
    Inst i = d.make(alu(op), classOf(t));
    i.a = useFlushed(d, 1, t, m);
    i.b = useFlushed(d, 2, t, m);
    i.dst = d.temporary(t.bits);
    d.push(i);
    i.a = i.dst;
    i.b = useFlushed(d, 3, t, m);
    i.dst = d.def(size_t(0), t.bits);
    d.push(i);
    return true;
  }
  emit(d, op, t, 2, 1, m);
  return true;
}

/// Flips or clears sign bits; NaNs keep their payload.
bool floatSign(Decoder &d, bool negate) {
  Type t;
  if (!floatType(d, t))
    return false;
  const Modes m = takeModes(d, t);
  if (t.bits == 16 || t.x2) {
    d.expectOperands(2);
    const uint32_t sign = t.x2 ? 0x80008000 : 0x8000;
    Inst i = d.make(alu(negate ? AluOp::Xor32 : AluOp::And32), InstClass::Half);
    i.a = useFlushed(d, 1, t, m);
    i.b = d.constant(negate ? sign : t.x2 ? 0x7fff7fff : 0x7fff, 32);
    i.dst = d.def(size_t(0), t.bits);
    d.push(i);
    return true;
  }
  emit(d, negate ? WIDE_OP(Neg, t, m.ftz) : WIDE_OP(Abs, t, m.ftz), t, 1, 1, m);
  return true;
}

// Functions. The approximate ones are computed as exactly as the host can: the
// hardware's error lies within the bound that the manual gives for them.

/// NumOps for f64 where there is no such function.
static void decodeFunction(Decoder &d, AluOp f32, AluOp f32Ftz, AluOp f64) {
  Type t;
  if (!floatType(d, t) || t.bits == 16 || t.x2)
    d.error("a type f32 or f64 is expected");
  d.accept("approx");
  const Modes m = takeModes(d);
  if (m.rounding != Rounding::Nearest)
    d.error("only rounding to nearest is simulated here");
  const AluOp op = t.bits == 64 ? f64 : m.ftz ? f32Ftz : f32;
  if (op == AluOp::NumOps)
    d.error("f64 is not known here");
  // Reciprocals of f64 may flush, as nothing else of that type.
  if (op != AluOp::RcpF64 && op != AluOp::RsqrtF64)
    checkFlush(d, m.ftz, t);
  emit(d, op, t, 1, 1, m, InstClass::Special);
}

#define FUNCTION(name, f64)                                                    \
  static void decode##name(Decoder &d) {                                       \
    decodeFunction(d, AluOp::name##F32, AluOp::name##F32Ftz, AluOp::f64);      \
  }
FUNCTION(Lg2, NumOps)
FUNCTION(Sin, NumOps)
FUNCTION(Cos, NumOps)
FUNCTION(Sqrt, SqrtF64)
FUNCTION(Rcp, RcpF64)
FUNCTION(Rsqrt, RsqrtF64)
#undef FUNCTION

/// ex2 and tanh, which halves have too.
static void decodeHalfFunction(Decoder &d, bool tanh) {
  Type t;
  if (!floatType(d, t) || t.bits == 64)
    d.error("a type f32, f16 or bf16 is expected");
  d.accept("approx");
  const Modes m = takeModes(d);
  const bool half = t.bits == 16 || t.x2;
  // The exponential of bf16 always flushes, and must say so.
  const bool always = !tanh && t.kind == 'h', never = tanh || (half && !always);
  if (m.ftz ? never : always)
    d.error(fmt::format("'.ftz' {} this type here",
                        always ? "is wanted of" : "does not belong to"));
  const AluOp op = tanh    ? (half ? HALF_OP(Tanh, t) : AluOp::TanhF32)
                   : half  ? HALF_OP(Ex2, t)
                   : m.ftz ? AluOp::Ex2F32Ftz
                           : AluOp::Ex2F32;
  emit(d, op, t, 1, 1, m, InstClass::Special);
}
static void decodeEx2(Decoder &d) { decodeHalfFunction(d, false); }
static void decodeTanh(Decoder &d) { decodeHalfFunction(d, true); }

static void decodeCopysign(Decoder &d) {
  const Type t = d.takeType();
  emit(d, t.bits == 64 ? AluOp::CopysignF64 : AluOp::CopysignF32, t, 2, 1, {});
}

/// testp: a class of values, by bits.
template <typename T>
static void execTestp(Warp &w, const Inst &i, uint32_t mask) {
  using Alias __attribute__((may_alias)) = T;
  const auto *a = reinterpret_cast<const Alias *>(w.row(i.a));
  constexpr unsigned mantissa = sizeof(T) == 8 ? 52 : 23;
  constexpr T normal = T(1) << mantissa,
              infinite = (~T(0) >> 1) & ~(normal - 1);
  uint32_t out = 0;
  for (unsigned l = 0; l < 32; ++l) {
    const T m = a[l] & (~T(0) >> 1);
    const bool yes = i.imm == 0   ? m < infinite
                     : i.imm == 1 ? m == infinite
                     : i.imm == 2 ? m <= infinite
                     : i.imm == 3 ? m > infinite
                     : i.imm == 4 ? m >= normal && m < infinite
                                  : m != 0 && m < normal;
    out |= uint32_t(yes) << l;
  }
  w.setPred(i.pdst, out, mask);
}
static void decodeTestp(Decoder &d) {
  static const char *const names[] = {"finite",     "infinite", "number",
                                      "notanumber", "normal",   "subnormal"};
  int64_t which = -1;
  for (int k = 0; k < 6; ++k)
    if (d.accept(names[k]))
      which = k;
  const Type t = d.takeType();
  d.expectOperands(2);
  if (which < 0 || t.kind != 'f' || t.x2 || t.bits < 32)
    d.error("testp needs a class and the type f32 or f64");
  Inst i = d.make(t.bits == 64 ? execTestp<uint64_t> : execTestp<uint32_t>,
                  InstClass::Float);
  i.imm = which;
  i.a = d.use(1, t.bits);
  i.pdst = d.defPred(d.operand(0));
  d.push(i);
}

OpcodeList floatOpcodes() {
  return {
      {"fma", decodeFma},           {"sqrt", decodeSqrt},  {"rcp", decodeRcp},
      {"rsqrt", decodeRsqrt},       {"ex2", decodeEx2},    {"lg2", decodeLg2},
      {"sin", decodeSin},           {"cos", decodeCos},    {"tanh", decodeTanh},
      {"copysign", decodeCopysign}, {"testp", decodeTestp}};
}

} // namespace moec::ptxsim
