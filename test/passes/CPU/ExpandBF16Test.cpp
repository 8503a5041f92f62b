//===- ExpandBF16Test.cpp - Kernels with bf16 against their meaning -------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelHarness.h"
#include "test/passes/Codegen/CheckText.h"
#include "test/passes/Codegen/KernelReference.h"
#include "test/passes/Codegen/KernelSource.h"
#include <cmath>
#include <cstring>

using namespace moec::test;

namespace {

const char *const choose = "moec-assign-schedule";
const char *const roundLeft = "%r = arith.truncf %a0 : f32 to bf16\n"
                              "kernel.yield %r : bf16";

testing::AssertionResult holds(const ContractSource &source,
                               double tolerance = 2e-5) {
  KernelHarness harness(source.str(), choose);
  harness.randomize();
  auto result = harness.check(tolerance);
  if (!result)
    result << "\n" << source.str();
  return result;
}

/// C[m, n] = A[m, k] B[k, n] of bf16, either operand possibly transposed.
ContractSource matmul(int64_t m, int64_t n, int64_t k, bool transposeA,
                      bool transposeB) {
  ContractSource s;
  s.dims = {m, n, k};
  s.inputs = {transposeA ? OperandSource{shape({k, m}, "bf16"), "k, m"}
                         : OperandSource{shape({m, k}, "bf16"), "m, k"},
              transposeB ? OperandSource{shape({n, k}, "bf16"), "n, k"}
                         : OperandSource{shape({k, n}, "bf16"), "k, n"}};
  s.outs = {{shape({m, n}, "f32"), "m, n"}};
  s.lhs = "kernel.yield %a0 : bf16";
  s.rhs = "kernel.yield %a1 : bf16";
  return s;
}

struct Extents {
  int64_t m, n, k;
};
class BF16MatmulTest : public testing::TestWithParam<Extents> {};

/// Products of bf16 are exact and sums f32, so the bound is that of f32.
TEST_P(BF16MatmulTest, AllLayouts) {
  auto [m, n, k] = GetParam();
  for (bool a : {false, true})
    for (bool b : {false, true})
      EXPECT_TRUE(holds(matmul(m, n, k, a, b)));
}

/// The left operand is rounded while it is packed, the result when stored.
TEST_P(BF16MatmulTest, RoundsOperandsAndResults) {
  auto [m, n, k] = GetParam();
  ContractSource s = matmul(m, n, k, false, false);
  s.inputs[0].type = shape({m, k}, "f32");
  s.lhs = roundLeft;
  EXPECT_TRUE(holds(s));
  s.outs = {{shape({m, n}, "bf16"), "m, n"}, {shape({n, m}, "f32"), "n, m"}};
  s.epilogue = "%t = arith.truncf %acc : f32 to bf16\n"
               "kernel.yield %t, %acc : bf16, f32";
  EXPECT_TRUE(holds(s));
}
INSTANTIATE_TEST_SUITE_P(
    Shapes, BF16MatmulTest,
    testing::Values(Extents{1, 1, 1}, Extents{1, 10, 96}, Extents{7, 1, 5},
                    Extents{49, 96, 49}, Extents{13, 17, 19},
                    Extents{64, 64, 64}, Extents{31, 33, 600},
                    Extents{97, 101, 103}, Extents{2, 130, 1025}),
    [](auto &info) {
      return std::to_string(info.param.m) + "x" + std::to_string(info.param.n) +
             "x" + std::to_string(info.param.k);
    });

TEST(BF16ContractTest, AnySchedule) {
  for (const char *schedule : {"tile = [6, 32, 8], micro = [3, 16]",
                               "tile = [1, 1, 1], micro = [1, 1]",
                               "tile = [18, 48, 16], micro = [9, 48]"})
    for (bool transposed : {false, true}) {
      ContractSource s = matmul(37, 83, 41, transposed, transposed);
      s.schedule = schedule;
      EXPECT_TRUE(holds(s)) << schedule;
    }
}

TEST(BF16ContractTest, NarrowVectors) {
  for (const char *machine : {"lanes=8 registers=16", "lanes=4 registers=32"})
    for (bool transposed : {false, true}) {
      std::string lanes = std::string(machine).substr(0, 7);
      KernelHarness harness(matmul(37, 50, 41, transposed, transposed).str(),
                            std::string("moec-assign-schedule{") + machine +
                                "},func.func(moec-lower-contract{" + lanes +
                                "})");
      harness.randomize();
      EXPECT_TRUE(harness.check()) << machine;
    }
}

/// Backward of an activation: the saved value is in a map of the left operand
/// and in the epilogue. A value that is near a tie may be rounded the other
/// way.
TEST(BF16ContractTest, MapsAndEpilogueOfSavedActivations) {
  ContractSource s;
  s.dims = {98, 40, 24};
  s.inputs = {{"2x49x24xbf16", "m floordiv 49, m mod 49, k"},
              {"24x40xbf16", "k, n"},
              {"98x40xbf16", "m, n"}};
  s.outs = {{"98x40xbf16", "m, n"}};
  s.lhs = "%x = arith.extf %a0 : bf16 to f32\n %t = math.tanh %x : f32\n"
          "%r = arith.truncf %t : f32 to bf16\n kernel.yield %r : bf16";
  s.rhs = "kernel.yield %a1 : bf16";
  s.epilogue = "%h = arith.extf %a2 : bf16 to f32\n"
               "%y = arith.mulf %acc, %h : f32\n"
               "%t = arith.truncf %y : f32 to bf16\n kernel.yield %t : bf16";
  EXPECT_TRUE(holds(s, 1e-2));
}

/// Rows gathered by a plan, some absent, groups of uneven size, one empty.
TEST(BF16ContractTest, RaggedRowsWithGather) {
  for (const char *schedule : {"", "tile = [8, 32, 5], micro = [4, 16]"}) {
    ContractSource s;
    s.dims = {4, 50, 21, 18};
    s.inputs = {{"12x18xbf16", "0, k"},
                {"4x18x21xbf16", "g, k, n"},
                {"50xi32", "m"},
                {"5xi32", "g"}};
    s.outs = {{"50x21xbf16", "m, n"}};
    s.gathers = "2, -1, -1, -1";
    s.ragged = "1 by 3";
    s.lhs = "kernel.yield %a0 : bf16";
    s.rhs = "kernel.yield %a1 : bf16";
    s.epilogue = "%t = arith.truncf %acc : f32 to bf16\n"
                 "kernel.yield %t : bf16";
    s.schedule = schedule;
    KernelHarness harness(s.str(), choose);
    harness.randomize();
    for (int i = 0; i < 50; ++i)
      harness.data<int32_t>(2)[i] = i % 9 == 4 ? -1 : (i * 5) % 12;
    const int32_t offsets[] = {0, 17, 17, 20, 44};
    std::copy(offsets, offsets + 5, harness.data<int32_t>(3));
    EXPECT_TRUE(harness.check());
  }
}

TEST(BF16MapTest, ReadsAndWrites) {
  const char *body = "%x = arith.extf %a0 : bf16 to f32 "
                     "%p = arith.mulf %x, %a1 : f32 "
                     "%t = arith.truncf %p : f32 to bf16 "
                     "kernel.yield %t, %p : bf16, f32";
  for (int64_t m : {1, 7, 49})
    for (int64_t n : {1, 3, 16, 31, 97})
      for (const char *map : {"d0, d1", "d1, d0"}) {
        bool turned = map[1] == '1';
        EXPECT_TRUE(checkText<KernelHarness>(
            KernelText("map", {m, n})
                .in(turned ? shape({n, m}, "bf16") : shape({m, n}, "bf16"), map)
                .in(shape({n}, "f32"), "d1")
                .out(shape({m, n}, "bf16"), "d0, d1")
                .out(turned ? shape({n, m}, "f32") : shape({m, n}, "f32"), map)
                .body(body)));
      }
}

TEST(BF16RowsTest, SumsAreF32) {
  for (int64_t m : {1, 5, 64})
    for (int64_t n : {1, 17, 130})
      for (const char *map : {"d0, d1", "d1, d0"}) {
        bool turned = map[1] == '1';
        EXPECT_TRUE(checkText<KernelHarness>(
            KernelText("rows", {m, n})
                .in(turned ? shape({n, m}, "bf16") : shape({m, n}, "bf16"), map)
                .out(shape({m}, "f32"), "d0")
                .out(turned ? shape({n, m}, "bf16") : shape({m, n}, "bf16"),
                     map)
                .phase("add", 1,
                       "%x = arith.extf %a0 : bf16 to f32 "
                       "kernel.yield %x : f32")
                .finish("kernel.yield %v0 : f32")
                .emit("%x = arith.extf %a0 : bf16 to f32 "
                      "%d = arith.subf %x, %v0 : f32 "
                      "%t = arith.truncf %d : f32 to bf16 "
                      "kernel.yield %t : bf16")));
      }
}

/// Rounding itself, without a tolerance: ties, carries into the exponent,
/// infinity by overflow, signs, NaN.
TEST(BF16MapTest, RoundsToNearestEven) {
  const float values[] = {0.0f,          -0.0f,       1.0f,
                          1.00390625f,   1.01171875f, 1.0039063f + 1e-6f,
                          -1.00390625f,  257.0f,      259.0f,
                          1.99609375f,   -1.998f,     3.3961775e38f,
                          3.3895314e38f, -3.4e38f,    INFINITY,
                          -INFINITY,     NAN,         1.5e-38f};
  const int64_t n = std::size(values);
  KernelHarness harness(KernelText("map", {n})
                            .in(shape({n}, "f32"), "d0")
                            .out(shape({n}, "bf16"), "d0")
                            .body("%t = arith.truncf %a0 : f32 to bf16 "
                                  "kernel.yield %t : bf16")
                            .str());
  ASSERT_TRUE(harness.compiled());
  std::copy(values, values + n, harness.data<float>(0));
  auto args = harness.arguments();
  harness.kernel().run(args.data(), 0, harness.kernel().blocks());
  for (int64_t i = 0; i < n; ++i) {
    uint32_t bits = uint32_t(harness.data<uint16_t>(1)[i]) << 16;
    float got, want = float(roundToBF16(values[i]));
    std::memcpy(&got, &bits, 4);
    if (std::isnan(want))
      EXPECT_TRUE(std::isnan(got));
    else
      EXPECT_EQ(got, want) << values[i];
    EXPECT_EQ(std::signbit(got), std::signbit(want)) << values[i];
  }
}

} // namespace
