//===- ContractCases.h - kernel.contract against its definition *- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shapes, layouts and regions that every backend has to get right. A backend
// hands a type of this form to INSTANTIATE_TYPED_TEST_SUITE_P:
//
//   struct Backend {
//     using Harness = ...;
//     // With the schedule of the source, or the one that the cost model picks.
//     static Harness compile(const ContractSource &source);
//     // Schedules that fit contractions of that kind in every shape.
//     static std::vector<std::string> schedules(Kind kind);
//     // "" for the chosen one, and schedules that cut groups of rows up.
//     static std::vector<std::string> expertSchedules(Kind kind);
//     // What else has to hold of a kernel that computes the right numbers.
//     static testing::AssertionResult
//     inspect(const Harness &, const ContractSource &, Kind kind);
//   };
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_PASSES_CODEGEN_CONTRACTCASES_H
#define MOEC_TEST_PASSES_CODEGEN_CONTRACTCASES_H

#include "test/passes/Codegen/KernelSource.h"
#include <cstring>
#include <gtest/gtest.h>

namespace moec::test {

/// Compiles the contraction, runs it on random data, which `fill` may change,
/// and compares it with its definition.
template <typename Backend, typename Fill>
testing::AssertionResult holds(const ContractSource &source, Kind kind,
                               double tolerance, Fill fill) {
  typename Backend::Harness harness = Backend::compile(source);
  harness.randomize();
  fill(harness);
  auto result = harness.check(tolerance);
  if (!result)
    return result << "\n" << source.str();
  return Backend::inspect(harness, source, kind);
}
template <typename Backend>
testing::AssertionResult holds(const ContractSource &source,
                               Kind kind = Kind::F32, double tolerance = 1e-5) {
  return holds<Backend>(source, kind, tolerance, [](auto &) {});
}

template <typename Backend> class ContractCases : public testing::Test {
protected:
  /// Products of bf16 are exact and sums f32, so one bound fits all kinds.
  static constexpr double bound = 2e-5;

  void matmulInAllLayouts(Kind kind) {
    const int64_t shapes[][3] = {{1, 1, 1},    {1, 10, 96},   {7, 1, 5},
                                 {49, 96, 49}, {13, 17, 19},  {64, 64, 64},
                                 {72, 80, 24}, {97, 101, 103}};
    for (auto [m, n, k] : shapes)
      for (bool a : {false, true})
        for (bool b : {false, true}) {
          ContractSource s = matmul(m, n, k, kind, a, b);
          EXPECT_TRUE(holds<Backend>(s, kind, bound));
        }
  }
  /// Enough steps along k for more than one block.
  void longSumsInAllLayouts(Kind kind) {
    const int64_t shapes[][3] = {
        {31, 33, 200}, {31, 33, 600}, {33, 96, 700}, {2, 130, 1025}};
    for (auto [m, n, k] : shapes)
      for (bool a : {false, true})
        for (bool b : {false, true}) {
          ContractSource s = matmul(m, n, k, kind, a, b);
          // The sum as it is.
          s.epilogue = "kernel.yield %acc : f32";
          EXPECT_TRUE(holds<Backend>(s, kind, bound));
        }
  }
  /// Not only the schedules that the cost model picks.
  void anySchedule(Kind kind) {
    for (const std::string &schedule : Backend::schedules(kind))
      for (bool t : {false, true}) {
        ContractSource s = matmul(71, 83, 41, kind, t, t);
        s.schedule = schedule;
        EXPECT_TRUE(holds<Backend>(s, kind, bound));
        s = matmul(72, 104, 136, kind, t, !t);
        s.schedule = schedule;
        EXPECT_TRUE(holds<Backend>(s, kind, bound));
      }
  }
};
TYPED_TEST_SUITE_P(ContractCases);

TYPED_TEST_P(ContractCases, MatmulF32) { this->matmulInAllLayouts(Kind::F32); }
TYPED_TEST_P(ContractCases, MatmulBF16) {
  this->matmulInAllLayouts(Kind::BF16);
}
TYPED_TEST_P(ContractCases, MatmulRounded) {
  this->matmulInAllLayouts(Kind::Rounded);
}
TYPED_TEST_P(ContractCases, LongSumsF32) {
  this->longSumsInAllLayouts(Kind::F32);
}
TYPED_TEST_P(ContractCases, LongSumsBF16) {
  this->longSumsInAllLayouts(Kind::BF16);
}
TYPED_TEST_P(ContractCases, LongSumsRounded) {
  this->longSumsInAllLayouts(Kind::Rounded);
}
TYPED_TEST_P(ContractCases, AnyScheduleF32) { this->anySchedule(Kind::F32); }
TYPED_TEST_P(ContractCases, AnyScheduleBF16) { this->anySchedule(Kind::BF16); }
TYPED_TEST_P(ContractCases, AnyScheduleRounded) {
  this->anySchedule(Kind::Rounded);
}

/// Activations that are stored rounded, beside f32 outs in either direction;
/// whole vectors of columns and single ones.
TYPED_TEST_P(ContractCases, StoresBF16) {
  const int64_t shapes[][3] = {
      {1, 1, 1}, {7, 1, 5}, {70, 48, 40}, {70, 50, 40}, {31, 33, 600}};
  for (Kind kind : {Kind::F32, Kind::BF16, Kind::Rounded})
    for (auto [m, n, k] : shapes) {
      ContractSource s = matmul(m, n, k, kind, false, false);
      s.outs.push_back({shape({m, n}, "bf16"), "m, n"});
      s.outs.push_back({shape({n, m}, "f32"), "n, m"});
      s.epilogue = R"(
        %y = arith.addf %acc, %a2 : f32
        %z = arith.truncf %y : f32 to bf16
        kernel.yield %y, %z, %acc : f32, bf16, f32)";
      EXPECT_TRUE(holds<TypeParam>(s, kind, 2e-5));
    }
}

