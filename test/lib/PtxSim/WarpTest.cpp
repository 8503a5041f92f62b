//===- WarpTest.cpp - Shuffles, votes and barriers ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxTest.h"

using namespace moec::ptxsim;

namespace {

std::vector<uint32_t> shuffle(const std::string &mode) {
  return mapLanes("shfl.sync." + mode + ", -1; @!%p1 add.s32 %r1, %r1, 100;",
                  iota(32));
}

TEST(Warp, Shuffles) {
  const auto up = shuffle("up.b32 %r1|%p1, %r0, 3, 0"),
             down = shuffle("down.b32 %r1|%p1, %r0, 3, 31"),
             bfly = shuffle("bfly.b32 %r1|%p1, %r0, 5, 31"),
             idx = shuffle("idx.b32 %r1|%p1, %r0, 9, 31"),
             part =
                 shuffle("down.b32 %r1|%p1, %r0, 3, 0x181f"); // segments of 8
  for (uint32_t l = 0; l < 32; ++l) {
    EXPECT_EQ(up[l], l >= 3 ? l - 3 : l + 100);
    EXPECT_EQ(down[l], l + 3 < 32 ? l + 3 : l + 100);
    EXPECT_EQ(bfly[l], l ^ 5);
    EXPECT_EQ(idx[l], 9u);
    EXPECT_EQ(part[l], l % 8 + 3 < 8 ? l + 3 : l + 100);
  }
}

TEST(Warp, Votes) {
  const auto run = [](const std::string &body) {
    return mapLanes("setp.lt.u32 %p1, %r0, 5; setp.lt.u32 %p4, %r0, 99;" + body,
                    iota(32))[3];
  };
  EXPECT_EQ(run("vote.sync.ballot.b32 %r1, %p1, -1;"), 0x1fu);
  EXPECT_EQ(run("vote.sync.any.pred %p2, %p1, -1; selp.b32 %r1, 1, 0, %p2;"),
            1u);
  EXPECT_EQ(run("vote.sync.all.pred %p2, %p1, -1; selp.b32 %r1, 1, 0, %p2;"),
            0u);
  EXPECT_EQ(run("vote.sync.all.pred %p2, %p4, -1; selp.b32 %r1, 1, 0, %p2;"),
            1u);
  EXPECT_EQ(run("vote.sync.uni.pred %p2, !%p4, -1; selp.b32 %r1, 1, 0, %p2;"),
            1u);
  EXPECT_EQ(run("and.b32 %r2, %r0, 7; match.any.sync.b32 %r1, %r2, -1;"),
            0x08080808u);
  EXPECT_EQ(run("match.all.sync.b32 %r1|%p2, 4, -1;"), 0xffffffffu);
  EXPECT_EQ(run("match.all.sync.b32 %r1|%p2, %r0, -1;"), 0u);
  EXPECT_EQ(run("redux.sync.add.u32 %r1, %r0, -1;"), 496u);
  EXPECT_EQ(run("redux.sync.max.s32 %r1, %r0, -1;"), 31u);
  EXPECT_EQ(run("redux.sync.or.b32 %r1, %r0, -1;"), 31u);
  EXPECT_EQ(run("elect.sync %r2|%p2, -1; vote.sync.ballot.b32 %r1, %p2, -1;"),
            1u);
}

TEST(Warp, ReducesOverABlock) {
  const PtxRun run = runText(
      ptxKernel("  setp.gt.u32 %p1, %t, 9;\n  barrier.cta.red.popc.aligned.u32 "
                "%r1, 0, %p1;\n"
                "  barrier.cta.red.or.aligned.pred %p2, 0, %p1;\n"
                "  barrier.cta.red.and.aligned.pred %p3, 0, %p1;\n"
                "  selp.b32 %r2, 1000, 0, %p2;\n  selp.b32 %r3, 5000, 0, %p3;\n"
                "  add.s32 %r1, %r1, %r2;\n  add.s32 %r1, %r1, %r3;\n"
                "  st.global.b32 [%out], %r1;"),
      {0}, 96, blockOf(96));
  EXPECT_EQ(run.out, std::vector<uint32_t>(96, 1086));
  EXPECT_EQ(run.counters.barriers, 3u);
}

TEST(Warp, MeetsAtNamedBarriers) {
  // Warp 0 produces, warp 1 consumes; warp 2 takes no part.
  const PtxRun run = runText(
      ptxKernel("  mov.b64 %d1, tile;\n  mov.u32 %r1, %laneid;\n  mul.wide.u32 "
                "%d2, %r1, 4;\n"
                "  add.s64 %d1, %d1, %d2;\n  mov.u32 %r2, %warpid;\n"
                "  setp.eq.s32 %p1, %r2, 0;\n  setp.eq.s32 %p2, %r2, 1;\n  "
                "@%p2 bra CONSUME;\n"
                "  @!%p1 bra END;\n  st.shared.b32 [%d1], %r1;\n  bar.arrive "
                "3, 64;\n  bra END;\n"
                "CONSUME:\n  bar.sync 3, 64;\n  ld.shared.b32 %r3, [%d1];\n"
                "  st.global.b32 [%out], %r3;\nEND:",
                "  .shared .align 4 .b8 tile[128];\n"),
      {0}, 96, blockOf(96));
  for (uint32_t l = 0; l < 32; ++l)
    EXPECT_EQ(run.out[32 + l], l);
}

/// Each block of a cluster of two stores a row and reads the other's; `end` is
/// what comes behind.
static PtxRun readRemoteRows(const std::string &end) {
  LaunchConfig c = blockOf(32, 4);
  c.cluster = 2;
  // Shared addresses of another block: 1 + rank above bit 24, as mapa makes.
  return runText(
      ptxKernel(
          "  mov.u32 %r1, %ctaid.x;\n  mov.u32 %r2, %cluster_ctarank;\n"
          "  mad.lo.s32 %r3, %r1, 100, %t;\n  mov.b64 %d1, tile;\n"
          "  mul.wide.u32 %d2, %t, 4;\n  add.s64 %d1, %d1, %d2;\n"
          "  st.shared.b32 [%d1], %r3;\n  barrier.cluster.arrive.aligned;\n"
          "  barrier.cluster.wait.aligned;\n  xor.b32 %r4, %r2, 1;\n"
          "  add.s32 %r4, %r4, 1;\n  shl.b32 %r4, %r4, 24;\n  cvt.u64.u32 %d3, "
          "%r4;\n"
          "  add.s64 %d3, %d3, %d1;\n  ld.shared::cluster.b32 %r5, [%d3];\n"
          "  mul.wide.u32 %d4, %r1, 128;\n  add.s64 %out, %out, %d4;\n"
          "  st.global.b32 [%out], %r5;\n" +
              end,
          "  .shared .align 4 .b8 tile[128];\n"),
      {0}, 128, c);
}

TEST(Warp, MeetsInAClusterAndReadsRemoteMemory) {
  const PtxRun run = readRemoteRows("  barrier.cluster.arrive.aligned;\n"
                                    "  barrier.cluster.wait.aligned;");
  for (uint32_t b = 0; b < 4; ++b)
    for (uint32_t t = 0; t < 32; ++t)
      EXPECT_EQ(run.out[b * 32 + t], (b ^ 1) * 100 + t);
}

/// The first block to end takes its shared memory along.
TEST(Warp, MustNotReadMemoryOfABlockThatMayHaveEnded) {
  for (const char *end : {"", "  barrier.cluster.arrive.aligned;\n"})
    try {
      readRemoteRows(end);
      FAIL() << "not found with '" << end << "'";
    } catch (const Fault &fault) {
      EXPECT_EQ(fault.kind(), FaultKind::EndedBlock) << fault.what();
      EXPECT_NE(std::string(fault.what()).find("cluster barrier at the end"),
                std::string::npos);
    }
}

TEST(Warp, CopiesAsynchronously) {
  const std::string copy =
      "  mov.b64 %d1, tile;\n  mul.wide.u32 %d2, %t, 16;\n  add.s64 %d1, %d1, "
      "%d2;\n"
      "  ld.param.u64 %d3, [k_in];\n  add.s64 %d3, %d3, %d2;\n";
  const PtxRun run = runText(
      ptxKernel(
          copy +
              "  cp.async.cg.shared.global [%d1], [%d3], 16;\n  "
              "cp.async.commit_group;\n"
              "  cp.async.ca.shared.global [%d1+512], [%d3+512], 16, 8;\n"
              "  cp.async.commit_group;\n  cp.async.wait_group 1;\n"
              "  ld.shared.v4.b32 {%r1, %r2, %r3, %r4}, [%d1];\n"
              "  cp.async.wait_all;\n"
              "  ld.shared.v4.b32 {%r5, %r6, %r7, %r8}, [%d1+512];\n"
              "  add.s32 %r7, %r7, %r8;\n  mad.lo.s32 %r7, %r7, 1000000, %r6;\n"
              "  mad.lo.s32 %r1, %r4, 1000, %r7;\n  st.global.b32 [%out], %r1;",
          "  .shared .align 16 .b8 tile[1024];\n"),
      iota(256), 32, blockOf(32));
  for (uint32_t l = 0; l < 32; ++l)
    EXPECT_EQ(run.out[l], (4 * l + 3) * 1000 + 128 + 4 * l + 1);
}

} // namespace
