//===- InstructionsConvert.cpp - cvt and cvta -----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Alu.h"
#include "lib/PtxSim/Decoder.h"
#include "lib/PtxSim/DirectedRounding.h"
#include "lib/PtxSim/Error.h"
#include "lib/PtxSim/OpcodeTable.h"

#include <cmath>
#include <cstring>

namespace moec::ptxsim {

namespace {

#include "lib/PtxSim/AluMath.inc"

/// Any conversion, lane by lane. The common ones are in AluOps.def.
struct Conversion : InstData {
  Type from, to;
  Rounding rounding = Rounding::Nearest;
  bool toInteger = false; ///< .rni and others: integral values
  bool ftz = false, saturate = false, relu = false;
};

double loadFloat(const Type &t, uint64_t v) {
  if (t.bits == 64)
    return bitsOf<double>(v);
  if (t.bits == 32)
    return bitsOf<float>(uint32_t(v));
  return t.kind == 'h' ? bfloatToFloat(uint16_t(v)) : halfToFloat(uint16_t(v));
}

uint64_t storeFloat(const Conversion &c, double v) {
  if (c.saturate)
    v = v > 0 ? (v < 1 ? v : 1) : 0;
  if (c.relu && v < 0)
    v = 0;
  const bool nan = v != v;
  const auto rounded = [&](int mantissa, int lo, int hi) {
    return float(roundTo(v, mantissa, lo, hi, c.rounding));
  };
  if (c.to.kind == 't')
    return nan ? 0x7fffffff : bitsOf<uint32_t>(rounded(10, -126, 127));
  if (c.to.bits == 64)
    return bitsOf<uint64_t>(v);
  if (c.to.bits == 32) {
    const float f = nan ? float(v) : rounded(23, -126, 127);
    return bitsOf<uint32_t>(c.ftz ? flush(f) : f);
  }
  if (nan)
    return 0x7fff;
  return c.to.kind == 'h' ? bfloatBits(rounded(7, -126, 127))
                          : halfBits(rounded(10, -14, 15));
}

/// A double as an integer of the type, saturated.
uint64_t toInteger(const Type &t, double v) {
  if (v != v)
    return 0;
  if (t.isSigned()) {
    const double limit = std::ldexp(1.0, t.bits - 1);
    if (v >= limit)
      return (uint64_t(1) << (t.bits - 1)) - 1;
    if (v < -limit)
      return uint64_t(0) - (uint64_t(1) << (t.bits - 1));
    return uint64_t(int64_t(v));
  }
  if (v <= 0)
    return 0;
  if (v >= std::ldexp(1.0, t.bits))
    return t.bits == 64 ? ~uint64_t(0) : (uint64_t(1) << t.bits) - 1;
  return uint64_t(v);
}

double roundIntegral(double v, Rounding r) {
  switch (r) {
  case Rounding::Zero:
    return std::trunc(v);
  case Rounding::Down:
    return std::floor(v);
  case Rounding::Up:
    return std::ceil(v);
  default:
    return std::nearbyint(v);
  }
}

int64_t loadInteger(const Type &t, uint64_t v) {
  const unsigned shift = 64 - t.bits;
  return t.isSigned() ? int64_t(v << shift) >> shift
                      : int64_t(v << shift >> shift);
}

/// An integer in a float type, rounded once.
double fromInteger(const Conversion &c, int64_t v) {
  const bool isSigned = c.from.isSigned();
  const bool negative = isSigned && v < 0;
  uint64_t mag = negative ? 0 - uint64_t(v) : uint64_t(v);
  // What a double cannot hold goes into its last bit.
  if (c.to.bits != 64 && mag >> 53) {
    const uint64_t lost = mag & 0x7ff;
    mag = (mag & ~uint64_t(0x7ff)) | (lost ? 0x800 : 0);
  }
  const double d = double(mag);
  return negative ? -d : d;
}

uint64_t convert(const Conversion &c, uint64_t bits) {
  if (c.from.isFloat()) {
    double v = loadFloat(c.from, bits);
    if (c.ftz && c.from.bits == 32)
      v = flush(float(v));
    if (!c.to.isFloat() && c.to.kind != 't')
      return toInteger(c.to, roundIntegral(v, c.rounding));
    if (c.toInteger)
      v = roundIntegral(v, c.rounding);
    return storeFloat(c, v);
  }
  const int64_t v = loadInteger(c.from, bits);
  if (c.to.isFloat())
    return storeFloat(c, fromInteger(c, v));
  if (!c.saturate)
    return uint64_t(v);
  // Integers of different ranges.
  const bool wasUnsigned = !c.from.isSigned() && v < 0;
  if (c.to.isSigned()) {
    const int64_t hi = int64_t((uint64_t(1) << (c.to.bits - 1)) - 1),
                  lo = -hi - 1;
    return uint64_t(wasUnsigned || v > hi ? hi : v < lo ? lo : v);
  }
  const uint64_t hi =
      c.to.bits == 64 ? ~uint64_t(0) : (uint64_t(1) << c.to.bits) - 1;
  if (v < 0 && !wasUnsigned)
    return 0;
  return uint64_t(v) > hi ? hi : uint64_t(v);
}

void execConvert(Warp &w, const Inst &i, uint32_t mask) {
  const auto &c = *static_cast<const Conversion *>(i.data);
  const uint32_t *a = w.row(i.a);
  uint32_t *dst = w.row(i.dst);
  for (unsigned l = 0; l < 32; ++l) {
    if (!(mask >> l & 1))
      continue;
    uint64_t v = a[l];
    if (c.from.bits == 64)
      std::memcpy(&v, a + 2 * l, 8);
    const uint64_t r = convert(c, v);
    if (c.to.bits == 64)
      std::memcpy(dst + 2 * l, &r, 8);
    else
      dst[l] = uint32_t(c.to.bits == 32 ? r : r & ((1u << c.to.bits) - 1));
  }
}

/// The operation of AluOps.def for a conversion; false if there is none.
bool common(const Conversion &c, AluOp &op) {
  const Type &t = c.to, &f = c.from;
  const bool plain =
      c.rounding == Rounding::Nearest && !c.toInteger && !c.saturate && !c.ftz;
  if (c.ftz && f.kind == 'h' && t.kind == 'f' && t.bits == 32 && !c.relu &&
      c.rounding == Rounding::Nearest && !c.toInteger && !c.saturate) {
    op = AluOp::F32FromBF16Ftz;
    return true;
  }
  if (t.kind == 'f' && t.bits == 32 && plain && !c.relu) {
    static const struct {
      char kind;
      int bits;
      AluOp op;
    } table[] = {{'u', 32, AluOp::F32FromU32}, {'s', 32, AluOp::F32FromS32},
                 {'u', 64, AluOp::F32FromU64}, {'s', 64, AluOp::F32FromS64},
                 {'u', 16, AluOp::F32FromU16}, {'s', 16, AluOp::F32FromS16},
                 {'u', 8, AluOp::F32FromU8},   {'s', 8, AluOp::F32FromS8},
                 {'f', 16, AluOp::F32FromF16}, {'h', 16, AluOp::F32FromBF16},
                 {'f', 64, AluOp::F32FromF64}};
    for (const auto &row : table) {
      if (row.kind == f.kind && row.bits == f.bits) {
        op = row.op;
        return true;
      }
    }
  }
  if (f.kind == 'f' && f.bits == 32) {
    if (plain && t.bits == 16 && t.kind == 'f') {
      op = c.relu ? AluOp::F16FromF32Relu : AluOp::F16FromF32;
      return true;
    }
    if (plain && t.bits == 16 && t.kind == 'h') {
      op = c.relu ? AluOp::BF16FromF32Relu : AluOp::BF16FromF32;
      return true;
    }
    if (plain && t.kind == 'f' && t.bits == 64) {
      op = AluOp::F64FromF32;
      return true;
    }
    // Nothing subnormal is left after truncating.
    if (!c.saturate && t.bits == 32 && !t.isFloat() &&
        c.rounding == Rounding::Zero && (t.kind == 's' || t.kind == 'u')) {
      op = t.isSigned() ? AluOp::S32FromF32Trunc : AluOp::U32FromF32Trunc;
      return true;
    }
    if (c.toInteger && !c.saturate && t.kind == 'f' && t.bits == 32) {
      op = c.rounding == Rounding::Zero ? AluOp::TruncF32
           : c.rounding == Rounding::Down
               ? (c.ftz ? AluOp::FloorF32Ftz : AluOp::FloorF32)
           : c.rounding == Rounding::Up
               ? (c.ftz ? AluOp::CeilF32Ftz : AluOp::CeilF32)
               : AluOp::RoundEvenF32;
      return true;
    }
    if (t.kind == 't' && c.rounding == Rounding::NearestAway) {
      op = AluOp::Tf32FromF32;
      return true;
    }
  }
  if (!f.isFloat() && !t.isFloat() && !c.saturate && t.kind != 't') {
    const bool s = f.isSigned();
    if (t.bits == 64) {
      op = f.bits == 64   ? AluOp::Mov64
           : f.bits == 32 ? (s ? AluOp::WidenS32 : AluOp::WidenU32)
           : s            ? (f.bits == 8 ? AluOp::Widen8 : AluOp::Widen16)
                          : AluOp::NumOps;
      return op != AluOp::NumOps;
    }
    if (t.bits == 32 && f.bits <= 32) {
      op = f.bits == 32   ? AluOp::Mov32
           : f.bits == 16 ? (s ? AluOp::SignExtend16 : AluOp::ZeroExtend16)
                          : (s ? AluOp::SignExtend8 : AluOp::ZeroExtend8);
      return true;
    }
    if (t.bits == 32) {
      op = AluOp::Narrow64;
      return true;
    }
  }
  return false;
}

void takeRounding(Decoder &d, Conversion &c) {
  static const struct {
    const char *name;
    Rounding rounding;
    bool integral;
  } modes[] = {{"rn", Rounding::Nearest, false},
               {"rz", Rounding::Zero, false},
               {"rm", Rounding::Down, false},
               {"rp", Rounding::Up, false},
               {"rna", Rounding::NearestAway, false},
               {"rni", Rounding::Nearest, true},
               {"rzi", Rounding::Zero, true},
               {"rmi", Rounding::Down, true},
               {"rpi", Rounding::Up, true}};
  for (const auto &m : modes) {
    if (d.accept(m.name)) {
      c.rounding = m.rounding;
      c.toInteger = m.integral;
    }
  }
}

/// Two f32 to a pair, rounded in one direction: half by half.
void convertPair(Decoder &d, std::unique_ptr<Conversion> data) {
  data->to.bits = 16;
  data->to.x2 = false;
  const Conversion *conversion = d.keep(std::move(data));
  uint32_t halves[2];
  for (size_t k = 0; k < 2; ++k) {
    Inst i = d.make(execConvert, InstClass::Convert);
    if (k)
      i.flags |= flagInternal; // one instruction, not two
    i.data = conversion;
    i.a = d.use(2 - k, 32);
    i.dst = halves[k] = d.temporary(16);
    d.push(i);
  }
  Inst i = d.make(alu(AluOp::Pack16), InstClass::Convert);
  i.flags |= flagInternal;
  i.a = halves[0];
  i.b = halves[1];
  i.dst = d.def(size_t(0), 32);
  d.push(i);
}

void decodeCvt(Decoder &d) {
  auto data = std::make_unique<Conversion>();
  Conversion &c = *data;
  takeRounding(d, c);
  c.ftz = d.accept("ftz");
  c.saturate = d.accept("sat");
  c.relu = d.accept("relu");
  c.to = d.takeType();
  c.from = d.takeType();
  const auto isF32 = [](const Type &t) {
    return t.kind == 'f' && t.bits == 32 && !t.x2;
  };
  const bool flushes = isF32(c.to) || (isF32(c.from) && c.to.kind != 't');
  if (c.ftz && (!flushes || c.to.x2 || c.relu))
    d.error(
        "'.ftz' belongs to conversions from or to one f32, without '.relu'");
  if (c.to.x2) {
    // Two f32 to a pair; the first source is the upper half.
    d.expectOperands(3);
    if (!c.to.isFloat() || c.from.kind != 'f' || c.from.bits != 32 ||
        c.from.x2 || c.saturate || c.toInteger)
      d.error("pairs are converted from f32 only, without '.sat'");
    if (c.rounding != Rounding::Nearest)
      return convertPair(d, std::move(data));
    Inst i = d.make(
        alu(c.to.kind == 'h' ? AluOp::BF16x2FromF32 : AluOp::F16x2FromF32),
        InstClass::Convert);
    i.a = d.use(1, 32);
    i.b = d.use(2, 32);
    i.dst = d.def(size_t(0), 32);
    if (c.relu)
      for (uint32_t *r : {&i.a, &i.b}) {
        Inst clamp = d.make(alu(AluOp::ReluF32), InstClass::Convert);
        clamp.flags |= flagInternal;
        clamp.a = *r;
        clamp.dst = *r = d.temporary(32);
        d.push(clamp);
      }
    d.push(i);
    return;
  }
  d.expectOperands(2);
  if (c.to.bits > 64 || c.from.bits > 64 || c.from.x2 || c.from.kind == 't' ||
      c.from.kind == 'p' || c.to.kind == 'p')
    d.error("this conversion is not simulated");
  AluOp op;
  Inst i = d.make(execConvert, InstClass::Convert);
  if (common(c, op))
    i.fn = alu(op);
  else
    i.data = d.keep(std::move(data));
  const bool isSigned = c.to.isSigned();
  const Type to = c.to, from = c.from;
  i.a = d.use(1, from.bits);
  i.dst = d.def(size_t(0), to.bits, isSigned);
  d.push(i);
}

//===- Addresses ----------------------------------------------------------===//

/// Adds or subtracts the begin of a window; null stays null in neither case,
/// as on the hardware only for global addresses.
void execWindow(Warp &w, const Inst &i, uint32_t mask) {
  const uint32_t *a = w.row(i.a);
  uint32_t *dst = w.row(i.dst);
  for (unsigned l = 0; l < 32; ++l) {
    if (!(mask >> l & 1))
      continue;
    uint64_t v;
    std::memcpy(&v, a + 2 * l, 8);
    v += uint64_t(i.imm);
    std::memcpy(dst + 2 * l, &v, 8);
  }
}

void decodeCvta(Decoder &d) {
  const bool back = d.accept("to");
  const std::string_view space = d.next();
  const Type t = d.takeType();
  d.expectOperands(2);
  if (t.bits != 64)
    d.error("addresses have 64 bits");
  uint64_t window = 0;
  if (space == "shared" || space == "shared::cta" || space == "shared::cluster")
    window = sharedWindow;
  else if (space == "local")
    window = localWindow;
  else if (space != "global" && space != "const" && space != "param")
    // Parameter addresses are generic ones here.
    d.error("an unknown memory space");
  Inst i = d.make(window ? execWindow : alu(AluOp::Mov64), InstClass::Convert);
  i.imm = int64_t(back ? 0 - window : window);
  i.a = d.use(1, 64);
  i.dst = d.def(size_t(0), 64);
  d.push(i);
}

/// isspacep.SPACE p, a.
void execIsspacep(Warp &w, const Inst &i, uint32_t mask) {
  const uint32_t *a = w.row(i.a);
  uint32_t out = 0;
  for (unsigned l = 0; l < 32; ++l) {
    uint64_t v;
    std::memcpy(&v, a + 2 * l, 8);
    const uint64_t window = uint64_t(i.imm);
    const bool yes = window ? v - window < windowBytes : v < paramWindow;
    out |= uint32_t(yes) << l;
  }
  w.setPred(i.pdst, out, mask);
}
void decodeIsspacep(Decoder &d) {
  const std::string_view space = d.next();
  d.expectOperands(2);
  Inst i = d.make(execIsspacep, InstClass::Convert);
  i.imm = space.substr(0, 6) == "shared"  ? int64_t(sharedWindow)
          : space == "local"              ? int64_t(localWindow)
          : space.substr(0, 5) == "param" ? int64_t(paramWindow)
          : space == "global"             ? 0
                                          : -1;
  if (i.imm == -1)
    d.error("an unknown memory space");
  i.a = d.use(1, 64);
  i.pdst = d.defPred(d.operand(0));
  d.push(i);
}

} // namespace

OpcodeList convertOpcodes() {
  return {
      {"cvt", decodeCvt}, {"cvta", decodeCvta}, {"isspacep", decodeIsspacep}};
}

} // namespace moec::ptxsim