/// A linear layer on tokens, with bias, GELU by tanh and a second output.
TYPED_TEST_P(ContractCases, LinearWithBiasGeluAndSavedPreactivation) {
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
  EXPECT_TRUE(holds<TypeParam>(s));
}

/// Backward of an activation in bf16: the saved value is in a map of the left
/// factor and in the epilogue. A value that is near a tie may be rounded the
/// other way.
TYPED_TEST_P(ContractCases, MapsAndEpilogueOfSavedActivations) {
  ContractSource s;
  s.dims = {98, 40, 24};
  s.inputs = {{"2x49x24xbf16", "m floordiv 49, m mod 49, k"},
              {"24x40xbf16", "k, n"},
              {"98x40xbf16", "m, n"}};
  s.outs = {{"98x40xbf16", "m, n"}};
  s.lhs = R"(
    %x = arith.extf %a0 : bf16 to f32
    %t = math.tanh %x : f32
    %r = arith.truncf %t : f32 to bf16
    kernel.yield %r : bf16)";
  s.rhs = "kernel.yield %a1 : bf16";
  s.epilogue = R"(
    %h = arith.extf %a2 : bf16 to f32
    %y = arith.mulf %acc, %h : f32
    %t = arith.truncf %y : f32 to bf16
    kernel.yield %t : bf16)";
  EXPECT_TRUE(holds<TypeParam>(s, Kind::BF16, 1e-2));
}

/// Token mixing: the weights are left, the image is right; LayerNorm from row
/// statistics as rhs map, residual in the epilogue.
TYPED_TEST_P(ContractCases, TokenMixingWithLayerNormMapAndResidual) {
  ContractSource s;
  s.dims = {3, 20, 37, 49};
  s.inputs = {{"20x49xf32", "m, k"},     {"3x49x37xf32", "g, k, n"},
              {"3x49xf32", "g, k"},      {"3x49xf32", "g, k"},
              {"37xf32", "n"},           {"20xf32", "m"},
              {"3x20x37xf32", "g, m, n"}};
  s.outs = {{"3x20x37xf32", "g, m, n"}};
  const std::string map = R"(
    %d = arith.subf %a1, %a2 : f32
    %e = arith.mulf %d, %a3 : f32
    %f = arith.mulf %e, %a4 : f32
    )";
  s.rhs = map + "kernel.yield %f : f32";
  s.epilogue = R"(
    %x = arith.addf %acc, %a5 : f32
    %y = arith.addf %x, %a6 : f32
    kernel.yield %y : f32)";
  EXPECT_TRUE(holds<TypeParam>(s));
  s.lhs = "%r = arith.truncf %a0 : f32 to bf16\n kernel.yield %r : bf16";
  s.rhs = map + "%r = arith.truncf %f : f32 to bf16\n kernel.yield %r : bf16";
  EXPECT_TRUE(holds<TypeParam>(s, Kind::Rounded, 2e-5));
}

