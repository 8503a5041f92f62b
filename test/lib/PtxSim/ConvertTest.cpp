//===- ConvertTest.cpp - cvt, mov and cvta --------------------------------===//
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

uint32_t bits(const std::string &body, uint32_t a) {
  return mapLanes(body, {a})[0];
}
uint32_t ofFloat(const std::string &body, float a) {
  return bits(body, bitsOf(a));
}

TEST(Convert, ChangesIntegers) {
  EXPECT_EQ(bits("cvt.s32.s8 %r1, %r0;", 0x1280), 0xffffff80u);
  EXPECT_EQ(bits("cvt.u32.u8 %r1, %r0;", 0x1280), 0x80u);
  EXPECT_EQ(bits("cvt.s32.s16 %r1, %r0;", 0x18000), 0xffff8000u);
  EXPECT_EQ(bits("cvt.u16.u32 %h1, %r0; cvt.s32.s16 %r1, %h1;", 0x18000),
            0xffff8000u);
  EXPECT_EQ(bits("cvt.s64.s32 %d1, %r0; mov.b64 {%r2, %r1}, %d1;", 0x80000000),
            0xffffffffu);
  EXPECT_EQ(bits("cvt.u64.u32 %d1, %r0; mov.b64 {%r2, %r1}, %d1;", 0x80000000),
            0u);
  EXPECT_EQ(bits("mov.b64 %d1, {%r0, 7}; cvt.u32.u64 %r1, %d1;", 9), 9u);
  EXPECT_EQ(bits("cvt.u16.u32 %h1, %r0; cvt.s64.s16 %d1, %h1; mov.b64 {%r2, "
                 "%r1}, %d1;",
                 0x8000),
            0xffffffffu);
  EXPECT_EQ(bits("cvt.s16.s8 %h1, %r0; cvt.u32.u16 %r1, %h1;", 0x80), 0xff80u);
  EXPECT_EQ(bits("cvt.s8.s32 %r1, %r0;", 0x1280), 0xffffff80u);
  EXPECT_EQ(bits("cvt.u8.u32 %r1, %r0;", 0x1280), 0x80u);
  EXPECT_EQ(bits("cvt.sat.u8.s32 %r1, %r0;", uint32_t(-5)), 0u);
  EXPECT_EQ(bits("cvt.sat.u8.s32 %r1, %r0;", 300), 255u);
  EXPECT_EQ(bits("cvt.sat.s8.s32 %r1, %r0;", uint32_t(-300)), 0xffffff80u);
}

TEST(Convert, MakesFloatsOfIntegers) {
  EXPECT_EQ(floatOf(bits("cvt.rn.f32.s32 %r1, %r0;", uint32_t(-7))), -7.0f);
  EXPECT_EQ(floatOf(bits("cvt.rn.f32.u32 %r1, %r0;", 0xffffffff)), 0x1p32f);
  EXPECT_EQ(floatOf(bits("cvt.rz.f32.u32 %r1, %r0;", 0xffffffff)),
            4294967040.0f);
  EXPECT_EQ(
      floatOf(bits("cvt.u16.u32 %h1, %r0; cvt.rn.f32.s16 %r1, %h1;", 0xffff)),
      -1.0f);
  EXPECT_EQ(floatOf(bits("cvt.rn.f32.u8 %r1, %r0;", 0x1ff)), 255.0f);
  EXPECT_EQ(floatOf(bits("mov.b64 %d1, {%r0, -1}; cvt.rn.f32.s64 %r1, %d1;",
                         uint32_t(-2))),
            -2.0f);
  EXPECT_EQ(bits("cvt.rn.f16.u32 %h1, %r0; cvt.u32.u16 %r1, %h1;", 2049),
            0x6800u);
  EXPECT_EQ(bits("cvt.rn.bf16.s32 %h1, %r0; cvt.u32.u16 %r1, %h1;", 257),
            0x4380u);
  EXPECT_EQ(bits("cvt.rn.f64.s32 %d1, %r0; mov.b64 {%r2, %r1}, %d1;", 1),
            0x3ff00000u);
}

