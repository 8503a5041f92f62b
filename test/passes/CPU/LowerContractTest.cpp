//===- LowerContractTest.cpp - Compiled contractions against their meaning ===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelHarness.h"
#include "test/passes/Codegen/KernelSource.h"

using namespace moec::test;

namespace {

const char *const choose = "moec-assign-schedule";

testing::AssertionResult holds(const ContractSource &source,
                               double tolerance = 1e-5) {
  KernelHarness harness(source.str(), choose);
  harness.randomize();
  auto result = harness.check(tolerance);
  if (!result)
    result << "\n" << source.str();
  return result;
}

std::string shape(std::initializer_list<int64_t> extents,
                  const char *type = "f32") {
  std::string s;
  for (int64_t e : extents)
    s += std::to_string(e) + "x";
  return s + type;
}

/// C[m, n] = A[m, k] B[k, n], either operand possibly stored transposed.
ContractSource matmul(int64_t m, int64_t n, int64_t k, bool transposeA = false,
                      bool transposeB = false) {
  ContractSource s;
  s.dims = {m, n, k};
  s.inputs = {transposeA ? OperandSource{shape({k, m}), "k, m"}
                         : OperandSource{shape({m, k}), "m, k"},
              transposeB ? OperandSource{shape({n, k}), "n, k"}
                         : OperandSource{shape({k, n}), "k, n"}};
  s.outs = {{shape({m, n}), "m, n"}};
  return s;
}

struct Extents {
  int64_t m, n, k;
};
class MatmulTest : public testing::TestWithParam<Extents> {};

TEST_P(MatmulTest, AllLayouts) {
  auto [m, n, k] = GetParam();
  for (bool a : {false, true})
    for (bool b : {false, true})
      EXPECT_TRUE(holds(matmul(m, n, k, a, b), 2e-5));
}
INSTANTIATE_TEST_SUITE_P(
    Shapes, MatmulTest,
    testing::Values(Extents{1, 1, 1}, Extents{1, 10, 96}, Extents{7, 1, 5},
                    Extents{49, 96, 49}, Extents{13, 17, 19},
                    Extents{64, 64, 64}, Extents{33, 96, 700},
                    Extents{31, 33, 600}, Extents{97, 101, 103},
                    Extents{2, 130, 1025}),
    [](auto &info) {
      return std::to_string(info.param.m) + "x" + std::to_string(info.param.n) +
             "x" + std::to_string(info.param.k);
    });

/// Every schedule is correct, not only those that the cost model picks.
TEST(LowerContractTest, AnySchedule) {
  for (const char *schedule : {"tile = [6, 32, 8], micro = [3, 16]",
                               "tile = [1, 1, 1], micro = [1, 1]",
                               "tile = [28, 64, 33], micro = [14, 32]",
                               "tile = [1000, 1000, 1000], micro = [6, 64]",
                               "tile = [18, 48, 16], micro = [9, 48]"}) {
    for (bool transposed : {false, true}) {
      ContractSource s = matmul(37, 83, 41, transposed, transposed);
      s.schedule = schedule;
      EXPECT_TRUE(holds(s)) << schedule;
    }
  }
}

/// AVX2 and NEON: narrower vectors, fewer registers.
TEST(LowerContractTest, NarrowVectors) {
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

/// A linear layer on tokens, with bias, GELU by tanh and a second output.
TEST(LowerContractTest, LinearWithBiasGeluAndSavedPreactivation) {
  ContractSource s;
  s.dims = {98, 40, 24};
  s.inputs = {{"2x49x24xf32", "m floordiv 49, m mod 49, k"},
              {"24x40xf32", "k, n"},
              {"40xf32", "n"}};
  s.outs = {{"2x49x40xf32", "m floordiv 49, m mod 49, n"},
            {"98x40xf32", "m, n"}};
  s.epilogue = R"(
    %h = arith.addf %acc, %a2 : f32
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %c0 = arith.constant 0.7978845608 : f32
    %c1 = arith.constant 0.044715 : f32
    %h2 = arith.mulf %h, %h : f32
    %h3 = arith.mulf %h2, %h : f32
    %h4 = arith.mulf %h3, %c1 : f32
    %h5 = arith.addf %h, %h4 : f32
    %h6 = arith.mulf %h5, %c0 : f32
    %t = math.tanh %h6 : f32
    %u = arith.addf %t, %one : f32
    %v = arith.mulf %u, %half : f32
    %y = arith.mulf %v, %h : f32
    kernel.yield %y, %h : f32, f32)";
  EXPECT_TRUE(holds(s));
}

/// Token mixing: the weights are left, the image is right; LayerNorm from row
/// statistics as rhs map, residual in the epilogue.
TEST(LowerContractTest, TokenMixingWithLayerNormMapAndResidual) {
  ContractSource s;
  s.dims = {3, 20, 37, 49};
  s.inputs = {{"20x49xf32", "m, k"},     {"3x49x37xf32", "g, k, n"},
              {"3x49xf32", "g, k"},      {"3x49xf32", "g, k"},
              {"37xf32", "n"},           {"20xf32", "m"},
              {"3x20x37xf32", "g, m, n"}};
  s.outs = {{"3x20x37xf32", "g, m, n"}};
  s.rhs = R"(
    %d = arith.subf %a1, %a2 : f32
    %e = arith.mulf %d, %a3 : f32
    %f = arith.mulf %e, %a4 : f32
    kernel.yield %f : f32)";
  s.epilogue = R"(
    %x = arith.addf %acc, %a5 : f32
    %y = arith.addf %x, %a6 : f32
    kernel.yield %y : f32)";
  EXPECT_TRUE(holds(s));
}

