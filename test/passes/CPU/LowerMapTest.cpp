//===- LowerMapTest.cpp - kernel.map against its definition ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelHarness.h"
#include "test/passes/Codegen/MapCases.h"

using namespace moec::test;

namespace {

TEST(LowerMap, LongVectorInManyBlocks) {
  for (int64_t n : {65536, 100003}) {
    KernelText text = KernelText("map", {n})
                          .in(shape({n}, "f32"), "d0")
                          .in(shape({n}, "f32"), "d0")
                          .out(shape({n}, "f32"), "d0")
                          .body(scaleAndAdd);
    EXPECT_TRUE(checkText<KernelHarness>(text));
    KernelHarness harness(text.str());
    EXPECT_GE(harness.kernel().blocks(), 4);
  }
}

TEST(LowerMap, NarrowVectors) {
  for (int lanes : {4, 8})
    for (int64_t n : {3, 21, 196}) {
      std::string text = KernelText("map", {6, n})
                             .in(shape({6, n}, "f32"), "d0, d1")
                             .in(shape({n, 6}, "f32"), "d1, d0")
                             .out(shape({6, n}, "f32"), "d0, d1")
                             .body(scaleAndAdd)
                             .str();
      KernelHarness harness(onCpu(lanes, 16, text));
      harness.randomize();
      EXPECT_TRUE(harness.check()) << text;
    }
}

} // namespace

namespace moec::test {
INSTANTIATE_TYPED_TEST_SUITE_P(CPU, MapCases, KernelHarness);
} // namespace moec::test
