//===- LowerContractTest.cpp - Compiled contractions against their meaning ===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelHarness.h"
#include "test/passes/Codegen/ContractExtentCases.h"
#include <tuple>

using namespace moec::test;

namespace {

struct Backend {
  using Harness = KernelHarness;
  static Harness compile(const ContractSource &source) {
    return Harness(source.str(), "moec-assign-schedule");
  }
  static std::vector<std::string> schedules(Kind) {
    return {"tile = [6, 32, 8], micro = [3, 16]",
            "tile = [1, 1, 1], micro = [1, 1]",
            "tile = [28, 64, 33], micro = [14, 32]",
            "tile = [1000, 1000, 1000], micro = [6, 64]",
            "tile = [18, 48, 16], micro = [9, 48]",
            "tile = [20, 32, 49], micro = [4, 32]"};
  }
  static std::vector<std::string> expertSchedules(Kind) {
    return {"", "tile = [8, 32, 5], micro = [4, 16]",
            "tile = [8, 32, 16], micro = [4, 16]"};
  }
  static testing::AssertionResult inspect(const Harness &,
                                          const ContractSource &, Kind) {
    return testing::AssertionSuccess();
  }
};

/// AVX2 and NEON: narrower vectors, fewer registers.
TEST(LowerContractTest, NarrowVectors) {
  for (auto [lanes, registers] : {std::pair(8, 16), {4, 32}})
    for (Kind kind : {Kind::F32, Kind::BF16, Kind::Rounded})
      for (bool transposed : {false, true}) {
        KernelHarness harness(
            onCpu(lanes, registers,
                  matmul(37, 50, 41, kind, transposed, transposed).str()),
            "moec-assign-schedule");
        harness.randomize();
        EXPECT_TRUE(harness.check()) << lanes;
      }
}

/// Left rows read in place: tiles that reach past the last row begin earlier,
/// those with more rows than there are, and rows that fall into one set of a
/// cache, are packed. Depth in one part and in several.
TEST(LowerContractTest, LeftRowsInPlace) {
  for (auto [m, n, k] : {std::tuple(13, 17, 19),
                         {31, 33, 100},
                         {4, 16, 40},
                         {1, 5, 7},
                         {15, 16, 1024}})
    for (const char *schedule : {"", "tile = [12, 32, 1000], micro = [6, 16]",
                                 "tile = [18, 16, 16], micro = [6, 16]",
                                 "tile = [14, 64, 2000], micro = [14, 32]",
                                 "tile = [5, 16, 32], micro = [5, 16]"}) {
      ContractSource s = matmul(m, n, k, Kind::F32, false, true);
      s.schedule = schedule;
      EXPECT_TRUE(holds<Backend>(s)) << m << " " << schedule;
    }
}

/// Weights as moec-pack-operands stores them, the last strip filled in part:
/// read in place where the register tile has the columns of a strip, or half of
/// them, else packed again. Those of bf16 in whole strips only.
TEST(LowerContractTest, RightOperandsInStrips) {
  for (auto [m, n, k] :
       {std::tuple(13, 80, 19), {49, 33, 100}, {6, 7, 40}, {1, 48, 64}})
    for (auto [kind, element] :
         {std::pair(Kind::F32, "f32"), {Kind::BF16, "bf16"}})
      for (int64_t width : {16, 32})
        for (const char *schedule :
             {"", "tile = [12, 32, 1000], micro = [6, 16]",
              "tile = [14, 64, 32], micro = [14, 32]",
              "tile = [16, 96, 1000], micro = [8, 48]"}) {
          ContractSource s = matmul(m, n, k, kind, false, false);
          std::string w = std::to_string(width);
          s.inputs[1] = {shape({(n + width - 1) / width, k, width}, element),
                         "n floordiv " + w + ", k, n mod " + w};
          s.schedule = schedule;
          EXPECT_TRUE(holds<Backend>(s)) << element << " " << schedule;
        }
}

/// The same with the tiles of AVX2, and a last strip of one, two and three
/// vectors, the last of them cut or not.
TEST(LowerContractTest, NarrowLastStrips) {
  for (int64_t n : {29, 32, 37, 40, 45, 48, 7})
    for (auto [kind, element] :
         {std::pair(Kind::F32, "f32"), {Kind::BF16, "bf16"}})
      for (bool strips : {false, true})
        for (const char *schedule : {"tile = [8, 48, 1000], micro = [4, 24]",
                                     "tile = [8, 24, 16], micro = [4, 24]"}) {
          ContractSource s = matmul(13, n, 50, kind, false, false);
          if (strips)
            s.inputs[1] = {shape({(n + 23) / 24, 50, 24}, element),
                           "n floordiv 24, k, n mod 24"};
          s.schedule = schedule;
          KernelHarness harness(onCpu(8, 16, s.str()));
          harness.randomize();
          EXPECT_TRUE(harness.check()) << n << element << strips << schedule;
        }
}

} // namespace

namespace moec::test {
INSTANTIATE_TYPED_TEST_SUITE_P(CPU, ContractCases, Backend);
INSTANTIATE_TYPED_TEST_SUITE_P(CPU, ExpertCases, Backend);
INSTANTIATE_TYPED_TEST_SUITE_P(CPU, ContractExtentCases, Backend);
} // namespace moec::test
