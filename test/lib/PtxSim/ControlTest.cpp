//===- ControlTest.cpp - Branches, divergence and calls -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxTest.h"

using namespace moec::ptxsim;

namespace {

TEST(Control, LoopsAsOftenAsEachLaneWants) {
  const auto out =
      mapLanes("  mov.b32 %r1, 0;\n  mov.b32 %r2, 0;\n"
               "LOOP:\n  setp.ge.u32 %p1, %r2, %r0;\n  @%p1 bra DONE;\n"
               "  add.s32 %r1, %r1, 3;\n  add.s32 %r2, %r2, 1;\n  bra LOOP;\n"
               "DONE:\n  add.s32 %r1, %r1, 1;",
               iota(32));
  for (uint32_t l = 0; l < 32; ++l)
    EXPECT_EQ(out[l], 3 * l + 1);
}

TEST(Control, MeetsAgainBehindEachBranch) {
  // Nested ifs inside a loop; a vote behind them must see all lanes.
  const auto out = mapLanes(
      "  mov.b32 %r1, 0;\n  mov.b32 %r2, 0;\n"
      "LOOP:\n  and.b32 %r3, %r0, 1;\n  setp.eq.s32 %p1, %r3, 0;\n  @%p1 bra "
      "EVEN;\n"
      "  add.s32 %r1, %r1, 1;\n  setp.lt.u32 %p2, %r0, 16;\n  @%p2 bra LOW;\n"
      "  add.s32 %r1, %r1, 10;\n  bra JOIN;\n"
      "LOW:\n  add.s32 %r1, %r1, 100;\n  bra JOIN;\n"
      "EVEN:\n  add.s32 %r1, %r1, 1000;\n"
      "JOIN:\n  activemask.b32 %r4;\n  setp.eq.u32 %p3, %r4, -1;\n"
      "  selp.b32 %r5, 0, 1000000, %p3;\n  add.s32 %r1, %r1, %r5;\n"
      "  add.s32 %r2, %r2, 1;\n  setp.lt.s32 %p4, %r2, 3;\n  @%p4 bra LOOP;",
      iota(32));
  for (uint32_t l = 0; l < 32; ++l)
    EXPECT_EQ(out[l], 3u * (l % 2 == 0 ? 1000 : l < 16 ? 101 : 11));
}

TEST(Control, RunsCodeBehindALoopOnce) {
  // Lanes leave the loop at different times and meet behind it.
  const PtxRun run = runText(
      ptxKernel(
          "  mov.b32 %r2, %t;\n"
          "LOOP:\n  setp.eq.s32 %p1, %r2, 0;\n  @%p1 bra DONE;\n"
          "  sub.s32 %r2, %r2, 1;\n  bra LOOP;\n"
          "DONE:\n  ld.param.u64 %d1, [k_out];\n"
          "  setp.eq.s32 %p2, %t, 0;\n  vote.sync.any.pred %p3, %p2, -1;\n"
          "  @%p3 red.global.add.u32 [%d1], 1;"),
      {0}, 1, blockOf(32));
  EXPECT_EQ(run.out[0], 32u);
}

TEST(Control, LetsLanesExitAlone) {
  const auto out =
      runText(ptxKernel("  setp.lt.u32 %p1, %t, 7;\n  @%p1 exit;\n"
                        "  activemask.b32 %r1;\n  st.global.b32 [%out], %r1;"),
              {0}, 32, blockOf(32))
          .out;
  for (uint32_t l = 0; l < 32; ++l)
    EXPECT_EQ(out[l], l < 7 ? 0 : 0xffffff80);
}

TEST(Control, LetsADivergedPathExit) {
  const auto out =
      runText(ptxKernel(
                  "  setp.lt.u32 %p1, %t, 7;\n  @%p1 bra OUT;\n"
                  "  st.global.b32 [%out], 5;\n  bra END;\n"
                  "OUT:\n  st.global.b32 [%out], 6;\n  ret;\n"
                  "END:\n  activemask.b32 %r1;\n  st.global.b32 [%out], %r1;"),
              {0}, 32, blockOf(32))
          .out;
  for (uint32_t l = 0; l < 32; ++l)
    EXPECT_EQ(out[l], l < 7 ? 6 : 0xffffff80);
}

TEST(Control, BranchesByIndex) {
  const char *body =
      "  and.b32 %r2, %r0, 3;\n"
      "  T: .branchtargets A, B, C, B;\n  brx.idx %r2, T;\n"
      "A:\n  mov.b32 %r1, 10;\n  bra END;\n"
      "B:\n  mov.b32 %r1, 20;\n  bra END;\n"
      "C:\n  mov.b32 %r1, 30;\n"
      "END:\n  activemask.b32 %r3;\n  setp.ne.u32 %p1, %r3, -1;\n"
      "  @%p1 mov.b32 %r1, 0;";
  const auto out = mapLanes(body, iota(32));
  const uint32_t want[] = {10, 20, 30, 20};
  for (uint32_t l = 0; l < 32; ++l)
    EXPECT_EQ(out[l], want[l % 4]);
}

TEST(Control, CallsFunctions) {
  const std::string outside =
      ".func (.param .b32 r) twice(.param .b32 x);\n"
      ".func (.param .b32 r) collatz(.param .b32 x)\n{\n"
      "  .reg .pred %p<3>;\n  .reg .b32 %r<8>;\n  ld.param.b32 %r0, [x];\n  "
      "mov.b32 %r1, 0;\n"
      "LOOP:\n  setp.le.u32 %p1, %r0, 1;\n  @%p1 bra END;\n  add.s32 %r1, %r1, "
      "1;\n"
      "  and.b32 %r2, %r0, 1;\n  setp.eq.s32 %p2, %r2, 0;\n  @%p2 bra EVEN;\n"
      "  mad.lo.s32 %r0, %r0, 3, 1;\n  bra LOOP;\nEVEN:\n"
      "  shr.u32 %r0, %r0, 1;\n  bra LOOP;\n"
      "END:\n  { .param .b32 a; .param .b32 b; st.param.b32 [a], %r1;\n"
      "  call.uni (b), twice, (a);\n  ld.param.b32 %r1, [b]; }\n"
      "  st.param.b32 [r], %r1;\n  ret;\n}\n"
      ".func (.param .b32 r) twice(.param .b32 x)\n{\n  .reg .b32 %r<2>;\n"
      "  ld.param.b32 %r0, [x];\n  add.s32 %r0, %r0, %r0;\n  st.param.b32 [r], "
      "%r0;\n  ret;\n}\n";
  const auto out =
      runText(
          ptxKernel("  { .param .b32 a; .param .b32 b; st.param.b32 [a], %t;\n"
                    "  call (b), collatz, (a);\n  ld.param.b32 %r1, [b]; }\n"
                    "  activemask.b32 %r2;\n  setp.ne.u32 %p1, %r2, -1;\n  "
                    "@%p1 trap;\n"
                    "  st.global.b32 [%out], %r1;",
                    "", outside),
          {0}, 32, blockOf(32))
          .out;
  for (uint32_t l = 0; l < 32; ++l) {
    uint32_t n = 0;
    for (uint32_t x = l; x > 1; x = x % 2 ? 3 * x + 1 : x / 2)
      ++n;
    EXPECT_EQ(out[l], 2 * n) << l;
  }
}

TEST(Control, PassesStructuresByAddress) {
  const std::string outside =
      ".func (.param .b32 r) second(.param .align 4 .b8 x[8])\n{\n"
      "  .reg .b32 %r<2>;\n  .reg .b64 %d<2>;\n  mov.b64 %d0, x;\n"
      "  ld.param.b32 %r0, [%d0+4];\n  st.param.b32 [r], %r0;\n  ret;\n}\n";
  const auto out =
      runText(ptxKernel("  { .param .align 4 .b8 a[8]; .param .b32 b;\n"
                        "  st.param.b32 [a], 1; st.param.b32 [a+4], %t;\n"
                        "  call (b), second, (a);\n  ld.param.b32 %r1, [b]; }\n"
                        "  st.global.b32 [%out], %r1;",
                        "", outside),
              {0}, 32, blockOf(32))
          .out;
  EXPECT_EQ(out, iota(32));
}

TEST(Control, KeepsScopesApart) {
  // The same label and register twice, as inline assembly makes them.
  const char *piece = "{\n  .reg .pred P1;\n  .reg .b32 c;\n  mov.b32 c, 0;\n"
                      "WAIT:\n  add.s32 c, c, 1;\n  setp.ge.u32 P1, c, %r0;\n"
                      "  @P1 bra.uni DONE;\n  bra.uni WAIT;\nDONE:\n  add.s32 "
                      "%r1, %r1, c;\n}\n";
  const auto out =
      mapLanes(std::string("  mov.b32 %r1, 0;\n") + piece + piece, iota(32));
  for (uint32_t l = 1; l < 32; ++l)
    EXPECT_EQ(out[l], 2 * l);
}

TEST(Control, KnowsWhereAThreadIs) {
  LaunchConfig c = blockOf(64, 4);
  c.cluster = 2;
  const auto out = runText(
      ptxKernel("  mov.u32 %r1, %ctaid.x;\n  mov.u32 %r2, %ntid.x;\n  mov.u32 "
                "%r3, %cluster_ctarank;\n"
                "  mov.u32 %r4, %clusterid.x;\n  mov.u32 %r5, %laneid;\n  "
                "mov.u32 %r6, %warpid;\n"
                "  mov.u32 %r7, %nctaid.x;\n  mov.u32 %r8, %tid.y;\n  mov.u32 "
                "%r9, %ntid.z;\n"
                "  mov.u32 %r10, %lanemask_lt;\n  popc.b32 %r10, %r10;\n  "
                "sub.s32 %r10, %r10, %r5;\n"
                "  mad.lo.s32 %r11, %r4, 10, %r3;\n  mad.lo.s32 %r11, %r11, "
                "10, %r6;\n"
                "  mad.lo.s32 %r11, %r11, 10, %r7;\n  mad.lo.s32 %r11, %r11, "
                "10, %r8;\n"
                "  mad.lo.s32 %r11, %r11, 10, %r9;\n  mad.lo.s32 %r11, %r11, "
                "100, %r5;\n"
                "  add.s32 %r11, %r11, %r10;\n"
                "  mul.lo.s32 %r12, %r1, %r2;\n  mul.wide.u32 %d1, %r12, 4;\n"
                "  add.s64 %out, %out, %d1;\n  st.global.b32 [%out], %r11;"),
      {0}, 256, c);
  for (uint32_t b = 0; b < 4; ++b)
    for (uint32_t t = 0; t < 64; ++t)
      EXPECT_EQ(out.out[b * 64 + t],
                ((((b / 2 * 10 + b % 2) * 10 + t / 32) * 10 + 4) * 100 + 1) *
                        100 +
                    t % 32);
}

} // namespace
