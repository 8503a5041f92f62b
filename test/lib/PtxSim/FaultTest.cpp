//===- FaultTest.cpp - What the simulator must find -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxTest.h"

using namespace moec;
using namespace moec::ptxsim;

namespace {

bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

const char *const tile = "  .shared .align 16 .b8 tile[1024];\n";
/// %d1 = tile + 4 * tid.
const char *const place = "  mov.b64 %d1, tile;\n  mul.wide.u32 %d2, %t, 4;\n"
                          "  add.s64 %d1, %d1, %d2;\n";

TEST(Fault, OutOfBounds) {
  const auto w =
      faultOf(ptxKernel("  st.global.b32 [%out+900], %t;"), blockOf(64));
  EXPECT_EQ(w.kind, FaultKind::OutOfBounds);
  EXPECT_EQ(w.kernel, "k");
  EXPECT_EQ(w.thread, 31u);
  EXPECT_EQ(w.block, 0u);
  EXPECT_EQ(w.allocation, "out");
  EXPECT_TRUE(contains(w.detail, "0 bytes behind the end of 'out' (1024 bytes"))
      << w.detail;
  // The line of the text: the store stands last but two.
  const std::string text = ptxKernel("  st.global.b32 [%out+900], %t;");
  const auto lines = std::count(text.begin(), text.end(), '\n');
  EXPECT_EQ(w.line, unsigned(lines - 2));
}

TEST(Fault, OutOfBoundsOfOthers) {
  EXPECT_EQ(
      faultOf(ptxKernel("  ld.global.b32 %r1, [%in+-4];"), blockOf(32)).kind,
      FaultKind::OutOfBounds);
  EXPECT_EQ(faultOf(ptxKernel("  mov.b64 %d1, 0;\n  ld.global.b32 %r1, [%d1];"),
                    blockOf(32))
                .kind,
            FaultKind::OutOfBounds);
  EXPECT_EQ(
      faultOf(ptxKernel(std::string(place) + "  st.shared.b32 [%d1+1000], %t;",
                        tile),
              blockOf(32))
          .thread,
      6u);
  EXPECT_EQ(faultOf(ptxKernel("  mov.b64 %d1, l;\n  st.local.b32 [%d1+16], %t;",
                              "  .local .align 4 .b8 l[16];\n"),
                    blockOf(32))
                .kind,
            FaultKind::OutOfBounds);
  EXPECT_EQ(
      faultOf(ptxKernel("  mov.b64 %d1, k_in;\n  ld.param.b32 %r1, [%d1+20];"),
              blockOf(32))
          .kind,
      FaultKind::OutOfBounds);
}

TEST(Fault, OutOfTheRangesOfALaunch) {
  // One allocation holds two operands; the first is overrun.
  const Module m = Module::parse(ptxKernel("  st.global.b32 [%out], %t;"), "t");
  Simulator gpu;
  KernelArguments a;
  a.in = gpu.allocate(1024, "arena");
  a.out = a.in + 256;
  LaunchConfig c = blockOf(80);
  c.ranges = {{a.in, 256, "x", false},
              {a.out, 256, "y"},
              {a.out + 256, 256, "z", false}};
  const auto p = a.bytes();
  try {
    gpu.launch(m, "k", c, p.data(), p.size());
    FAIL();
  } catch (const Fault &f) {
    EXPECT_EQ(f.kind(), FaultKind::OutOfBounds);
    EXPECT_TRUE(contains(f.what(), "'z', which is only read")) << f.what();
    EXPECT_EQ(f.where().thread, 64u);
  }
  c.ranges.pop_back();
  try {
    gpu.launch(m, "k", c, p.data(), p.size());
    FAIL();
  } catch (const Fault &f) {
    EXPECT_TRUE(contains(f.what(), "outside of the operands of this launch"))
        << f.what();
  }
}

TEST(Fault, UseAfterRelease) {
  const Module m = Module::parse(ptxKernel("  st.global.b32 [%out], %t;"), "t");
  Simulator gpu;
  KernelArguments a;
  a.in = a.out = gpu.allocate(1024, "gone");
  gpu.release(a.out);
  const auto p = a.bytes();
  try {
    gpu.launch(m, "k", blockOf(32), p.data(), p.size());
    FAIL();
  } catch (const Fault &f) {
    EXPECT_TRUE(contains(f.what(), "in 'gone', which has been released"))
        << f.what();
  }
}

TEST(Fault, Misaligned) {
  EXPECT_EQ(
      faultOf(ptxKernel("  ld.global.b32 %r1, [%in+2];"), blockOf(32)).kind,
      FaultKind::Misaligned);
  const auto w =
      faultOf(ptxKernel("  ld.global.v4.b32 {%r1, %r2, %r3, %r4}, [%in];"),
              blockOf(32));
  EXPECT_EQ(w.kind, FaultKind::Misaligned);
  EXPECT_EQ(w.thread, 1u);
  EXPECT_EQ(
      faultOf(
          ptxKernel(std::string(place) + "  st.shared.b64 [%d1+4], %d1;", tile),
          blockOf(1))
          .kind,
      FaultKind::Misaligned);
}

/// An asynchronous copy of 16 bytes begins at 16 bytes at both ends, also where
/// it reads nothing and fills with 0.
TEST(Fault, MisalignedAsynchronousCopy) {
  auto copy = [](const std::string &operands) {
    return ptxKernel("  cp.async.cg.shared.global " + operands +
                         ";\n  cp.async.wait_all;\n"
                         "  ld.shared.b32 %r1, [tile];\n"
                         "  st.global.b32 [%out], %r1;",
                     tile);
  };
  const std::vector<uint32_t> in = {1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(
      runText(copy("[tile], [%in+16], 16"), in, 8, blockOf(1)).out.front(), 5u);
  for (const char *operands : {"[tile], [%in+8], 16", "[tile], [%in+2], 16",
                               "[tile+4], [%in], 16", "[tile], [%in+8], 16, 0"})
    EXPECT_EQ(faultOf(copy(operands), blockOf(1)).kind, FaultKind::Misaligned)
        << operands;
}

TEST(Fault, UnwrittenShared) {
  const auto w =
      faultOf(ptxKernel(std::string(place) +
                            "  setp.ne.u32 %p1, %t, 9;\n"
                            "  @%p1 st.shared.b32 [%d1], %t;\n  bar.sync 0;\n"
                            "  ld.shared.b32 %r1, [%d1];",
                        tile),
              blockOf(64));
  EXPECT_EQ(w.kind, FaultKind::UnwrittenShared);
  EXPECT_EQ(w.address, 36u);
  const auto all = faultOf(
      ptxKernel(std::string(place) + "  ld.shared.b32 %r1, [%d1];", tile),
      blockOf(32));
  EXPECT_EQ(all.kind, FaultKind::UnwrittenShared);
  EXPECT_EQ(all.address, 0u);
}

TEST(Fault, RaceWithoutABarrier) {
  const std::string exchange =
      std::string(place) +
      "  st.shared.b32 [%d1], %t;\nBARRIER"
      "  xor.b32 %r1, %t, 32;\n  mul.wide.u32 %d3, %r1, 4;\n"
      "  mov.b64 %d4, tile;\n  add.s64 %d4, %d4, %d3;\n"
      "  ld.shared.b32 %r2, [%d4];\n  st.global.b32 [%out], %r2;";
  std::string with = exchange, without = exchange;
  with.replace(with.find("BARRIER"), 7, "  bar.sync 0;\n");
  without.replace(without.find("BARRIER"), 7, "");
  EXPECT_EQ(runText(ptxKernel(with, tile), {0}, 64, blockOf(64)).out[0], 32u);
  // Warp 0 reads what nobody has written yet, or races with it later.
  const auto w = faultOf(ptxKernel(without, tile), blockOf(64));
  EXPECT_TRUE(w.kind == FaultKind::UnwrittenShared ||
              w.kind == FaultKind::SharedRace);
}

TEST(Fault, RaceOfAReadAndALaterWrite) {
  // Every warp reads word 0; then warp 1 writes it with no barrier in between.
  const std::string text =
      ptxKernel("  st.shared.b32 [tile], 1;\n  bar.sync 0;\n  ld.shared.b32 "
                "%r1, [tile];\n"
                "  setp.eq.s32 %p1, %t, 32;\n  @%p1 st.shared.b32 [tile], 2;",
                tile);
  // All threads store the same word: the first store is a race of two warps.
  EXPECT_EQ(faultOf(text, blockOf(64)).kind, FaultKind::SharedRace);
  const std::string second =
      ptxKernel("  setp.eq.s32 %p2, %t, 0;\n  @%p2 st.shared.b32 [tile], 1;\n  "
                "bar.sync 0;\n"
                "  ld.shared.b32 %r1, [tile];\n"
                "  setp.eq.s32 %p1, %t, 32;\n  @%p1 st.shared.b32 [tile], 2;",
                tile);
  const auto w = faultOf(second, blockOf(64));
  EXPECT_EQ(w.kind, FaultKind::SharedRace);
  EXPECT_TRUE(
      contains(w.detail, "a write of bytes that warp 0 of block 0 has read"))
      << w.detail;
}

TEST(Fault, RaceOfLanesInOneStore) {
  const auto w =
      faultOf(ptxKernel("  st.shared.b32 [tile], %t;", tile), blockOf(32));
  EXPECT_EQ(w.kind, FaultKind::SharedRace);
  EXPECT_TRUE(contains(w.detail, "threads 0 and 1 store different values"))
      << w.detail;
  // The same value is harmless.
  EXPECT_NO_THROW(runText(ptxKernel("  st.shared.b32 [tile], 5;", tile), {0}, 1,
                          blockOf(32)));
}

TEST(Fault, HalvesOfAWordAreNoRace) {
  // Two warps write the two halves of each word.
  const std::string text = ptxKernel(
      "  mov.u32 %r1, %laneid;\n  mov.u32 %r2, %warpid;\n  mov.b64 %d1, tile;\n"
      "  mul.wide.u32 %d2, %r1, 4;\n  mul.wide.u32 %d3, %r2, 2;\n  add.s64 "
      "%d1, %d1, %d2;\n"
      "  add.s64 %d1, %d1, %d3;\n  cvt.u16.u32 %h1, %t;\n  st.shared.b16 "
      "[%d1], %h1;\n"
      "  bar.sync 0;\n  ld.shared.b16 %h2, [%d1];\n  cvt.u32.u16 %r3, %h2;\n"
      "  st.global.b32 [%out], %r3;",
      tile);
  EXPECT_EQ(runText(text, {0}, 64, blockOf(64)).out[40], 40u);
}

TEST(Fault, RaceBetweenBlocks) {
  const auto w =
      faultOf(ptxKernel("  st.global.b32 [%out], %t;"), blockOf(32, 2));
  EXPECT_EQ(w.kind, FaultKind::GlobalRace);
  EXPECT_EQ(w.block, 1u);
  EXPECT_TRUE(contains(w.detail, "block 0 of the same launch")) << w.detail;
  // A second launch may write the same words.
  const Module m = Module::parse(ptxKernel("  st.global.b32 [%out], %t;"), "t");
  Simulator gpu;
  KernelArguments a;
  a.in = a.out = gpu.allocate(1024, "out");
  const auto p = a.bytes();
  for (int k = 0; k < 5000; ++k)
    gpu.launch(m, "k", blockOf(32), p.data(), p.size());
}

TEST(Fault, MissingWaitForACopy) {
  const std::string copy =
      "  mov.b64 %d1, tile;\n  mul.wide.u32 %d2, %t, 16;\n  add.s64 %d1, %d1, "
      "%d2;\n"
      "  ld.param.u64 %d3, [k_in];\n  add.s64 %d3, %d3, %d2;\n"
      "  cp.async.cg.shared.global [%d1], [%d3], 16;\n  "
      "cp.async.commit_group;\n";
  const auto w = faultOf(ptxKernel(copy + "  ld.shared.b32 %r1, [%d1];", tile),
                         blockOf(32));
  EXPECT_EQ(w.kind, FaultKind::SharedRace);
  EXPECT_TRUE(contains(
      w.detail, "a cp.async copy of warp 0 of block 0 that was not waited for"))
      << w.detail;
  // Waiting for all groups but the newest one does not help either.
  EXPECT_EQ(
      faultOf(
          ptxKernel(copy +
                        "  cp.async.wait_group 1;\n  ld.shared.b32 %r1, [%d1];",
                    tile),
          blockOf(32))
          .kind,
      FaultKind::SharedRace);
  // The wait of one warp tells the others nothing without a barrier.
  const std::string other =
      copy + "  cp.async.wait_group 0;\nB  xor.b64 %d1, %d1, 512;\n"
             "  ld.shared.b32 %r1, [%d1];";
  std::string with = other, without = other;
  with.replace(with.find("B  xor"), 1, "  bar.sync 0;\n");
  without.replace(without.find("B  xor"), 1, "");
  EXPECT_NO_THROW(runText(ptxKernel(with, tile), std::vector<uint32_t>(256), 1,
                          blockOf(64)));
  const FaultKind kind = faultOf(ptxKernel(without, tile), blockOf(64)).kind;
  EXPECT_TRUE(kind == FaultKind::SharedRace ||
              kind == FaultKind::UnwrittenShared);
}

TEST(Fault, MissingWaitBeforeReuse) {
  // A second copy into bytes that another warp may still read.
  const std::string text =
      ptxKernel("  mov.b64 %d1, tile;\n  ld.param.u64 %d3, [k_in];\n  "
                "setp.eq.s32 %p1, %t, 0;\n"
                "  @%p1 cp.async.ca.shared.global [%d1], [%d3], 4;\n  "
                "cp.async.wait_all;\n  bar.sync 0;\n"
                "  ld.shared.b32 %r1, [%d1];\n  setp.eq.s32 %p2, %t, 32;\n"
                "  @%p2 cp.async.ca.shared.global [%d1], [%d3+4], 4;\n  "
                "cp.async.wait_all;",
                tile);
  EXPECT_EQ(faultOf(text, blockOf(64)).kind, FaultKind::SharedRace);
}

TEST(Fault, Deadlock) {
  const auto w =
      faultOf(ptxKernel("  setp.lt.u32 %p1, %t, 32;\n  @%p1 bar.sync 1, 64;\n"
                        "  @!%p1 bar.sync 2, 64;"),
              blockOf(64));
  EXPECT_EQ(w.kind, FaultKind::Deadlock);
  EXPECT_TRUE(contains(w.detail, "warp 0 of block 0 waits for a barrier"))
      << w.detail;
  EXPECT_TRUE(contains(w.detail, "warp 1 of block 0 waits")) << w.detail;
}

TEST(Fault, ABarrierDoesNotWaitForEndedWarps) {
  EXPECT_NO_THROW(runText(
      ptxKernel("  setp.lt.u32 %p1, %t, 32;\n  @%p1 exit;\n  bar.sync 0;"), {0},
      1, blockOf(96)));
}

TEST(Fault, DivergenceAtABarrier) {
  EXPECT_EQ(
      faultOf(
          ptxKernel(
              "  setp.lt.u32 %p1, %t, 16;\n  @%p1 bra L;\n  bar.sync 0;\nL:"),
          blockOf(32))
          .kind,
      FaultKind::Divergence);
  EXPECT_EQ(faultOf(ptxKernel("  setp.lt.u32 %p1, %t, 16;\n  @%p1 bra L;\n"
                              "  shfl.sync.idx.b32 %r1, %t, 0, 31, -1;\nL:"),
                    blockOf(32))
                .kind,
            FaultKind::Divergence);
}

TEST(Fault, TrapsAndLimits) {
  EXPECT_EQ(
      faultOf(ptxKernel("  setp.eq.s32 %p1, %t, 5;\n  @%p1 trap;"), blockOf(32))
          .thread,
      5u);
  Limits limits;
  limits.warpInstructions = 100000;
  const Module m = Module::parse(ptxKernel("L:\n  bra L;"), "t", limits);
  Simulator gpu(limits);
  const std::vector<uint8_t> p(20);
  try {
    gpu.launch(m, "k", blockOf(32), p.data(), p.size());
    FAIL();
  } catch (const Fault &f) {
    EXPECT_EQ(f.kind(), FaultKind::Limit);
    EXPECT_EQ(f.code(), ErrorCode::Resources);
  }
}

TEST(Fault, BadBarriers) {
  EXPECT_EQ(faultOf(ptxKernel("  bar.sync 0, 33;"), blockOf(64)).kind,
            FaultKind::BadOperand);
  EXPECT_EQ(
      faultOf(ptxKernel("  add.s32 %r1, %n, 16;\n  bar.sync %r1;"), blockOf(64))
          .kind,
      FaultKind::BadOperand);
}

} // namespace