/// Written with image rows on m, so that the output is contiguous along m.
TEST(LowerContractTest, TurnedOverWhenOutputIsContiguousAlongM) {
  ContractSource s;
  s.dims = {2, 37, 20, 49};
  s.inputs = {{"2x49x37xf32", "g, k, m"}, {"20x49xf32", "n, k"}};
  s.outs = {{"2x20x37xf32", "g, n, m"}};
  s.epilogue = R"(
    %i = kernel.index 1 : i32
    %f = arith.sitofp %i : i32 to f32
    %y = arith.addf %acc, %f : f32
    kernel.yield %y : f32)";
  EXPECT_TRUE(holds(s));
  // The slow path of the same without turning.
  s.schedule = "tile = [20, 32, 49], micro = [4, 32]";
  EXPECT_TRUE(holds(s));
}

/// Patch embedding from bytes: k is split over four dimensions of the image.
TEST(LowerContractTest, PatchesOfBytes) {
  ContractSource s;
  s.dims = {2 * 49, 24, 16};
  s.inputs = {{"2x28x28x1xi8",
               "m floordiv 49, ((m mod 49) floordiv 7) * 4 + k floordiv 4, "
               "(m mod 7) * 4 + k mod 4, 0"},
              {"16x24xf32", "k, n"},
              {"7x7x24xf32", "(m floordiv 7) mod 7, m mod 7, n"}};
  s.outs = {{"2x49x24xf32", "m floordiv 49, m mod 49, n"}};
  s.lhs = R"(
    %i = arith.extui %a0 : i8 to i32
    %f = arith.uitofp %i : i32 to f32
    %scale = arith.constant 0.01 : f32
    %y = arith.mulf %f, %scale : f32
    kernel.yield %y : f32)";
  s.epilogue = "%y = arith.addf %acc, %a2 : f32\n kernel.yield %y : f32";
  KernelHarness harness(s.str(), choose);
  harness.randomize();
  for (int64_t i = 0; i < harness.size(0); ++i)
    harness.data<uint8_t>(0)[i] = uint8_t(i * 37);
  EXPECT_TRUE(harness.check());
}

/// An expert layer: rows gathered by the routing plan, some of them absent,
/// groups of uneven size, two of them empty.
class ExpertTest : public testing::TestWithParam<bool> {};

TEST_P(ExpertTest, RaggedMWithGather) {
  ContractSource s;
  s.dims = {5, 50, 21, 18};
  s.inputs = {{"12x18xf32", "0, k"},
              {"5x18x21xf32", "g, k, n"},
              {"50xi32", "m"},
              {"6xi32", "g"},
              {"5x21xf32", "g, n"}};
  s.outs = {{"50x21xf32", "m, n"}};
  s.gathers = "2, -1, -1, -1, -1";
  s.ragged = "1 by 3";
  s.epilogue = "%y = arith.addf %acc, %a4 : f32\n kernel.yield %y : f32";
  if (GetParam())
    s.schedule = "tile = [8, 32, 5], micro = [4, 16]";
  KernelHarness harness(s.str(), choose);
  harness.randomize();
  for (int i = 0; i < 50; ++i)
    harness.data<int32_t>(2)[i] = i % 9 == 4 ? -1 : (i * 5) % 12;
  const int32_t offsets[] = {0, 17, 17, 20, 44, 44}; // rows 44.. are no one's
  std::copy(offsets, offsets + 6, harness.data<int32_t>(3));
  EXPECT_TRUE(harness.check());
}

