//===- LowerContractTest.cpp - kernel.contract on the GPU -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GpuHarness.h"
#include "test/passes/Codegen/ContractExtentCases.h"

using namespace moec::test;

namespace {

const char *const choose = "moec-assign-gpu-schedule";
const char *const warpgroups =
    R"(tile = [128, 64, 64], micro = [64, 64], variant = wgmma, stages = 4)";

struct Backend {
  using Harness = GpuHarness;
  static Harness compile(const ContractSource &source) {
    bool wgmma = source.schedule.find("wgmma") != std::string::npos;
    return Harness(source.str(), wgmma ? "sm_90a" : "sm_80", choose);
  }
  static std::vector<std::string> schedules(Kind kind) {
    if (kind == Kind::F32)
      return {"tile = [64, 64, 16], micro = [4, 4]",
              "tile = [128, 128, 8], micro = [8, 8]",
              "tile = [8, 64, 16], micro = [1, 4]",
              "tile = [16, 16, 32], micro = [1, 4]",
              "tile = [32, 32, 16], micro = [2, 4]"};
    return {
        R"(tile = [64, 64, 32], micro = [32, 32], variant = mma.sync)",
        R"(tile = [128, 96, 32], micro = [64, 48], variant = mma.sync, stages = 4)",
        R"(tile = [32, 32, 64], micro = [16, 16], variant = mma.sync, stages = 3)",
        R"(tile = [16, 64, 16], micro = [16, 16], variant = mma.sync, stages = 3)"};
  }
  static std::vector<std::string> expertSchedules(Kind kind) {
    if (kind == Kind::F32)
      return {""};
    return {"", warpgroups};
  }
  /// The chosen variant may always be the one for few rows.
  static testing::AssertionResult
  inspect(const Harness &harness, const ContractSource &source, Kind kind) {
    const std::string &schedule = source.schedule, name = "variant = ";
    size_t at = schedule.find(name);
    std::string want = kind == Kind::F32 ? "simt" : "mma.sync";
    if (at != std::string::npos)
      want = schedule.substr(at + name.size(),
                             schedule.find_first_of(",", at + name.size()) -
                                 at - name.size());
    const std::string &got = harness.ptx().variant;
    if (got == want || (schedule.empty() && got == "skinny"))
      return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << "got variant " << got << ", expected " << want;
  }
};

/// Few rows: the depth of a tile is split among the threads.
TEST(GpuLowerContract, Skinny) {
  for (bool b : {false, true})
    for (int64_t m : {1, 5, 8}) {
      ContractSource s = matmul(m, 50, 300, Kind::F32, false, b);
      s.schedule =
          R"(tile = [8, 32, 128], micro = [8, 4], variant = skinny, warps = 16)";
      EXPECT_TRUE(holds<Backend>(s, Kind::F32, 2e-5));
      for (Kind kind : {Kind::BF16, Kind::Rounded}) {
        s = matmul(m, 56, 304, kind, false, b);
        s.schedule =
            R"(tile = [16, 32, 128], micro = [16, 32], variant = skinny, stages = 3, warps = 4)";
        EXPECT_TRUE(holds<Backend>(s, kind, 2e-5));
      }
    }
}

testing::AssertionResult holdsWgmma(ContractSource s, Kind kind,
                                    const char *schedule = warpgroups) {
  s.schedule = schedule;
  return holds<Backend>(s, kind, 2e-5);
}

/// TMA, cp.async and registers, and mixtures, in all layouts.
TEST(GpuLowerContract, Wgmma) {
  for (bool a : {false, true})
    for (bool b : {false, true}) {
      // Strides of whole 16 bytes: TMA.
      EXPECT_TRUE(
          holdsWgmma(matmul(136, 72, 200, Kind::BF16, a, b), Kind::BF16));
      EXPECT_TRUE(holdsWgmma(matmul(70, 50, 67, Kind::BF16, a, b), Kind::BF16));
      EXPECT_TRUE(
          holdsWgmma(matmul(130, 70, 136, Kind::Rounded, a, b), Kind::Rounded));
    }
  EXPECT_TRUE(holdsWgmma(
      matmul(264, 136, 320, Kind::BF16, false, false), Kind::BF16,
      R"(tile = [128, 128, 64], micro = [64, 128], variant = wgmma, stages = 3)"));
  EXPECT_TRUE(holdsWgmma(
      matmul(128, 256, 64, Kind::BF16, false, true), Kind::BF16,
      R"(tile = [128, 256, 64], micro = [64, 256], variant = wgmma, stages = 2)"));
  // Pairs of blocks share the right operand; one tile each, and several.
  for (bool t : {false, true})
    for (int64_t n : {128, 1100})
      EXPECT_TRUE(holdsWgmma(
          matmul(500, n, 200, t ? Kind::Rounded : Kind::BF16, t, !t),
          t ? Kind::Rounded : Kind::BF16,
          R"(tile = [128, 128, 64], micro = [64, 128], variant = wgmma, stages = 3)"));
  // Three warpgroups multiply.
  for (bool t : {false, true})
    for (Kind kind : {Kind::BF16, Kind::Rounded})
      EXPECT_TRUE(holdsWgmma(
          matmul(200, 136, 136, kind, t, !t), kind,
          R"(tile = [192, 128, 64], micro = [64, 128], variant = wgmma, stages = 3)"));
}

/// More than one row of tiles, the last of them shorter.
TEST(GpuLowerContract, ManyRowsOfTiles) {
  for (int64_t m : {600, 1024}) {
    ContractSource s = matmul(m, 70, 16, Kind::F32, false, false);
    s.schedule = "tile = [32, 32, 16], micro = [4, 4]";
    EXPECT_TRUE(holds<Backend>(s, Kind::F32, 2e-5)) << m;
  }
}

/// A warp looks at 32 groups at a time; most are empty, one has several tiles.
/// Rows lie as they are multiplied: TMA loads them too.
TEST(GpuLowerContract, MoreGroupsThanLanes) {
  constexpr int64_t groups = 70, rows = 400;
  ContractSource s;
  s.dims = {groups, rows, 24, 40};
  s.inputs = {
      {"400x40xbf16", "m, k"}, {"70x40x24xbf16", "g, k, n"}, {"71xi32", "g"}};
  s.outs = {{"400x24xf32", "m, n"}};
  s.ragged = "1 by 2";
  s.lhs = "kernel.yield %a0 : bf16";
  s.rhs = "kernel.yield %a1 : bf16";
  for (const char *schedule :
       {R"(tile = [32, 32, 32], micro = [16, 16], variant = mma.sync)",
        warpgroups}) {
    s.schedule = schedule;
    EXPECT_TRUE(holds<Backend>(s, Kind::BF16, 2e-5, [](GpuHarness &harness) {
      int32_t *offsets = harness.data<int32_t>(2);
      for (int64_t g = 0, at = 0; g <= groups; ++g) {
        offsets[g] = at;
        at += g == 3 ? 290 : g == 31 || g == 32 || g == 69 ? 20 : g % 7 == 5;
      }
    })) << schedule;
  }
}

} // namespace

namespace moec::test {
INSTANTIATE_TYPED_TEST_SUITE_P(GPU, ContractCases, Backend);
INSTANTIATE_TYPED_TEST_SUITE_P(GPU, ExpertCases, Backend);
INSTANTIATE_TYPED_TEST_SUITE_P(GPU, ContractExtentCases, Backend);
} // namespace moec::test
