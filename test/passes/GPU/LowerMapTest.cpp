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

/// An optimizer step whose outs are its inputs.
TEST(GpuLowerMap, UpdatesInPlace) {
  for (int64_t n : {5, 77, 40000}) {
    std::string type = shape({n}, "f32");
    GpuHarness harness(KernelText("map", {n})
                           .in(type, "d0")
                           .in(type, "d0")
                           .in("f32", "")
                           .out(type, "d0")
                           .out(type, "d0")
                           .body("%m = arith.mulf %a1, %a2 : f32 "
                                 "%n = arith.addf %m, %a0 : f32 "
                                 "%p = arith.subf %a0, %n : f32 "
                                 "kernel.yield %n, %p : f32, f32")
                           .str());
    harness.randomize();
    ASSERT_TRUE(harness.check());
    std::vector<float> first(harness.data<float>(3),
                             harness.data<float>(3) + n);
    std::vector<float> second(harness.data<float>(4),
                              harness.data<float>(4) + n);
    // Outs swapped: out 0 lands in input 0, out 1 in input 1.
    ASSERT_TRUE(harness.run({0, 1, 2, 0, 1}));
    EXPECT_EQ(std::memcmp(harness.data<float>(3), first.data(), n * 4), 0);
    EXPECT_EQ(std::memcmp(harness.data<float>(4), second.data(), n * 4), 0);
  }
}

} // namespace

namespace moec::test {
INSTANTIATE_TYPED_TEST_SUITE_P(GPU, MapCases, GpuHarness);
} // namespace moec::test
