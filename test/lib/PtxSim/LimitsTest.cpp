//===- LimitsTest.cpp - Text that wants too much --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Whatever a text asks for ends in an error before it takes much memory or
// time of the host.
//
//===----------------------------------------------------------------------===//

#include "PtxTest.h"

using namespace moec;
using namespace moec::ptxsim;

namespace {

const std::string header = ".version 8.0\n.target sm_90a\n.address_size 64\n";

std::string parseErrorWith(const std::string &text, const Limits &limits) {
  try {
    Module::parse(text, "t", limits);
  } catch (const Error &e) {
    return e.what();
  }
  return "";
}

/// Runs kernel k of ptxKernel() on memory of 64 KiB; the message of the error,
/// if any.
std::string launchErrorWith(const std::string &text, const Limits &limits,
                            LaunchConfig config, Counters *counters = nullptr) {
  const Module m = Module::parse(text, "t", limits);
  Simulator gpu(limits);
  KernelArguments a;
  a.in = gpu.allocate(1 << 16, "in");
  a.out = gpu.allocate(1 << 16, "out");
  const auto bytes = a.bytes();
  try {
    const Counters c = gpu.launch(m, "k", config, bytes.data(), bytes.size());
    if (counters)
      *counters = c;
  } catch (const Error &e) {
    EXPECT_EQ(e.code(), ErrorCode::Resources) << e.what();
    return e.what();
  }
  return "";
}

void expectPart(const std::string &text, const std::string &part) {
  EXPECT_NE(text.find(part), std::string::npos) << "got: " << text;
}

/// `count` kernels that call a function of 2^levels calls.
std::string callers(int levels, int count) {
  std::string text = header + ".func f0() { ret; }\n";
  for (int k = 1; k <= levels; ++k) {
    const std::string call = " call f" + std::to_string(k - 1) + ";";
    text += ".func f" + std::to_string(k) + "() {" + call + call + " }\n";
  }
  for (int k = 0; k < count; ++k)
    text += ".entry k" + std::to_string(k) + "() { call f" +
            std::to_string(levels) + "; }\n";
  return text;
}

TEST(Limits, CountAllKernelsOfAModule) {
  Limits limits;
  limits.instructions = 1 << 16;
  EXPECT_EQ(parseErrorWith(callers(11, 1), limits), "");
  expectPart(parseErrorWith(callers(11, 50), limits), "module is too large");
}

TEST(Limits, CountOperandsOfCalls) {
  // Few statements that bind many operands: 2^12 calls with 1000 each.
  std::string formal, actual;
  for (int k = 0; k < 1000; ++k) {
    formal += (k ? ", .param .b32 p" : ".param .b32 p") + std::to_string(k);
    actual += k ? ", x" : "x";
  }
  std::string text = header + ".func f0(" + formal + ") { ret; }\n";
  text += ".func f1() { .param .b32 x; call f0, (" + actual + "); }\n";
  for (int k = 2; k < 14; ++k) {
    const std::string call = " call f" + std::to_string(k - 1) + ";";
    text += ".func f" + std::to_string(k) + "() {" + call + call + " }\n";
  }
  text += ".entry k() { call f13; }\n";
  Limits limits;
  limits.instructions = 1 << 19;
  expectPart(parseErrorWith(text, limits), "module is too large");
}

TEST(Limits, SizesDoNotWrap) {
  // 2^80 bytes, which 64 bits cannot say.
  expectPart(parseErrorWith(ptxKernel("", "  .shared .b8 x[1099511627776]"
                                          "[1099511627776];\n"),
                            {}),
             "variable x is too large");
}

TEST(Limits, TensorInstructionsCountForMore) {
  const std::string loop =
      "L:\n  mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
      "{%r1, %r2, %r3, %r4}, {%r5, %r6, %r7, %r8}, {%r9, %r10}, "
      "{%r1, %r2, %r3, %r4};\n  add.u32 %r11, %r11, 1;\n"
      "  setp.lt.u32 %p1, %r11, 1000;\n  @%p1 bra L;";
  Limits limits;
  limits.warpInstructions = 20000;
  EXPECT_EQ(launchErrorWith(ptxKernel(loop), limits, blockOf(32)), "");
  limits.warpInstructions = 10000;
  expectPart(launchErrorWith(ptxKernel(loop), limits, blockOf(32)),
             "more than 10000 warp instructions");
}

TEST(Limits, BlocksWithMuchSharedMemoryCountForMore) {
  Limits limits;
  limits.warpInstructions = 100000;
  LaunchConfig config = blockOf(32, 100);
  EXPECT_EQ(launchErrorWith(ptxKernel(""), limits, config), "");
  config.sharedBytes = 200000;
  expectPart(launchErrorWith(ptxKernel(""), limits, config),
             "more than 100000 warp instructions");
}

TEST(Limits, BarriersInMemory) {
  const std::string body =
      "  mov.b64 %d1, tile;\nL:\n  mbarrier.init.shared.b64 [%d1], 1;\n"
      "  add.s64 %d1, %d1, 8;\n  add.u32 %r1, %r1, 1;\n"
      "  setp.lt.u32 %p1, %r1, 1100;\n  @%p1 bra L;";
  const std::string text =
      ptxKernel(body, "  .shared .align 16 .b8 tile[9000];\n");
  expectPart(launchErrorWith(text, {}, blockOf(1)),
             "more than 1024 mbarriers in one block");
}

TEST(Limits, BarriersThatEndTakeNothing) {
  const std::string body =
      "  mov.b64 %d1, tile;\nL:\n  mbarrier.init.shared.b64 [%d1], 1;\n"
      "  mbarrier.arrive.shared.b64 %d2, [%d1];\n"
      "  mbarrier.inval.shared.b64 [%d1];\n"
      "  add.s64 %d1, %d1, 8;\n  add.u32 %r1, %r1, 1;\n"
      "  setp.lt.u32 %p1, %r1, 1100;\n  @%p1 bra L;";
  const std::string text =
      ptxKernel(body, "  .shared .align 16 .b8 tile[9000];\n");
  EXPECT_EQ(launchErrorWith(text, {}, blockOf(1)), "");
}

TEST(Limits, CopiesInCommittedGroups) {
  const std::string body =
      "  mov.b64 %d1, tile;\n  mul.wide.u32 %d2, %t, 4;\n"
      "  add.s64 %d1, %d1, %d2;\nL:\n"
      "  cp.async.ca.shared.global [%d1], [%in], 4;\n"
      "  and.b32 %r2, %r1, 63;\n  setp.eq.u32 %p2, %r2, 0;\n"
      "  @%p2 cp.async.commit_group;\n  add.u32 %r1, %r1, 1;\n"
      "  setp.lt.u32 %p1, %r1, 2200;\n  @%p1 bra L;";
  const std::string text =
      ptxKernel(body, "  .shared .align 16 .b8 tile[128];\n");
  expectPart(launchErrorWith(text, {}, blockOf(32)),
             "more than 65536 copies of a warp wait");
}

/// Every warp of two reads shared memory, which takes a note for each word.
TEST(Limits, NotesOfTheRaceDetector) {
  const std::string body =
      "  mov.b64 %d1, tile;\n  mul.wide.u32 %d2, %t, 4;\n"
      "  add.s64 %d1, %d1, %d2;\n  st.shared.b32 [%d1], %t;\n"
      "  bar.sync 0;\n  ld.shared.b32 %r1, [%d1];\n"
      "  st.global.b32 [%out], %r1;";
  const std::string text =
      ptxKernel(body, "  .shared .align 16 .b8 tile[65536];\n");
  Limits limits;
  limits.launchMemory = 100000;
  expectPart(launchErrorWith(text, limits, blockOf(64)),
             "race detector has no memory left");
  limits.launchMemory = 200000;
  EXPECT_EQ(launchErrorWith(text, limits, blockOf(64)), "");
}

TEST(Limits, PatternsOfAccesses) {
  // More instructions than there is memory to remember their addresses for:
  // the same counters.
  std::string body;
  for (int k = 0; k < 50; ++k)
    body += "  ld.global.b32 %r1, [%in+" + std::to_string(16 * k) +
            "];\n  st.global.b32 [%out+" + std::to_string(128 * k) +
            "], %r1;\n";
  Limits limits;
  Counters whole, tight;
  EXPECT_EQ(launchErrorWith(ptxKernel(body), limits, blockOf(32), &whole), "");
  limits.launchMemory = 20000;
  EXPECT_EQ(launchErrorWith(ptxKernel(body), limits, blockOf(32), &tight), "");
  EXPECT_EQ(whole.globalLoadSectors, tight.globalLoadSectors);
  EXPECT_EQ(whole.globalStoreSectors, tight.globalStoreSectors);
  EXPECT_EQ(whole.globalStoreSectors, 200u);
}

} // namespace
