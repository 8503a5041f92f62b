//===- LowerMapTransposeTest.cpp - Transposing maps on the GPU ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GpuHarness.h"
#include "test/passes/Codegen/KernelText.h"
#include <cstring>

using namespace moec::test;

namespace {

constexpr const char *half =
    "%c = arith.constant 0.5 : f32 %r = arith.mulf %a0, %c : f32 "
    "kernel.yield %r : f32";

/// [a, c, b] to [a, b, c].
KernelText transpose(int64_t a, int64_t b, int64_t c, const char *type,
                     const char *body) {
  return KernelText("map", {a, b, c})
      .in(shape({a, c, b}, type), "d0, d2, d1")
      .out(shape({a, b, c}, type), "d0, d1, d2")
      .body(body);
}

/// Sectors that were moved, relative to the fewest; no waiting for banks.
void expectCoalesced(const GpuHarness &harness, double most) {
  const moec::ptxsim::Counters &did = harness.counters();
  EXPECT_LE(did.globalLoadExcess(), most);
  EXPECT_LE(did.globalStoreExcess(), most);
  EXPECT_EQ(did.sharedLoadConflicts, 0u);
  EXPECT_EQ(did.sharedStoreConflicts, 0u);
}

TEST(GpuLowerMapTranspose, MovesWholeSectors) {
  for (auto [a, b, c] :
       {std::array<int64_t, 3>{1, 32, 32}, {2, 64, 96}, {1, 512, 256}})
    for (const char *type : {"f32", "bf16"}) {
      std::string body = std::string("kernel.yield %a0 : ") + type;
      GpuHarness harness(transpose(a, b, c, type, body.c_str()).str());
      harness.randomize();
      ASSERT_TRUE(harness.check());
      EXPECT_EQ(harness.ptx().variant, "tile");
      expectCoalesced(harness, 1.0);
      EXPECT_EQ(harness.counters().globalPartialSectors, 0u);
    }
}

/// Extents of the models: tokens are no multiple of a sector.
TEST(GpuLowerMapTranspose, CoversTokensAsAWhole) {
  for (int64_t tokens : {49, 98, 196})
    for (bool back : {false, true}) {
      KernelText text = back ? transpose(8, tokens, 64, "f32", half)
                             : transpose(8, 64, tokens, "f32", half);
      GpuHarness harness(text.str());
      harness.randomize();
      ASSERT_TRUE(harness.check());
      EXPECT_EQ(harness.ptx().variant, "tile");
      EXPECT_LE(harness.counters().globalLoadExcess(), 1.1) << text.str();
      EXPECT_LE(harness.counters().globalStoreExcess(), 1.1) << text.str();
    }
}

/// Odd, prime and one; tiles cut at both edges.
TEST(GpuLowerMapTranspose, AnyExtent) {
  for (int64_t a : {1, 3})
    for (int64_t b : {1, 2, 31, 37, 101, 300})
      for (int64_t c : {1, 8, 33, 67, 257})
        for (const char *type : {"f32", "bf16"}) {
          if (a * b * c > 30000)
            continue;
          std::string body = std::string("kernel.yield %a0 : ") + type;
          KernelText text = transpose(a, b, c, type, body.c_str());
          GpuHarness harness(text.str());
          harness.randomize();
          EXPECT_TRUE(harness.check()) << text.str();
        }
}

/// Values that are the same along a loop, and positions, keep their meaning.
TEST(GpuLowerMapTranspose, BroadcastsAndPositions) {
  for (int64_t n : {40, 67}) {
    KernelText text = KernelText("map", {3, n, 33})
                          .in(shape({3, 33, n}, "f32"), "d0, d2, d1")
                          .in(shape({n}, "f32"), "d1")
                          .in(shape({3, 33}, "f32"), "d0, d2")
                          .out(shape({3, n, 33}, "f32"), "d0, d1, d2")
                          .body("%i = kernel.index 1 : i32 "
                                "%f = arith.sitofp %i : i32 to f32 "
                                "%p = arith.mulf %a0, %a1 : f32 "
                                "%q = arith.mulf %f, %a2 : f32 "
                                "%s = arith.addf %p, %q : f32 "
                                "kernel.yield %s : f32");
    GpuHarness harness(text.str());
    harness.randomize();
    EXPECT_TRUE(harness.check()) << text.str();
    EXPECT_EQ(harness.ptx().variant, "tile");
  }
}

/// An out that lies the other way round is staged too.
TEST(GpuLowerMapTranspose, OutsInTwoOrders) {
  for (auto [m, n] : {std::pair<int64_t, int64_t>{64, 64}, {45, 77}}) {
    GpuHarness harness(KernelText("map", {m, n})
                           .in(shape({m, n}, "f32"), "d0, d1")
                           .in(shape({n, m}, "f32"), "d1, d0")
                           .out(shape({m, n}, "f32"), "d0, d1")
                           .out(shape({n, m}, "f32"), "d1, d0")
                           .body("%s = arith.addf %a0, %a1 : f32 "
                                 "%d = arith.subf %a0, %a1 : f32 "
                                 "kernel.yield %s, %d : f32, f32")
                           .str());
    harness.randomize();
    EXPECT_TRUE(harness.check());
    EXPECT_EQ(harness.ptx().variant, "tile");
    if (m == 64)
      expectCoalesced(harness, 1.0);
  }
}

/// Rows of the items in the order of a plan, written token by token; some of
/// them missing.
TEST(GpuLowerMapTranspose, GathersRows) {
  for (int64_t n : {98, 64, 37}) {
    KernelText text = KernelText("map", {4, n, 64})
                          .in(shape({200, n}, "f32"), "0, d1")
                          .in("259xi32", "d0 * 64 + d2 + 3")
                          .in("256x1xf32", "d0 * 64 + d2, 0")
                          .out(shape({4, n, 64}, "f32"), "d0, d1, d2")
                          .with("gathers [1, -1, -1]")
                          .body("%r = arith.mulf %a0, %a2 : f32 "
                                "kernel.yield %r : f32");
    GpuHarness harness(text.str());
    harness.randomize();
    for (int64_t i = 0; i < 259; ++i)
      harness.data<int32_t>(1)[i] = i % 7 == 1 ? -1 : i * 77 % 200;
    EXPECT_TRUE(harness.check()) << text.str();
    EXPECT_EQ(harness.ptx().variant, "tile");
    EXPECT_LE(harness.counters().globalStoreExcess(), 1.01);
  }
}

/// Patches: four loops, none of them long.
TEST(GpuLowerMapTranspose, TakesImagesApart) {
  KernelText text = KernelText("map", {8, 7, 7, 4, 4})
                        .in("8x28x28xi8", "d0, d1 * 4 + d3, d2 * 4 + d4")
                        .out("8x49x16xi8", "d0, d1 * 7 + d2, d3 * 4 + d4")
                        .body("kernel.yield %a0 : i8");
  GpuHarness harness(text.str());
  harness.randomize();
  for (int64_t i = 0; i < harness.size(0); ++i)
    harness.data<uint8_t>(0)[i] = i * 37 + i / 11;
  EXPECT_TRUE(harness.check());
  EXPECT_LE(harness.counters().globalLoadExcess(), 1.1);
  EXPECT_LE(harness.counters().globalStoreExcess(), 1.1);
}

/// What is staged may be overwritten where it lies.
TEST(GpuLowerMapTranspose, InPlace) {
  GpuHarness harness(KernelText("map", {70, 90})
                         .in("90x70xf32", "d1, d0")
                         .in("70x90xf32", "d0, d1")
                         .out("70x90xf32", "d0, d1")
                         .body("%s = arith.addf %a0, %a1 : f32 "
                               "kernel.yield %s : f32")
                         .str());
  harness.randomize();
  ASSERT_TRUE(harness.check());
  std::vector<float> apart(harness.data<float>(2),
                           harness.data<float>(2) + harness.size(2));
  ASSERT_TRUE(harness.run({0, 1, 1}));
  EXPECT_EQ(std::memcmp(harness.data<float>(2), apart.data(), apart.size() * 4),
            0);
}

} // namespace