/// Written with image rows on m, so that the output is contiguous along m; the
/// position along m is in the epilogue.
TYPED_TEST_P(ContractCases, OutputContiguousAlongM) {
  ContractSource s;
  s.dims = {2, 37, 20, 49};
  s.inputs = {{"2x49x37xf32", "g, k, m"}, {"20x49xf32", "n, k"}};
  s.outs = {{"2x20x37xf32", "g, n, m"}};
  s.epilogue = R"(
    %i = kernel.index 1 : i32
    %f = arith.sitofp %i : i32 to f32
    %y = arith.addf %acc, %f : f32
    kernel.yield %y : f32)";
  // Chosen, which may turn it over; and as it stands.
  EXPECT_TRUE(holds<TypeParam>(s));
  for (const std::string &schedule : TypeParam::schedules(Kind::F32)) {
    s.schedule = schedule;
    EXPECT_TRUE(holds<TypeParam>(s));
  }
}

/// Every factor and the epilogue at a position of its own, functions of two
/// dimensions, and quotients along the one that is not in lanes.
TYPED_TEST_P(ContractCases, PositionsOfSeveralDimensions) {
  auto body = [](const char *value, const char *position) {
    return std::string("%i = kernel.index affine_map<(g, m, n, k) -> (") +
           position +
           ")> : i32\n%b = arith.constant 7 : i32\n"
           "%j = arith.andi %i, %b : i32\n"
           "%f = arith.sitofp %j : i32 to f32\n"
           "%y = arith.addf " +
           value + ", %f : f32\nkernel.yield %y : f32";
  };
  ContractSource s;
  s.dims = {2, 37, 20, 49};
  s.inputs = {{"2x37x49xf32", "g, m, k"}, {"49x20xf32", "k, n"}};
  s.outs = {{"2x37x20xf32", "g, m, n"}};
  s.lhs = body("%a0", "(g * 37 + m) * 49 + k");
  s.rhs = body("%a1", "(k floordiv 7) * 20 + n");
  s.epilogue = body("%acc", "(m floordiv 5) * 20 + n * 3");
  EXPECT_TRUE(holds<TypeParam>(s));
  for (const std::string &schedule : TypeParam::schedules(Kind::F32)) {
    s.schedule = schedule;
    EXPECT_TRUE(holds<TypeParam>(s));
  }
}

/// Patch embedding from bytes: k is split over four dimensions of the image.
TYPED_TEST_P(ContractCases, PatchesOfBytes) {
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
  EXPECT_TRUE(holds<TypeParam>(s, Kind::F32, 1e-5, [](auto &harness) {
    for (int64_t i = 0; i < harness.size(0); ++i)
      harness.template data<uint8_t>(0)[i] = uint8_t(i * 37);
  }));
}

/// Softmax weights from row statistics as lhs map (Soft MoE combine).
TYPED_TEST_P(ContractCases, SoftmaxAsLeftMap) {
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
  EXPECT_TRUE(holds<TypeParam>(s));
  // Dispatch reads the same logits transposed.
  s.dims = {2, 30, 33, 49};
  s.inputs = {{"2x49x30xf32", "g, k, m"},
              {"2x49x33xf32", "g, k, n"},
              {"2x30xf32", "g, m"},
              {"2x30xf32", "g, m"}};
  s.outs = {{"2x30x33xf32", "g, m, n"}};
  EXPECT_TRUE(holds<TypeParam>(s));
}

REGISTER_TYPED_TEST_SUITE_P(ContractCases, MatmulF32, MatmulBF16, MatmulRounded,
                            LongSumsF32, LongSumsBF16, LongSumsRounded,
                            AnyScheduleF32, AnyScheduleBF16, AnyScheduleRounded,
                            StoresBF16, LinearWithBiasGeluAndSavedPreactivation,
                            MapsAndEpilogueOfSavedActivations,
                            TokenMixingWithLayerNormMapAndResidual,
                            OutputContiguousAlongM,
                            PositionsOfSeveralDimensions, PatchesOfBytes,
                            SoftmaxAsLeftMap);

//===----------------------------------------------------------------------===//
// Experts
//===----------------------------------------------------------------------===//

template <typename Backend> class ExpertCases : public testing::Test {
protected:
  /// The source in all kinds and schedules; `fill` writes plan and offsets.
  template <typename Fill> void check(const ContractSource &source, Fill fill) {
    for (Kind kind : {Kind::F32, Kind::BF16, Kind::Rounded})
      for (const std::string &schedule : Backend::expertSchedules(kind)) {
        ContractSource s = source;
        for (int i : {0, 1})
          s.inputs[i].type += typeOf(kind);
        setFactors(s, kind);
        s.schedule = schedule;
        EXPECT_TRUE(holds<Backend>(s, kind, 2e-5, fill));
      }
  }
};
TYPED_TEST_SUITE_P(ExpertCases);

