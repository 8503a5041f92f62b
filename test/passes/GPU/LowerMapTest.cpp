//===- LowerMapTest.cpp - kernel.map on the GPU ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GpuHarness.h"
#include "test/passes/Codegen/MapCases.h"

using namespace moec::test;

namespace {

TEST(GpuLowerMap, LongVectorInManyBlocks) {
  for (int64_t n : {65536, 100003}) {
    KernelText text = KernelText("map", {n})
                          .in(shape({n}, "f32"), "d0")
                          .in(shape({n}, "f32"), "d0")
                          .out(shape({n}, "f32"), "d0")
                          .body(scaleAndAdd);
    GpuHarness harness(text.str());
    harness.randomize();
    ASSERT_TRUE(harness.check());
    EXPECT_GE(harness.ptx().grid, 128);
    // Every sector is whole.
    EXPECT_LE(harness.counters().globalLoadExcess(), 1.01);
    EXPECT_LE(harness.counters().globalStoreExcess(), 1.01);
  }
}

} // namespace

namespace moec::test {
INSTANTIATE_TYPED_TEST_SUITE_P(GPU, MapCases, GpuHarness);
} // namespace moec::test