TEST(Convert, MakesIntegersOfFloats) {
  EXPECT_EQ(ofFloat("cvt.rzi.s32.f32 %r1, %r0;", -2.7f), uint32_t(-2));
  EXPECT_EQ(ofFloat("cvt.rni.s32.f32 %r1, %r0;", 2.5f), 2u);
  EXPECT_EQ(ofFloat("cvt.rmi.s32.f32 %r1, %r0;", -2.1f), uint32_t(-3));
  EXPECT_EQ(ofFloat("cvt.rpi.s32.f32 %r1, %r0;", 2.1f), 3u);
  EXPECT_EQ(ofFloat("cvt.rzi.s32.f32 %r1, %r0;", 1e20f), 0x7fffffffu);
  EXPECT_EQ(ofFloat("cvt.rzi.s32.f32 %r1, %r0;", -1e20f), 0x80000000u);
  EXPECT_EQ(ofFloat("cvt.rzi.u32.f32 %r1, %r0;", -5), 0u);
  EXPECT_EQ(ofFloat("cvt.rzi.u32.f32 %r1, %r0;", 3e9f), 3000000000u);
  EXPECT_EQ(ofFloat("cvt.rzi.s32.f32 %r1, %r0;", std::nanf("")), 0u);
  EXPECT_EQ(ofFloat("cvt.rzi.u16.f32 %h1, %r0; cvt.u32.u16 %r1, %h1;", 1e6f),
            0xffffu);
  EXPECT_EQ(
      ofFloat("cvt.rzi.s64.f32 %d1, %r0; mov.b64 {%r1, %r2}, %d1;", -2.7f),
      uint32_t(-2));
  EXPECT_EQ(ofFloat("cvt.rzi.u8.f32 %r1, %r0;", 300.5f), 255u);
}

TEST(Convert, RoundsToIntegralFloats) {
  EXPECT_EQ(floatOf(ofFloat("cvt.rmi.f32.f32 %r1, %r0;", -2.1f)), -3.0f);
  EXPECT_EQ(floatOf(ofFloat("cvt.rpi.f32.f32 %r1, %r0;", -2.9f)), -2.0f);
  EXPECT_EQ(floatOf(ofFloat("cvt.rzi.f32.f32 %r1, %r0;", -2.9f)), -2.0f);
  EXPECT_EQ(floatOf(ofFloat("cvt.rni.f32.f32 %r1, %r0;", 3.5f)), 4.0f);
  EXPECT_EQ(floatOf(ofFloat("cvt.sat.f32.f32 %r1, %r0;", 3.5f)), 1.0f);
  EXPECT_EQ(floatOf(ofFloat("cvt.ftz.f32.f32 %r1, %r0;", 0x1p-130f)), 0.0f);
}

TEST(Convert, FlushesWhenAsked) {
  const float tiny = 0x1p-130f;
  EXPECT_EQ(ofFloat("cvt.rmi.f32.f32 %r1, %r0;", -tiny), bitsOf(-1.0f));
  EXPECT_EQ(ofFloat("cvt.rmi.ftz.f32.f32 %r1, %r0;", -tiny), bitsOf(-0.0f));
  EXPECT_EQ(ofFloat("cvt.rpi.f32.f32 %r1, %r0;", tiny), bitsOf(1.0f));
  EXPECT_EQ(ofFloat("cvt.rpi.ftz.f32.f32 %r1, %r0;", tiny), 0u);
  EXPECT_EQ(ofFloat("cvt.rzi.ftz.f32.f32 %r1, %r0;", -tiny), bitsOf(-0.0f));
  EXPECT_EQ(ofFloat("cvt.rni.ftz.f32.f32 %r1, %r0;", 2.5f), bitsOf(2.0f));
  EXPECT_EQ(ofFloat("cvt.rzi.ftz.s32.f32 %r1, %r0;", -2.5f), uint32_t(-2));
  EXPECT_EQ(ofFloat("cvt.rmi.ftz.s32.f32 %r1, %r0;", -tiny), 0u);
  EXPECT_EQ(ofFloat("cvt.rmi.s32.f32 %r1, %r0;", -tiny), uint32_t(-1));
  const std::string half = "cvt.u16.u32 %h0, %r0;";
  EXPECT_EQ(bits(half + "cvt.f32.bf16 %r1, %h0;", 0x8001), 0x80010000u);
  EXPECT_EQ(bits(half + "cvt.ftz.f32.bf16 %r1, %h0;", 0x8001), 0x80000000u);
  EXPECT_EQ(bits(half + "cvt.ftz.f32.bf16 %r1, %h0;", 0xbfc0), bitsOf(-1.5f));
  EXPECT_EQ(bits(half + "cvt.ftz.f32.f16 %r1, %h0;", 0x0001), bitsOf(0x1p-24f));
}