/// Rows gathered by the routing plan, some of them absent, groups of uneven
/// size, two of them empty; the last rows are no one's.
TYPED_TEST_P(ExpertCases, RaggedMWithGather) {
  struct Case {
    int64_t items, n, k;
    std::vector<int32_t> offsets;
  };
  for (const Case &c : {Case{50, 21, 18, {0, 17, 17, 20, 44, 44}},
                        Case{90, 24, 40, {0, 37, 37, 40, 84, 84}}}) {
    ContractSource s;
    s.dims = {5, c.items, c.n, c.k};
    s.inputs = {{shape({12, c.k}, ""), "0, k"},
                {shape({5, c.k, c.n}, ""), "g, k, n"},
                {shape({c.items}, "i32"), "m"},
                {"6xi32", "g"},
                {shape({5, c.n}, "f32"), "g, n"}};
    s.outs = {{shape({c.items, c.n}, "f32"), "m, n"}};
    s.gathers = "2, -1, -1, -1, -1";
    s.ragged = "1 by 3";
    s.epilogue = "%y = arith.addf %acc, %a4 : f32\n kernel.yield %y : f32";
    auto fill = [&](auto &harness) {
      for (int i = 0; i < c.items; ++i)
        harness.template data<int32_t>(2)[i] = i % 9 == 4 ? -1 : (i * 5) % 12;
      std::copy(c.offsets.begin(), c.offsets.end(),
                harness.template data<int32_t>(3));
    };
    this->check(s, fill);
    s.outs[0].type = shape({c.items, c.n}, "bf16");
    s.epilogue = R"(
      %y = arith.addf %acc, %a4 : f32
      %t = arith.truncf %y : f32 to bf16
      kernel.yield %t : bf16)";
    this->check(s, fill);
  }
}

/// The gradient of expert weights: k runs over the items of the expert, both
/// operands are rows of the plan; an empty expert gives the epilogue of 0.
TYPED_TEST_P(ExpertCases, RaggedKWithGathers) {
  for (auto [m, n] : {std::pair<int64_t, int64_t>{18, 21}, {24, 40}}) {
    ContractSource s;
    s.dims = {4, m, n, 60};
    s.inputs = {{shape({12, m}, ""), "0, m"},
                {shape({60, n}, ""), "k, n"},
                {"60xi32", "k"},
                {"5xi32", "g"}};
    s.outs = {{shape({4, m, n}, "f32"), "g, m, n"}};
    s.gathers = "2, -1, -1, -1";
    s.ragged = "3 by 3";
    s.epilogue = R"(%one = arith.constant 1.0 : f32
      %y = arith.addf %acc, %one : f32
      kernel.yield %y : f32)";
    this->check(s, [](auto &harness) {
      for (int i = 0; i < 60; ++i)
        harness.template data<int32_t>(2)[i] = i % 7 == 3 ? -1 : (i * 5) % 12;
      const int32_t offsets[] = {0, 33, 33, 34, 58};
      std::memcpy(harness.template data<int32_t>(3), offsets, sizeof offsets);
    });
  }
}

/// Rows gathered along k on the right, and along the lanes on the left.
TYPED_TEST_P(ExpertCases, GatherOnEitherSide) {
  ContractSource s;
  s.dims = {11, 34, 45};
  s.inputs = {{shape({9, 11}, ""), "0, m"},
              {shape({20, 34}, ""), "0, n"},
              {"45xi32", "k"},
              {"45xi32", "k"}};
  s.outs = {{"11x34xf32", "m, n"}};
  s.gathers = "2, 3, -1, -1";
  this->check(s, [](auto &harness) {
    for (int i = 0; i < 45; ++i) {
      harness.template data<int32_t>(2)[i] = i % 6 - 1;
      harness.template data<int32_t>(3)[i] = i % 19;
    }
  });
}

TYPED_TEST_P(ExpertCases, RaggedWithoutOffsetsIsAnError) {
  ContractSource s = matmul(4, 4, 4, Kind::F32, false, false);
  s.ragged = "1 by 0";
  auto harness = TypeParam::compile(s);
  auto result = harness.check();
  EXPECT_FALSE(result);
  EXPECT_NE(std::string(result.message()).find("expected offsets that are"),
            std::string::npos)
      << result.message();
}

REGISTER_TYPED_TEST_SUITE_P(ExpertCases, RaggedMWithGather, RaggedKWithGathers,
                            GatherOnEitherSide, RaggedWithoutOffsetsIsAnError);

} // namespace moec::test

#endif // MOEC_TEST_PASSES_CODEGEN_CONTRACTCASES_H
