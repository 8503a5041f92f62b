//===- LowerRowsTest.cpp - kernel.rows on the GPU -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GpuHarness.h"
#include "test/passes/Codegen/RowsCases.h"

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

} // namespace

namespace moec::test {
INSTANTIATE_TYPED_TEST_SUITE_P(GPU, RowsCases, GpuHarness);
} // namespace moec::test
