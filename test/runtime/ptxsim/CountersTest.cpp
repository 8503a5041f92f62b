//===- CountersTest.cpp - What a launch counts ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxTest.h"

using namespace moec::rt::ptxsim;

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
