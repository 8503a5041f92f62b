//===- LowerRowsTest.cpp - kernel.rows against its definition -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelHarness.h"
#include "test/passes/Codegen/RowsCases.h"
#include "test/passes/Codegen/RowsExtentCases.h"

using namespace moec::test;

namespace {

TEST(LowerRows, NarrowVectors) {
  for (int lanes : {4, 8})
    for (const char *map : {"d0, d1", "d1, d0"}) {
      std::string text = softmax(KernelText("rows", {37, 37})
                                     .in("37x37xf32", map)
                                     .out("37x37xf32", map))
                             .str();
      KernelHarness harness(onCpu(lanes, 16, text));
      harness.randomize();
      EXPECT_TRUE(harness.check()) << text;
    }
}

TEST(LowerRows, LargeWorkHasManyBlocks) {
  KernelHarness harness(softmax(KernelText("rows", {6272, 96})
                                    .in("6272x96xf32", "d0, d1")
                                    .out("6272x96xf32", "d0, d1"))
                            .str());
  EXPECT_GE(harness.kernel().blocks(), 16);
}

} // namespace

namespace moec::test {
INSTANTIATE_TYPED_TEST_SUITE_P(CPU, RowsCases, KernelHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(CPU, RowsExtentCases, KernelHarness);
} // namespace moec::test
