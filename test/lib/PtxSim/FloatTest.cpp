//===- FloatTest.cpp - Floating-point instructions ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxTest.h"

#include <cmath>
#include <limits>

using namespace moec::ptxsim;

namespace {

constexpr float inf = std::numeric_limits<float>::infinity();
const float nan = std::nanf("");

/// A body that reads %r0 as f32 and writes %r1, on one value.
float one(const std::string &body, float a) {
  return floatOf(mapLanes(body, {bitsOf(a)})[0]);
}
uint32_t bits(const std::string &body, uint32_t a) {
  return mapLanes(body, {a})[0];
}

/// The same with a half in %h0 and one in %h1.
uint32_t half(const std::string &body, uint32_t a) {
  return bits("cvt.u16.u32 %h0, %r0;" + body + "cvt.u32.u16 %r1, %h1;", a);
}

TEST(Float, ComputesF32) {
  EXPECT_EQ(one("add.f32 %r1, %r0, 0f3F800000;", 2), 3.0f);
  EXPECT_EQ(one("sub.rn.f32 %r1, %r0, 0f3F800000;", 2), 1.0f);
  EXPECT_EQ(one("mul.f32 %r1, %r0, 0f40400000;", 2), 6.0f);
  EXPECT_EQ(one("div.rn.f32 %r1, %r0, 0f40400000;", 2), 2.0f / 3.0f);
  EXPECT_EQ(one("div.approx.f32 %r1, %r0, 0f40400000;", 2), 2.0f / 3.0f);
  EXPECT_EQ(one("neg.f32 %r1, %r0;", 2), -2.0f);
  EXPECT_EQ(one("abs.f32 %r1, %r0;", -2), 2.0f);
  EXPECT_EQ(one("sqrt.rn.f32 %r1, %r0;", 2), std::sqrt(2.0f));
  EXPECT_EQ(one("rcp.rn.f32 %r1, %r0;", 3), 1.0f / 3.0f);
  EXPECT_NEAR(one("rsqrt.approx.f32 %r1, %r0;", 3), 1.0 / std::sqrt(3.0), 1e-7);
  EXPECT_EQ(one("ex2.approx.f32 %r1, %r0;", 3), 8.0f);
  EXPECT_EQ(one("lg2.approx.f32 %r1, %r0;", 8), 3.0f);
  EXPECT_NEAR(one("sin.approx.f32 %r1, %r0;", 1), std::sin(1.0), 1e-6);
  EXPECT_NEAR(one("cos.approx.f32 %r1, %r0;", 1), std::cos(1.0), 1e-6);
  EXPECT_NEAR(one("tanh.approx.f32 %r1, %r0;", 1), std::tanh(1.0), 1e-6);
  EXPECT_EQ(one("copysign.f32 %r1, 0fBF800000, %r0;", 3), -3.0f);
}

TEST(Float, FusesFmaAndOnlyFma) {
  // (1 + e)^2 - (1 + 2e) is e^2, which only a fused operation sees.
  const float a = 1.0f + 0x1p-12f;
  EXPECT_EQ(one("fma.rn.f32 %r1, %r0, %r0, 0fBF801000;", a), 0x1p-24f);
  EXPECT_EQ(
      one("mul.rn.f32 %r2, %r0, %r0; add.rn.f32 %r1, %r2, 0fBF801000;", a),
      0.0f);
}

TEST(Float, OrdersMinAndMax) {
  EXPECT_EQ(one("min.f32 %r1, %r0, 0f3F800000;", 2), 1.0f);
  EXPECT_EQ(one("max.f32 %r1, %r0, 0f3F800000;", 2), 2.0f);
  EXPECT_EQ(one("max.f32 %r1, %r0, 0f3F800000;", nan), 1.0f);
  EXPECT_TRUE(std::isnan(one("max.NaN.f32 %r1, %r0, 0f3F800000;", nan)));
  EXPECT_TRUE(std::isnan(one("min.NaN.f32 %r1, 0f3F800000, %r0;", nan)));
  EXPECT_FALSE(std::signbit(one("max.f32 %r1, %r0, 0f00000000;", -0.0f)));
  EXPECT_TRUE(std::signbit(one("min.f32 %r1, 0f00000000, %r0;", -0.0f)));
  EXPECT_EQ(one("max.f32 %r1, %r0, 0f3F800000, 0f40A00000;", 2), 5.0f);
}

TEST(Float, FlushesOnlyWhenAsked) {
  const float tiny = 0x1p-130f;
  EXPECT_EQ(one("add.f32 %r1, %r0, %r0;", tiny), 0x1p-129f);
  EXPECT_EQ(one("add.ftz.f32 %r1, %r0, %r0;", tiny), 0.0f);
  EXPECT_EQ(one("mul.ftz.f32 %r1, %r0, 0f00800000;", 0.5f), 0.0f);
  EXPECT_EQ(one("mul.f32 %r1, %r0, 0f00800000;", 0.5f), 0x1p-127f);
  EXPECT_EQ(one("fma.rn.ftz.f32 %r1, %r0, 0f3F800000, 0f00000000;", -tiny),
            0.0f);
  EXPECT_EQ(
      bits("setp.gt.ftz.f32 %p1, %r0, 0f00000000; selp.b32 %r1, 1, 0, %p1;",
           bitsOf(tiny)),
      0u);
  EXPECT_EQ(bits("setp.gt.f32 %p1, %r0, 0f00000000; selp.b32 %r1, 1, 0, %p1;",
                 bitsOf(tiny)),
            1u);
}

TEST(Float, SaturatesAndRoundsInDirections) {
  EXPECT_EQ(one("add.sat.f32 %r1, %r0, 0f3F800000;", 2), 1.0f);
  EXPECT_EQ(one("add.sat.f32 %r1, %r0, 0f3F800000;", -2), 0.0f);
  EXPECT_EQ(one("mul.sat.f32 %r1, %r0, 0f3F800000;", nan), 0.0f);
  const float one_ = 1.0f, up = std::nextafter(1.0f, 2.0f),
              down = std::nextafter(1.0f, 0.0f);
  EXPECT_EQ(one("add.rp.f32 %r1, %r0, 0f01000000;", one_), up);
  EXPECT_EQ(one("add.rz.f32 %r1, %r0, 0f01000000;", one_), one_);
  EXPECT_EQ(one("sub.rz.f32 %r1, %r0, 0f01000000;", one_), down);
  EXPECT_EQ(one("sub.rm.f32 %r1, %r0, 0f01000000;", one_), down);
  EXPECT_EQ(one("mul.rz.f32 %r1, %r0, %r0;", up), floatOf(0x3f800002));
  EXPECT_EQ(one("mul.rp.f32 %r1, %r0, %r0;", up), floatOf(0x3f800003));
  EXPECT_EQ(one("fma.rm.f32 %r1, %r0, %r0, 0f00000000;", up),
            floatOf(0x3f800002));
  EXPECT_EQ(one("mul.rz.f32 %r1, %r0, %r0;", 0x1p100f),
            std::numeric_limits<float>::max());
  EXPECT_EQ(one("mul.rp.f32 %r1, %r0, %r0;", 0x1p100f), inf);
}

TEST(Float, FlushesAndSaturatesInDirections) {
  const float tiny = 0x1p-130f;
  EXPECT_EQ(one("add.rp.f32 %r1, %r0, 0f00000001;", 0), 0x1p-149f);
  EXPECT_EQ(one("add.rp.ftz.f32 %r1, %r0, 0f00000001;", 0), 0.0f);
  EXPECT_EQ(one("fma.rz.ftz.f32 %r1, %r0, 0f3F800000, 0f3F800000;", tiny),
            1.0f);
  EXPECT_EQ(one("fma.rp.ftz.f32 %r1, 0f3F800000, 0f3F800000, %r0;", tiny),
            1.0f);
  EXPECT_EQ(one("mul.rz.ftz.f32 %r1, %r0, 0f3F000000;", -0x1p-126f), 0.0f);
  EXPECT_EQ(one("fma.rm.sat.f32 %r1, %r0, %r0, 0f3F800000;", 2), 1.0f);
  EXPECT_EQ(one("sub.rz.sat.f32 %r1, %r0, 0f40400000;", 2), 0.0f);
}

TEST(Float, ComparesWithNans) {
  const struct {
    const char *op;
    float a;
    uint32_t want;
  } cases[] = {
      {"lt", 0, 1},    {"lt", nan, 0},  {"ltu", nan, 1}, {"eq", 1, 1},
      {"eq", nan, 0},  {"equ", nan, 1}, {"ne", 2, 1},    {"ne", nan, 0},
      {"neu", nan, 1}, {"ge", 1, 1},    {"geu", 0, 0},   {"geu", nan, 1},
      {"gt", 2, 1},    {"gtu", 1, 0},   {"le", 1, 1},    {"leu", 2, 0},
      {"num", 1, 1},   {"num", nan, 0}, {"nan", nan, 1}, {"nan", 1, 0}};
  for (const auto &c : cases)
    EXPECT_EQ(bits(std::string("setp.") + c.op +
                       ".f32 %p1, %r0, 0f3F800000; selp.b32 %r1, 1, 0, %p1;",
                   bitsOf(c.a)),
              c.want)
        << c.op << " " << c.a;
  EXPECT_EQ(bits("testp.infinite.f32 %p1, %r0; selp.b32 %r1, 1, 0, %p1;",
                 bitsOf(-inf)),
            1u);
  EXPECT_EQ(bits("testp.subnormal.f32 %p1, %r0; selp.b32 %r1, 1, 0, %p1;",
                 bitsOf(0x1p-130f)),
            1u);
  EXPECT_EQ(
      bits("testp.normal.f32 %p1, %r0; selp.b32 %r1, 1, 0, %p1;", bitsOf(0)),
      0u);
  const auto test64 = [](const char *which, uint32_t high) {
    return bits(std::string("mov.b64 %d1, {1, %r0}; testp.") + which +
                    ".f64 %p1, %d1; selp.b32 %r1, 1, 0, %p1;",
                high);
  };
  EXPECT_EQ(test64("notanumber", 0xfff00000), 1u);
  EXPECT_EQ(test64("infinite", 0x7ff00000), 0u);
  EXPECT_EQ(test64("finite", 0x7fefffff), 1u);
  EXPECT_EQ(test64("subnormal", 0x000fffff), 1u);
  EXPECT_EQ(test64("normal", 0x80100000), 1u);
}

TEST(Float, ComputesF64) {
  // %d0 = double of the word.
  const auto f64 = [](const std::string &body, float a) {
    return one("cvt.f64.f32 %d0, %r0;" + body + "cvt.rn.f32.f64 %r1, %d1;", a);
  };
  EXPECT_EQ(f64("add.f64 %d1, %d0, 0d3FF0000000000000;", 2), 3.0f);
  EXPECT_EQ(f64("mul.f64 %d1, %d0, %d0;", 3), 9.0f);
  EXPECT_EQ(f64("fma.rn.f64 %d1, %d0, %d0, %d0;", 3), 12.0f);
  EXPECT_EQ(f64("div.rn.f64 %d1, %d0, 0d4008000000000000;", 1), float(1.0 / 3));
  EXPECT_EQ(f64("sqrt.rn.f64 %d1, %d0;", 2), float(std::sqrt(2.0)));
  EXPECT_EQ(f64("neg.f64 %d1, %d0;", 2), -2.0f);
  EXPECT_EQ(f64("max.f64 %d1, %d0, 0d0000000000000000;", -2), 0.0f);
}

TEST(Float, ComputesHalves) {
  // f16: 1.5 = 0x3E00, 2 = 0x4000, 65504 = 0x7BFF; bf16: 1.5 = 0x3FC0.
  EXPECT_EQ(half("add.f16 %h1, %h0, %h0;", 0x3e00), 0x4200u);
  EXPECT_EQ(half("add.f16 %h1, %h0, %h0;", 0x7bff), 0x7c00u);
  EXPECT_EQ(half("mul.rn.f16 %h1, %h0, %h0;", 0x3e00), 0x4080u);
  EXPECT_EQ(half("fma.rn.f16 %h1, %h0, %h0, %h0;", 0x3e00), 0x4380u);
  EXPECT_EQ(half("fma.rn.relu.f16 %h1, %h0, 0xBC00, 0x0000;", 0x3e00), 0u);
  EXPECT_EQ(half("mul.f16 %h1, %h0, 0x0001;", 0x3800), 0u); // ties to even
  EXPECT_EQ(half("mul.f16 %h1, %h0, 0x0003;", 0x3800), 2u);
  EXPECT_EQ(half("neg.f16 %h1, %h0;", 0x3e00), 0xbe00u);
  EXPECT_EQ(half("abs.bf16 %h1, %h0;", 0xbfc0), 0x3fc0u);
  EXPECT_EQ(half("max.f16 %h1, %h0, 0x4000;", 0x7e00), 0x4000u);
  EXPECT_EQ(half("max.NaN.bf16 %h1, %h0, 0x4000;", 0x7fc0), 0x7fffu);
  EXPECT_EQ(half("add.rn.bf16 %h1, %h0, %h0;", 0x3fc0), 0x4040u);
  EXPECT_EQ(half("fma.rn.bf16 %h1, %h0, %h0, %h0;", 0x3fc0), 0x4070u);
  EXPECT_EQ(half("ex2.approx.f16 %h1, %h0;", 0x4000), 0x4400u);
  EXPECT_EQ(half("tanh.approx.bf16 %h1, %h0;", 0), 0u);
  EXPECT_EQ(bits("setp.gt.f16 %p1, %h0, %h1; selp.b32 %r1, 1, 0, %p1;", 0), 0u);
}

TEST(Float, FlushesHalvesOnlyWhenAsked) {
  EXPECT_EQ(half("add.f16 %h1, %h0, %h0;", 0x0201), 0x0402u);
  EXPECT_EQ(half("add.ftz.f16 %h1, %h0, %h0;", 0x0201), 0u);
  EXPECT_EQ(half("sub.ftz.f16 %h1, %h0, 0x0401;", 0x0400), 0x8000u);
  EXPECT_EQ(half("fma.rn.ftz.f16 %h1, %h0, 0x3C00, 0x0000;", 0x83ff), 0u);
  EXPECT_EQ(half("abs.ftz.f16 %h1, %h0;", 0x8001), 0u);
  EXPECT_EQ(half("max.ftz.f16 %h1, %h0, 0x8000;", 0x0001), 0u);
  EXPECT_EQ(half("min.ftz.f16 %h1, %h0, 0x7e00;", 0x3c00), 0x3c00u);
  EXPECT_EQ(bits("mul.ftz.f16x2 %r1, %r0, 0x3C003C00;", 0x00014000), 0x4000u);
  EXPECT_EQ(bits("add.ftz.f16x2 %r1, %r0, %r0;", 0x40008001), 0x44008000u);
}

/// The exponents of bf16 are those of f32: its exponential may be subnormal.
TEST(Float, FlushesTheExponentialOfBfloats) {
  EXPECT_EQ(half("ex2.approx.ftz.bf16 %h1, %h0;", 0x4000), 0x4080u);
  EXPECT_EQ(half("ex2.approx.ftz.bf16 %h1, %h0;", 0xc2fc), 0x0080u);
  EXPECT_EQ(half("ex2.approx.ftz.bf16 %h1, %h0;", 0xc2fe), 0u);
}

/// As ptxas takes and refuses them (CUDA 13.0).
TEST(Float, FlushesOnlyWhatCanBe) {
  for (const char *op :
       {"add.ftz.f16 %h1, %h0, %h0;", "fma.rn.ftz.f16x2 %r1, %r0, %r0, %r0;",
        "max.ftz.NaN.f16 %h1, %h0, %h0;", "abs.ftz.f16x2 %r1, %r0;",
        "setp.lt.ftz.f16 %p1, %h0, %h0;", "set.lt.u32.ftz.f16 %r1, %h0, %h0;",
        "slct.ftz.b32.f32 %r1, %r0, %r0, %r0;",
        "ex2.approx.ftz.bf16x2 %r1, %r0;", "rcp.approx.ftz.f64 %d1, %d1;",
        "cvt.ftz.f32.bf16 %r1, %h0;", "cvt.rn.ftz.bf16.f32 %h1, %r0;",
        "cvt.rzi.ftz.s32.f32 %r1, %r0;", "cvt.rn.ftz.f32.s64 %r1, %d1;"})
    EXPECT_NO_THROW(Module::parse(ptxKernel(op), "test.ptx")) << op;
  for (const char *op : {"add.ftz.bf16 %h1, %h0, %h0;",
                         "mul.ftz.bf16x2 %r1, %r0, %r0;",
                         "sub.ftz.f64 %d1, %d1, %d1;",
                         "fma.rn.ftz.bf16 %h1, %h0, %h0, %h0;",
                         "max.ftz.bf16 %h1, %h0, %h0;",
                         "neg.ftz.bf16x2 %r1, %r0;",
                         "abs.ftz.f64 %d1, %d1;",
                         "setp.lt.ftz.bf16 %p1, %h0, %h0;",
                         "setp.lt.and.ftz.f64 %p1, %d1, %d1, %p0;",
                         "set.lt.u32.ftz.bf16 %r1, %h0, %h0;",
                         "slct.ftz.b32.s32 %r1, %r0, %r0, %r0;",
                         "ex2.approx.bf16 %h1, %h0;",
                         "ex2.approx.ftz.f16 %h1, %h0;",
                         "tanh.approx.ftz.f32 %r1, %r0;",
                         "tanh.approx.ftz.bf16 %h1, %h0;",
                         "sqrt.rn.ftz.f64 %d1, %d1;",
                         "cvt.rn.ftz.bf16.f16 %h1, %h0;",
                         "cvt.rn.ftz.f16.s32 %h1, %r0;",
                         "cvt.rn.ftz.bf16x2.f32 %r1, %r0, %r0;",
                         "cvt.rn.ftz.relu.bf16.f32 %h1, %r0;",
                         "cvt.rna.ftz.tf32.f32 %r1, %r0;"})
    EXPECT_NE(parseError(ptxKernel(op)).find("'.ftz'"), std::string::npos)
        << op;
}

TEST(Float, ComparesPairs) {
  const auto compare = [](const std::string &op, uint32_t a) {
    return bits(op + "selp.b32 %r2, 1, 0, %p1; selp.b32 %r3, 2, 0, %p2;"
                     "or.b32 %r1, %r2, %r3;",
                a);
  };
  const std::string f16 = "setp.lt.f16x2 %p1|%p2, %r0, 0x3C003C00;";
  EXPECT_EQ(compare(f16, 0x38004000), 2u);
  EXPECT_EQ(compare(f16, 0x40003800), 1u);
  EXPECT_EQ(compare(f16, 0x7e007e00), 0u); // NaN
  const std::string bf16 = "setp.geu.bf16x2 %p1|%p2, %r0, 0x3F803F80;";
  EXPECT_EQ(compare(bf16, 0x3f803f00), 2u);
  EXPECT_EQ(compare(bf16, 0x00007fc0), 1u);
  // A source that is also a result is read before it is written.
  EXPECT_EQ(compare("setp.eq.s32 %p1, 1, 1;"
                    "setp.lt.and.f16x2 %p1|%p2, %r0, 0x3C003C00, %p1;",
                    0x38004000),
            2u);
  EXPECT_EQ(compare("setp.eq.s32 %p2, 1, 2;"
                    "setp.lt.or.f16x2 %p1|%p2, %r0, 0x3C003C00, %p2;",
                    0x40003800),
            1u);
  EXPECT_EQ(compare("setp.eq.s32 %p1, 1, 1;"
                    "setp.lt.or.f16x2 _|%p2, %r0, 0x3C003C00, !%p1;",
                    0x38003800),
            3u);
  EXPECT_EQ(compare("setp.gt.ftz.f16x2 %p1|%p2, %r0, 0;", 0x00010400), 1u);
  EXPECT_EQ(compare("setp.gt.f16x2 %p1|%p2, %r0, 0;", 0x00010400), 3u);
}

TEST(Float, RoundsHalvesOnce) {
  // bf16: 1 * 1 + 2^-30 is no tie and rounds to 1; 1 + 2^-8 (a tie) goes to
  // even, but 1 * (1 + 2^-7) * ... + 2^-8 + a little goes up.
  const auto fma = [](uint32_t a, uint32_t b, uint32_t c) {
    return mapLanes(
        "mov.b16 %h1, " + std::to_string(b) + "; mov.b16 %h2, " +
            std::to_string(c) +
            "; cvt.u16.u32 %h0, %r0; fma.rn.bf16 %h3, %h0, %h1, %h2;"
            "cvt.u32.u16 %r1, %h3;",
        {a})[0];
  };
  EXPECT_EQ(fma(0x3f80, 0x3f80, 0x3b80), 0x3f80u); // 1 + 2^-8: tie to even
  EXPECT_EQ(fma(0x3f80, 0x3f81, 0x3b80),
            0x3f82u); // 1 + 2^-7 + 2^-8: tie to even
  EXPECT_EQ(fma(0x3b80, 0x3f81, 0x3f80), 0x3f81u); // above the tie
  EXPECT_EQ(fma(0x4b80, 0x3f80, 0x0080), 0x4b80u); // far away
}

TEST(Float, ComputesPairs) {
  EXPECT_EQ(bits("add.rn.f16x2 %r1, %r0, %r0;", 0x3e004000), 0x42004400u);
  EXPECT_EQ(bits("mul.bf16x2 %r1, %r0, %r0;", 0x3fc04000), 0x40104080u);
  EXPECT_EQ(bits("fma.rn.bf16x2 %r1, %r0, %r0, %r0;", 0x3fc04000), 0x407040c0u);
  EXPECT_EQ(bits("neg.bf16x2 %r1, %r0;", 0x3fc04000), 0xbfc0c000u);
  EXPECT_EQ(bits("max.f16x2 %r1, %r0, 0x40003E00;", 0x3e004000), 0x40004000u);
  EXPECT_EQ(bits("ex2.approx.f16x2 %r1, %r0;", 0x00004000), 0x3c004400u);
}

} // namespace
