//===- CountersTest.cpp - What a launch counts ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxTest.h"

using namespace moec::ptxsim;

namespace {

Counters count(const std::string &body, const std::string &declarations = "",
               uint32_t words = 4096) {
  return runText(ptxKernel(body, declarations), std::vector<uint32_t>(words),
                 words, blockOf(32))
      .counters;
}

/// Loads from in + stride * tid.
Counters strided(const char *stride,
                 const char *load = "ld.global.b32 %r1, [%d1];") {
  return count(
      std::string("  ld.param.u64 %d1, [k_in];\n  mul.wide.u32 %d2, %t, ") +
      stride + ";\n  add.s64 %d1, %d1, %d2;\n  " + load);
}

TEST(Counters, CountsSectorsOfLoads) {
  const Counters packed = strided("4");
  EXPECT_EQ(packed.globalLoads, 1u);
  EXPECT_EQ(packed.globalLoadSectors, 4u);
  EXPECT_EQ(packed.globalLoadIdealSectors, 4u);
  EXPECT_EQ(packed.globalLoadBytes, 128u);
  EXPECT_EQ(packed.globalLoadExcess(), 1.0);
  const Counters same = strided("0");
  EXPECT_EQ(same.globalLoadSectors, 1u);
  EXPECT_EQ(same.globalLoadIdealSectors, 1u);
  const Counters spread = strided("64");
  EXPECT_EQ(spread.globalLoadSectors, 32u);
  EXPECT_EQ(spread.globalLoadExcess(), 8.0);
  const Counters wide =
      strided("16", "ld.global.v4.b32 {%r1, %r2, %r3, %r4}, [%d1];");
  EXPECT_EQ(wide.globalLoadSectors, 16u);
  EXPECT_EQ(wide.globalLoadIdealSectors, 16u);
  // Packed, but four bytes behind the begin of a sector.
  const Counters shifted = strided("4", "ld.global.b32 %r1, [%d1+4];");
  EXPECT_EQ(shifted.globalLoadSectors, 5u);
  EXPECT_EQ(shifted.globalLoadIdealSectors, 4u);
}

TEST(Counters, CountsPartialSectorsOfStores) {
  const Counters whole = count("  st.global.b32 [%out], %t;");
  EXPECT_EQ(whole.globalStoreSectors, 4u);
  EXPECT_EQ(whole.globalPartialSectors, 0u);
  const Counters shifted = count("  st.global.b32 [%out+4], %t;");
  EXPECT_EQ(shifted.globalStoreSectors, 5u);
  EXPECT_EQ(shifted.globalPartialSectors, 2u);
  const Counters few =
      count("  setp.lt.u32 %p1, %t, 3;\n  @%p1 st.global.b32 [%out], %t;");
  EXPECT_EQ(few.globalStoreSectors, 1u);
  EXPECT_EQ(few.globalPartialSectors, 1u);
  EXPECT_EQ(few.globalStoreBytes, 12u);
}

/// Loads from tile + stride * tid after every word was written.
uint64_t conflicts(const std::string &stride,
                   const char *load = "ld.shared.b32 %r1, [%d2];") {
  return count("  mov.b64 %d1, tile;\n  add.s64 %d1, %d1, %off;\n  mov.b32 "
               "%r1, 0;\n"
               "L:\n  st.shared.b32 [%d1], %r1;\n  add.s64 %d1, %d1, 128;\n"
               "  add.s32 %r1, %r1, 1;\n  setp.lt.u32 %p1, %r1, 64;\n  @%p1 "
               "bra L;\n"
               "  bar.sync 0;\n  mov.b64 %d1, tile;\n  mul.wide.u32 %d2, %t, " +
                   stride + ";\n  add.s64 %d2, %d2, %d1;\n  " + load,
               "  .shared .align 16 .b8 tile[8192];\n")
      .sharedLoadConflicts;
}

TEST(Counters, CountsBankConflicts) {
  EXPECT_EQ(conflicts("4"), 0u);
  EXPECT_EQ(conflicts("0"), 0u); // one word for all
  EXPECT_EQ(conflicts("8"), 1u);
  EXPECT_EQ(conflicts("16"), 3u);
  EXPECT_EQ(conflicts("128"), 31u);
  EXPECT_EQ(conflicts("132"), 0u); // the usual padding
  EXPECT_EQ(conflicts("16", "ld.shared.v4.b32 {%r1, %r2, %r3, %r4}, [%d2];"),
            0u);
  EXPECT_EQ(conflicts("32", "ld.shared.v4.b32 {%r1, %r2, %r3, %r4}, [%d2];"),
            4u);
  EXPECT_EQ(conflicts("8", "ld.shared.v2.b32 {%r1, %r2}, [%d2];"), 0u);
  EXPECT_EQ(conflicts("2", "ld.shared.b16 %h1, [%d2];"), 0u);
}

TEST(Counters, CountsInstructionsByClass) {
  const Counters c =
      runText(ptxKernel("  setp.lt.u32 %p1, %t, 40;\n  @%p1 fma.rn.f32 %r1, "
                        "%r2, %r3, %r4;\n"
                        "  mul.f32 %r1, %r1, %r1;\n  cvt.rn.f32.s32 %r2, %t;\n"
                        "  bar.sync 0;\n  bar.sync 0;"),
              {0}, 1, blockOf(64))
          .counters;
  EXPECT_EQ(c.ofClass(InstClass::Float), 4u);
  EXPECT_EQ(c.floatFlops, 40u * 2 + 64);
  EXPECT_EQ(c.ofClass(InstClass::Convert), 2u);
  EXPECT_EQ(c.ofClass(InstClass::Barrier), 4u);
  EXPECT_EQ(c.barriers, 2u);
  EXPECT_EQ(c.partialWarpInstructions, 1u);
  uint64_t sum = 0;
  for (uint64_t n : c.byClass)
    sum += n;
  EXPECT_EQ(sum, c.warpInstructions);
}

TEST(Counters, TellsParametersFromLocalMemory) {
  const Counters c = count("  ld.param.u32 %r1, [k_n];\n"
                           "  mov.b64 %d1, array;\n"
                           "  st.local.v2.b32 [%d1], {%r1, %r1};\n"
                           "  cvta.local.u64 %d2, %d1;\n"
                           "  ld.b32 %r2, [%d2+4];",
                           "  .local .align 8 .b8 array[8];\n");
  EXPECT_EQ(c.ofClass(InstClass::Param), 4u); // three of ptxKernel()
  EXPECT_EQ(c.ofClass(InstClass::Local), 1u);
  EXPECT_EQ(c.localBytes, 32u * 12); // the generic load, too
  const Counters none = count("  ld.param.u32 %r1, [k_n];");
  EXPECT_EQ(none.ofClass(InstClass::Param), 4u);
  EXPECT_EQ(none.ofClass(InstClass::Local), 0u);
  EXPECT_EQ(none.localBytes, 0u);
}

TEST(Counters, ArgumentsOfCallsAreParameters) {
  const std::string text = ptxKernel(
      "{ .param .b32 a;\n  .param .b32 r;\n  st.param.b32 [a], %t;\n"
      "  call.uni (r), twice, (a);\n  ld.param.b32 %r1, [r]; }",
      "",
      ".func (.param .b32 r) twice(.param .b32 a)\n{\n  .reg .b32 %r<3>;\n"
      "  ld.param.b32 %r1, [a];\n  add.s32 %r2, %r1, %r1;\n"
      "  st.param.b32 [r], %r2;\n  ret;\n}\n");
  const Counters c = runText(text, {0}, 1, blockOf(32)).counters;
  EXPECT_EQ(c.ofClass(InstClass::Param), 3u + 4u);
  EXPECT_EQ(c.ofClass(InstClass::Local), 0u);
  EXPECT_EQ(c.localBytes, 0u);
}

/// Commits `groups` groups of one copy, waits until `keep` are left, commits
/// one more and waits for all.
Counters copyGroups(int groups, int keep, const char *guard = "",
                    const char *pitch = "16") {
  std::string body = "  ld.param.u64 %d1, [k_in];\n  mov.b64 %d2, tile;\n"
                     "  mul.wide.u32 %d3, %t, 16;\n  add.s64 %d1, %d1, %d3;\n"
                     "  mul.wide.u32 %d3, %t, " +
                     std::string(pitch) +
                     ";\n  add.s64 %d2, %d2, %d3;\n  setp.gt.u32 %p1, %n, 0;\n";
  for (int g = 0; g <= groups; ++g) {
    if (g == groups)
      body += "  cp.async.wait_group " + std::to_string(keep) + ";\n";
    body += "  " + std::string(guard) + "cp.async.cg.shared.global [%d2+" +
            std::to_string(4096 * (g % 8)) +
            "], [%d1], 16;\n  cp.async.commit_group;\n";
  }
  return count(body + "  cp.async.wait_all;",
               "  .shared .align 16 .b8 tile[33792];\n", 4096);
}

TEST(Counters, CountsGroupsOfCopiesInFlight) {
  EXPECT_EQ(copyGroups(1, 0).copyGroupsInFlight, 1u);
  EXPECT_EQ(copyGroups(3, 0).copyGroupsInFlight, 3u);
  EXPECT_EQ(copyGroups(3, 2).copyGroupsInFlight, 3u);
  EXPECT_EQ(copyGroups(3, 3).copyGroupsInFlight, 4u);
  // Groups that copy nothing are no stages.
  EXPECT_EQ(copyGroups(3, 3, "@%p1 ").copyGroupsInFlight, 0u);
  Counters sum = copyGroups(2, 0);
  sum += copyGroups(5, 0);
  sum += copyGroups(1, 0);
  EXPECT_EQ(sum.copyGroupsInFlight, 5u);
}

TEST(Counters, TellsConflictsOfCopiesApart) {
  const Counters packed = copyGroups(1, 0);
  EXPECT_EQ(packed.copyConflicts, 0u);
  // A multiple of 128 bytes: all eight lanes of a quarter in the same banks.
  const Counters apart = copyGroups(1, 0, "", "128");
  EXPECT_EQ(apart.copyConflicts, 2u * 4 * 7);
  EXPECT_EQ(apart.sharedStoreConflicts, apart.copyConflicts);
  EXPECT_EQ(apart.sharedLoadConflicts, 0u);
}

TEST(Counters, Add) {
  Counters a = strided("4");
  const Counters b = strided("64");
  const uint64_t both = a.warpInstructions + b.warpInstructions;
  a.sharedBytesPerBlock = 7;
  a += b;
  EXPECT_EQ(a.launches, 2u);
  EXPECT_EQ(a.globalLoadSectors, 36u);
  EXPECT_EQ(a.warpInstructions, both);
  EXPECT_EQ(a.sharedBytesPerBlock, 7u);
  EXPECT_STREQ(instClassName(InstClass::Tensor), "tensor");
}

} // namespace
