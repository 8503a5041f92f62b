//===- MemoryTest.cpp - Loads, stores and atomics -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxTest.h"

using namespace moec::ptxsim;

namespace {

TEST(Memory, LoadsVectors) {
  const auto out =
      runText(ptxKernel("mul.wide.u32 %d1, %t, 12; add.s64 %d1, %d1, %in;"
                        "ld.global.v4.b32 {%r1, %r2, %r3, %r4}, [%d1];"
                        "ld.global.nc.v2.b64 {%d2, %d3}, [%d1];"
                        "mov.b64 {%r5, %r6}, %d3; sub.s32 %r4, %r4, %r6;"
                        "add.s32 %r1, %r1, %r4; st.global.b32 [%out], %r1;"),
              iota(128), 32, blockOf(32))
          .out;
  for (uint32_t l = 0; l < 32; ++l)
    EXPECT_EQ(out[l], 4 * l);
}

TEST(Memory, LoadsNarrowValues) {
  const std::vector<uint32_t> in = {0x80ff7f01};
  const auto load = [&](const std::string &body) {
    return mapLanes(body, in)[0];
  };
  EXPECT_EQ(load("ld.global.u8 %r1, [%in+3];"), 0x80u);
  EXPECT_EQ(load("ld.global.s8 %r1, [%in+3];"), 0xffffff80u);
  EXPECT_EQ(load("ld.global.s16 %r1, [%in+2];"), 0xffff80ffu);
  EXPECT_EQ(load("ld.global.b8 %h1, [%in+2]; cvt.u32.u16 %r1, %h1;"), 0xffu);
  EXPECT_EQ(load("ld.global.s8 %d1, [%in+3]; mov.b64 {%r2, %r1}, %d1;"),
            0xffffffffu);
  EXPECT_EQ(load("ld.global.b32 %d1, [%in]; cvt.u32.u64 %r1, %d1;"),
            0x80ff7f01u);
}

TEST(Memory, StoresNarrowValues) {
  const auto out =
      runText(
          ptxKernel("mov.b64 %d1, 0x1122334455667788; st.global.b8 [%out], %d1;"
                    "mov.b16 %h1, 0x99AA; st.global.b16 [%out+2], %h1;"
                    "st.global.v2.b16 [%out+4], {%h1, %h1};"
                    "st.global.b32 [%out+8], %d1;"),
          {0}, 4, blockOf(1))
          .out;
  EXPECT_EQ(out[0], 0x99aa0088u);
  EXPECT_EQ(out[1], 0x99aa99aau);
  EXPECT_EQ(out[2], 0x55667788u);
}

TEST(Memory, ReversesThroughStaticAndDynamicShared) {
  const char *body =
      "  ld.global.b32 %r1, [%in];\n"
      "  mov.b64 %d1, SHARED;\n  mul.wide.u32 %d2, %t, 4;\n"
      "  add.s64 %d3, %d1, %d2;\n  st.shared.b32 [%d3], %r1;\n"
      "  bar.sync 0;\n  sub.s64 %d3, %d1, %d2;\n"
      "  ld.shared.b32 %r2, [%d3+508];\n  st.global.b32 [%out], %r2;";
  std::string text = body;
  text.replace(text.find("SHARED"), 6, "tile");
  const auto out =
      runText(ptxKernel(text, "  .shared .align 4 .b8 tile[512];\n"), iota(128),
              128, blockOf(128));
  for (uint32_t l = 0; l < 128; ++l)
    EXPECT_EQ(out.out[l], 127 - l);
  EXPECT_EQ(out.counters.sharedBytesPerBlock, 512u);
  LaunchConfig c = blockOf(128);
  c.sharedBytes = 512;
  EXPECT_EQ(
      runText(ptxKernel(text, "", ".extern .shared .align 16 .b8 tile[];\n"),
              iota(128), 128, c)
          .out,
      out.out);
}

TEST(Memory, FollowsGenericAddresses) {
  // One load that goes to shared memory in even lanes and to global in odd
  // ones.
  const auto out =
      runText(
          ptxKernel(
              "  mov.b64 %d1, tile;\n  cvta.shared.u64 %d1, %d1;\n"
              "  mul.wide.u32 %d2, %t, 4;\n  add.s64 %d1, %d1, %d2;\n"
              "  add.s32 %r1, %t, 1000;\n  st.b32 [%d1], %r1;\n"
              "  and.b32 %r2, %t, 1;\n  setp.eq.s32 %p1, %r2, 1;\n"
              "  selp.b64 %d3, %in, %d1, %p1;\n  ld.b32 %r3, [%d3];\n"
              "  isspacep.shared %p2, %d3;\n  selp.b32 %r4, 10000, 0, %p2;\n"
              "  add.s32 %r3, %r3, %r4;\n  st.global.b32 [%out], %r3;",
              "  .shared .align 4 .b8 tile[128];\n"),
          iota(32), 32, blockOf(32))
          .out;
  for (uint32_t l = 0; l < 32; ++l)
    EXPECT_EQ(out[l], l % 2 ? l : 11000 + l);
}

TEST(Memory, KeepsLocalMemoryPerThread) {
  const auto out =
      runText(
          ptxKernel(
              "  mov.b64 %d1, depot;\n  cvta.local.u64 %d2, %d1;\n"
              "  st.local.b32 [%d1+4], %t;\n  add.s32 %r1, %t, 1;\n  st.b32 "
              "[%d2+8], %r1;\n"
              "  ld.local.v2.b32 {%r2, %r3}, [depot+8];\n  ld.b32 %r4, "
              "[%d2+4];\n"
              "  mad.lo.s32 %r5, %r2, 100, %r4;\n  st.global.b32 [%out], %r5;",
              "  .local .align 8 .b8 depot[16];\n"),
          iota(64), 64, blockOf(64))
          .out;
  for (uint32_t l = 0; l < 64; ++l)
    EXPECT_EQ(out[l], (l + 1) * 100 + l);
}

TEST(Memory, ReadsParametersByAddress) {
  const auto out =
      runText(
          ptxKernel("  mov.b64 %d1, k_n;\n  ld.param.u32 %r1, [%d1];\n"
                    "  cvta.param.u64 %d2, %d1;\n  ld.b32 %r2, [%d2];\n"
                    "  add.s32 %r1, %r1, %r2;\n  st.global.b32 [%out], %r1;"),
          {0}, 1, blockOf(1), 21)
          .out;
  EXPECT_EQ(out[0], 42u);
}

TEST(Memory, AtomicsReturnOldValues) {
  // All lanes and two blocks on one counter: the old values are 0 to 63.
  const auto out =
      runText(
          ptxKernel("  ld.param.u64 %d1, [k_in];\n"
                    "  atom.global.add.u32 %r1, [%d1], 1;\n"
                    "  mov.u32 %r2, %ctaid.x;\n  mul.wide.u32 %d2, %r2, 128;\n"
                    "  add.s64 %out, %out, %d2;\n  st.global.b32 [%out], %r1;"),
          {0}, 64, blockOf(32, 2))
          .out;
  EXPECT_EQ(out, iota(64));
}

TEST(Memory, AtomicsKnowTheirOperations) {
  const auto run = [](const std::string &op, uint32_t start) {
    return runText(
               ptxKernel("  ld.param.u64 %d1, [k_out];\n  add.s32 %r2, %t, 1;\n"
                         "  cvt.rn.f32.u32 %r3, %r2;\n  st.global.b32 [%d1], " +
                         std::to_string(start) + ";\n  " + op),
               {0}, 1, blockOf(4))
        .out[0];
  };
  EXPECT_EQ(run("red.global.add.u32 [%d1], %r2;", 5), 15u);
  EXPECT_EQ(run("atom.global.max.u32 %r4, [%d1], %r2;", 2), 4u);
  EXPECT_EQ(run("atom.global.min.s32 %r4, [%d1], %r2;", 7), 1u);
  EXPECT_EQ(run("atom.global.exch.b32 %r4, [%d1], %r2;", 7), 4u);
  EXPECT_EQ(run("atom.global.or.b32 %r4, [%d1], %r2;", 8), 15u);
  EXPECT_EQ(run("atom.global.inc.u32 %r4, [%d1], 2;", 1), 2u);
  EXPECT_EQ(run("atom.relaxed.gpu.global.cas.b32 %r4, [%d1], 2, %r2;", 1), 1u);
  EXPECT_EQ(run("atom.global.cas.b32 %r4, [%d1], %t, %r2;", 0), 4u);
  EXPECT_EQ(floatOf(run("red.global.add.f32 [%d1], %r3;", 0)), 10.0f);
  EXPECT_EQ(run("atom.global.add.noftz.f16x2 %r4, [%d1], 0x3C003C00;", 0),
            0x44004400u);
}

/// Sums of f32 flush subnormal values in global memory, not in shared memory.
TEST(Memory, AtomicSumsFlushInGlobalMemory) {
  const auto run = [](const std::string &body) {
    return runText(ptxKernel(body + "  ld.b32 %r1, [%d1];\n"
                                    "  st.global.b32 [%out], %r1;",
                             "  .shared .align 4 .b8 word[4];\n"),
                   {0x00000100}, 1, blockOf(1))
        .out[0];
  };
  const std::string global = "  ld.param.u64 %d1, [k_in];\n",
                    shared = "  mov.b64 %d2, word;\n"
                             "  st.shared.b32 [%d2], 0x100;\n"
                             "  cvta.shared.u64 %d1, %d2;\n";
  EXPECT_EQ(run(global + "  atom.global.add.f32 %r2, [%d1], 0f00000001;\n"),
            0u);
  EXPECT_EQ(run(global + "  atom.add.f32 %r2, [%d1], 0f00000001;\n"), 0u);
  EXPECT_EQ(run(shared + "  atom.shared.add.f32 %r2, [%d2], 0f00000001;\n"),
            0x101u);
  EXPECT_EQ(run(shared + "  atom.add.f32 %r2, [%d1], 0f00000001;\n"), 0x101u);
}

} // namespace