/// The gradient of expert weights: k runs over the items of the expert, both
/// operands are rows of the plan; an empty expert gives the epilogue of 0.
TEST_P(ExpertTest, RaggedKWithGathers) {
  ContractSource s;
  s.dims = {4, 18, 21, 60};
  s.inputs = {{"12x18xf32", "0, m"},
              {"60x21xf32", "k, n"},
              {"60xi32", "k"},
              {"5xi32", "g"}};
  s.outs = {{"4x18x21xf32", "g, m, n"}};
  s.gathers = "2, -1, -1, -1";
  s.ragged = "3 by 3";
  s.epilogue = R"(%one = arith.constant 1.0 : f32
    %y = arith.addf %acc, %one : f32
    kernel.yield %y : f32)";
  if (GetParam())
    s.schedule = "tile = [8, 32, 16], micro = [4, 16]";
  KernelHarness harness(s.str(), choose);
  harness.randomize();
  for (int i = 0; i < 60; ++i)
    harness.data<int32_t>(2)[i] = i % 7 == 3 ? -1 : (i * 5) % 12;
  const int32_t offsets[] = {0, 33, 33, 34, 58};
  std::copy(offsets, offsets + 5, harness.data<int32_t>(3));
  EXPECT_TRUE(harness.check());
}

/// Rows gathered along k on the right, and along the lanes on the left.
TEST_P(ExpertTest, GatherOnEitherSide) {
  ContractSource s;
  s.dims = {11, 34, 45};
  s.inputs = {{"9x11xf32", "0, m"},
              {"20x34xf32", "0, n"},
              {"45xi32", "k"},
              {"45xi32", "k"}};
  s.outs = {{"11x34xf32", "m, n"}};
  s.gathers = "2, 3, -1, -1";
  if (GetParam())
    s.schedule = "tile = [8, 32, 16], micro = [4, 16]";
  KernelHarness harness(s.str(), choose);
  harness.randomize();
  for (int i = 0; i < 45; ++i) {
    harness.data<int32_t>(2)[i] = i % 6 - 1;
    harness.data<int32_t>(3)[i] = i % 19;
  }
  EXPECT_TRUE(harness.check());
}
INSTANTIATE_TEST_SUITE_P(Schedules, ExpertTest, testing::Bool(),
                         [](auto &info) {
                           return info.param ? "small" : "chosen";
                         });

/// Softmax weights from row statistics as lhs map (Soft MoE combine).
TEST(LowerContractTest, SoftmaxAsLeftMap) {
  ContractSource s;
  s.dims = {2, 49, 33, 30};
  s.inputs = {{"2x49x30xf32", "g, m, k"},
              {"2x30x33xf32", "g, k, n"},
              {"2x49xf32", "g, m"},
              {"2x49xf32", "g, m"}};
  s.outs = {{"2x49x33xf32", "g, m, n"}};
  s.lhs = R"(
    %d = arith.subf %a0, %a2 : f32
    %e = math.exp %d : f32
    %f = arith.mulf %e, %a3 : f32
    kernel.yield %f : f32)";
  EXPECT_TRUE(holds(s));
  // Dispatch reads the same logits transposed.
  s.dims = {2, 30, 33, 49};
  s.inputs = {{"2x49x30xf32", "g, k, m"},
              {"2x49x33xf32", "g, k, n"},
              {"2x30xf32", "g, m"},
              {"2x30xf32", "g, m"}};
  s.outs = {{"2x30x33xf32", "g, m, n"}};
  EXPECT_TRUE(holds(s));
}

TEST(LowerContractTest, RaggedWithoutOffsetsIsAnError) {
  ContractSource s = matmul(4, 4, 4);
  s.ragged = "1 by 0";
  KernelHarness harness(s.str(), choose);
  auto result = harness.check();
  EXPECT_FALSE(result);
  EXPECT_NE(std::string(result.message()).find("expected offsets that are"),
            std::string::npos)
      << result.message();
}

} // namespace