TEST(Convert, ChangesFloats) {
  const auto half = [](const std::string &mode, float a) {
    return ofFloat("cvt." + mode + ".f32 %h1, %r0; cvt.u32.u16 %r1, %h1;", a);
  };
  EXPECT_EQ(half("rn.f16", 1.5f), 0x3e00u);
  EXPECT_EQ(half("rn.f16", 65519.0f), 0x7bffu);
  EXPECT_EQ(half("rn.f16", 65520.0f), 0x7c00u);
  EXPECT_EQ(half("rz.f16", 65520.0f), 0x7bffu);
  EXPECT_EQ(half("rn.f16", 0x1p-24f), 1u);
  EXPECT_EQ(half("rn.f16", 0x1p-25f), 0u);
  EXPECT_EQ(half("rn.f16", 0x1.8p-25f), 1u);
  EXPECT_EQ(half("rn.f16", -0x1.ffcp-15f), 0x8400u);
  EXPECT_EQ(half("rn.f16", std::nanf("")), 0x7fffu);
  EXPECT_EQ(half("rn.bf16", 1.00390625f), 0x3f80u); // tie to even
  EXPECT_EQ(half("rn.bf16", 1.01171875f), 0x3f82u);
  EXPECT_EQ(half("rz.bf16", 1.99f), 0x3ffeu);
  EXPECT_EQ(half("rn.relu.bf16", -1), 0u);
  EXPECT_EQ(half("rn.bf16", std::nanf("")), 0x7fffu);
  EXPECT_EQ(half("rn.bf16", std::numeric_limits<float>::max()), 0x7f80u);
  EXPECT_EQ(
      floatOf(bits("cvt.u16.u32 %h1, %r0; cvt.f32.f16 %r1, %h1;", 0x3e00)),
      1.5f);
  EXPECT_EQ(
      floatOf(bits("cvt.u16.u32 %h1, %r0; cvt.f32.f16 %r1, %h1;", 0x8001)),
      -0x1p-24f);
  EXPECT_EQ(
      floatOf(bits("cvt.u16.u32 %h1, %r0; cvt.f32.bf16 %r1, %h1;", 0xbfc0)),
      -1.5f);
  EXPECT_EQ(ofFloat("cvt.rna.tf32.f32 %r1, %r0;", floatOf(0x3f801000)),
            0x3f802000u);
  EXPECT_EQ(ofFloat("cvt.f64.f32 %d1, %r0; cvt.rz.f32.f64 %r1, %d1;", 1.5f),
            bitsOf(1.5f));
}

TEST(Convert, AllHalvesSurvive) {
  // Every f16 and bf16 value through f32 and back.
  for (const char *type : {"f16", "bf16"}) {
    const std::string body = std::string("cvt.u16.u32 %h1, %r0; cvt.f32.") +
                             type + " %r2, %h1; cvt.rn." + type +
                             ".f32 %h2, %r2; cvt.u32.u16 %r1, %h2;";
    const Module m =
        Module::parse(ptxKernel("ld.global.b32 %r0, [%in];" + body +
                                "st.global.b32 [%out], %r1;"),
                      "t");
    Simulator gpu;
    KernelArguments a;
    a.in = gpu.allocate(4096, "in");
    a.out = gpu.allocate(4096, "out");
    const auto p = a.bytes();
    const uint32_t infinity = type[0] == 'b' ? 0x7f80 : 0x7c00;
    for (uint32_t first = 0; first < 0x10000; first += 1024) {
      std::vector<uint32_t> in(1024), out(1024);
      for (uint32_t k = 0; k < 1024; ++k)
        in[k] = first + k;
      gpu.copyIn(a.in, in.data(), 4096);
      gpu.launch(m, "k", blockOf(1024), p.data(), p.size());
      gpu.copyOut(out.data(), a.out, 4096);
      for (uint32_t k = 0; k < 1024; ++k)
        if ((in[k] & 0x7fff) <= infinity)
          ASSERT_EQ(out[k], in[k]) << type;
    }
  }
}

TEST(Convert, PacksPairs) {
  // The first source is the upper half.
  EXPECT_EQ(ofFloat("cvt.rn.bf16x2.f32 %r1, %r0, 0f40000000;", 1.5f),
            0x3fc04000u);
  EXPECT_EQ(ofFloat("cvt.rn.f16x2.f32 %r1, %r0, 0f40000000;", 1.5f),
            0x3e004000u);
  // 1 + 2^-8 lies between 0x3f80 and 0x3f81 of bf16.
  EXPECT_EQ(ofFloat("cvt.rz.bf16x2.f32 %r1, %r0, 0f3FFFFFFF;", 1 + 0x1.8p-8f),
            0x3f803fffu);
  EXPECT_EQ(
      ofFloat("cvt.rz.relu.f16x2.f32 %r1, 0fBF800000, %r0;", 1 + 0x1.8p-11f),
      0x00003c00u);
  EXPECT_EQ(ofFloat("cvt.rn.relu.bf16x2.f32 %r1, %r0, 0f40000000;", -1.5f),
            0x00004000u);
}

TEST(Convert, MovesVectors) {
  EXPECT_EQ(
      bits("mov.b32 {%h1, %h2}, %r0; mov.b32 %r1, {%h2, %h1};", 0x12345678),
      0x56781234u);
  EXPECT_EQ(bits("mov.b64 %d0, {%r0, 5}; mov.b64 {%r2, %r1}, %d0;", 0x12345678),
            5u);
  EXPECT_EQ(bits("mov.b32 {%h1, _}, %r0; cvt.u32.u16 %r1, %h1;", 0x12345678),
            0x5678u);
  EXPECT_EQ(bits("mov.b64 %d0, {%h1, %h1, %h2, %h1}; mov.u32 %r1, 3;", 1), 3u);
}

} // namespace
