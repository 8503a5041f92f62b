//===- LowerMapTest.cpp - kernel.map against its definition ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelHarness.h"
#include "test/passes/Codegen/MapCases.h"
#include <cstring>

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
  for (const char *lanes : {"4", "8"})
    for (int64_t n : {3, 21, 196}) {
      std::string text = KernelText("map", {6, n})
                             .in(shape({6, n}, "f32"), "d0, d1")
                             .in(shape({n, 6}, "f32"), "d1, d0")
                             .out(shape({6, n}, "f32"), "d0, d1")
                             .body(scaleAndAdd)
                             .str();
      KernelHarness harness(
          text, std::string("func.func(moec-lower-map{lanes=") + lanes + "})");
      harness.randomize();
      EXPECT_TRUE(harness.check()) << text;
    }
}

/// An optimizer step whose outs are its inputs.
TEST(LowerMap, UpdatesInPlace) {
  for (int64_t n : {5, 77, 40000}) {
    std::string type = shape({n}, "f32");
    KernelHarness harness(KernelText("map", {n})
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
    float *x = harness.data<float>(0), *y = harness.data<float>(1);
    // Outs swapped: out 0 lands in input 0, out 1 in input 1.
    std::vector<float> first(harness.data<float>(3),
                             harness.data<float>(3) + n);
    std::vector<float> second(harness.data<float>(4),
                              harness.data<float>(4) + n);
    void *args[] = {x, y, harness.data<float>(2), x, y};
    harness.kernel().run(args, 0, harness.kernel().blocks());
    EXPECT_EQ(std::memcmp(x, first.data(), n * 4), 0);
    EXPECT_EQ(std::memcmp(y, second.data(), n * 4), 0);
  }
}

} // namespace

namespace moec::test {
INSTANTIATE_TYPED_TEST_SUITE_P(CPU, MapCases, KernelHarness);
} // namespace moec::test
