//===- LowerRowsTest.cpp - kernel.rows on the GPU -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GpuHarness.h"
#include "test/passes/Codegen/RowsCases.h"
#include "test/passes/Codegen/RowsExtentCases.h"

using namespace moec::test;

namespace {

/// Sums, a row at a time and a column at a time: whole sectors, no bank
/// conflicts.
TEST(GpuLowerRows, TouchesWholeSectors) {
  for (const char *map : {"d0, d1", "d1, d0"})
    for (auto [p, c] : {std::pair<int64_t, int64_t>{96, 6272},
                        {6272, 96},
                        {4096, 4},
                        {1, 70000}}) {
      bool along = map[1] == '0';
      KernelText text =
          KernelText("rows", {p, c})
              .in(along ? shape({p, c}, "f32") : shape({c, p}, "f32"), map)
              .out(shape({p}, "f32"), "d0")
              .phase("add", 1, yieldFirst)
              .finish(yieldSum)
              .emit("kernel.yield");
      GpuHarness harness(text.str());
      harness.randomize();
      ASSERT_TRUE(harness.check(1e-4)) << text.str();
      EXPECT_LE(harness.counters().globalLoadExcess(), 1.05) << text.str();
      EXPECT_EQ(harness.counters().sharedLoadConflicts, 0u) << text.str();
      EXPECT_EQ(harness.counters().sharedStoreConflicts, 0u) << text.str();
    }
}

/// Sums of columns of bf16: 16 of them are a sector. Rows that begin anywhere
/// are cut at both ends.
TEST(GpuLowerRows, ReadsWholeSectorsOfColumns) {
  for (auto [p, c] : {std::pair<int64_t, int64_t>{96, 392}, {192, 784}}) {
    GpuHarness harness(KernelText("rows", {p, c})
                           .in(shape({c, p}, "bf16"), "d1, d0")
                           .out(shape({p}, "f32"), "d0")
                           .phase("add", 1,
                                  "%e = arith.extf %a0 : bf16 to f32 "
                                  "kernel.yield %e : f32")
                           .finish(yieldSum)
                           .emit("kernel.yield")
                           .str());
    harness.randomize();
    ASSERT_TRUE(harness.check(1e-4));
    EXPECT_LE(harness.counters().globalLoadExcess(), 1.01);
  }
  GpuHarness ragged(KernelText("rows", {4, 98, 512})
                        .in("512x98xf32", "d2, d1")
                        .in("5xi32", "d0")
                        .out("4x98xf32", "d0, d1")
                        .with("ragged 2 by 1")
                        .phase("add", 1, yieldFirst)
                        .finish(yieldSum)
                        .emit("kernel.yield")
                        .str());
  ragged.randomize();
  const int32_t offsets[] = {0, 130, 130, 400, 511}; // one group is empty
  std::memcpy(ragged.data<int32_t>(1), offsets, sizeof(offsets));
  ASSERT_TRUE(ragged.check(1e-4));
  EXPECT_LE(ragged.counters().globalLoadExcess(), 1.3);
}

/// x - mean and, once a row, the mean; [a, t, c] is read, [a, c, t] written.
KernelText centerAcross(int64_t a, int64_t t, int64_t c, bool both) {
  KernelText text = KernelText("rows", {a, t, c})
                        .in(shape({a, t, c}, "f32"), "d0, d1, d2")
                        .in(shape({c}, "f32"), "d2")
                        .out(shape({a, t}, "f32"), "d0, d1")
                        .out(shape({a, c, t}, "f32"), "d0, d2, d1");
  if (both)
    text.out(shape({a, t, c}, "f32"), "d0, d1, d2");
  std::string emit = "%m = arith.mulf %v0, %a1 : f32 "
                     "%d = arith.subf %a0, %m : f32 kernel.yield %d";
  return text.phase("add", 1, yieldFirst)
      .finish(yieldSum)
      .emit(emit + (both ? ", %m : f32, f32" : " : f32"));
}

TEST(GpuLowerRows, EmitsAcrossInWholeSectors) {
  for (auto [t, c] : {std::pair<int64_t, int64_t>{98, 64},
                      {64, 64},
                      {49, 128},
                      {196, 96},
                      {256, 512}}) {
    GpuHarness harness(centerAcross(4, t, c, false).str());
    harness.randomize();
    ASSERT_TRUE(harness.check(1e-4));
    const moec::ptxsim::Counters &did = harness.counters();
    EXPECT_LE(did.globalLoadExcess(), 1.01) << t;
    EXPECT_LE(did.globalStoreExcess(), 1.15) << t;
    if (t % 32 == 0) {
      EXPECT_EQ(did.globalStoreExcess(), 1.0) << t;
      EXPECT_EQ(did.sharedLoadConflicts, 0u);
      EXPECT_EQ(did.sharedStoreConflicts, 0u);
    }
  }
}

TEST(GpuLowerRows, EmitsAcrossAnyShape) {
  for (int64_t a : {1, 3})
    for (int64_t t : {1, 7, 8, 37, 128, 131})
      for (int64_t c : {1, 15, 16, 17, 67, 300})
        for (bool both : {false, true}) {
          KernelText text = centerAcross(a, t, c, both);
          GpuHarness harness(text.str());
          harness.randomize();
          EXPECT_TRUE(harness.check(1e-4)) << text.str();
        }
}

} // namespace

namespace moec::test {
INSTANTIATE_TYPED_TEST_SUITE_P(GPU, RowsCases, GpuHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(GPU, RowsExtentCases, GpuHarness);
} // namespace moec::test
