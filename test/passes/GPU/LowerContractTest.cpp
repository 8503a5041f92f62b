//===- LowerContractTest.cpp - kernel.contract on the GPU -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GpuHarness.h"
#include "test/passes/Codegen/KernelSource.h"

using namespace moec::test;

namespace {

const char *const choose = "moec-assign-gpu-schedule";
const char *const toBf16 = "%%y = arith.truncf %%a%d : f32 to bf16\n"
                           "kernel.yield %%y : bf16";

std::string shapeOf(std::initializer_list<int64_t> extents, const char *type) {
  std::string s;
  for (int64_t e : extents)
    s += std::to_string(e) + "x";
  return s + type;
}

std::string rounded(int argument) {
  char text[100];
  std::snprintf(text, sizeof(text), toBf16, argument);
  return text;
}

/// The way of the operands: f32; bf16 in memory; f32 rounded by the regions.
enum class Kind { F32, BF16, Rounded };

/// C[m, n] = A[m, k] B[k, n] + bias[n], either operand possibly transposed.
ContractSource matmul(int64_t m, int64_t n, int64_t k, Kind kind,
                      bool transposeA, bool transposeB) {
  const char *type = kind == Kind::BF16 ? "bf16" : "f32";
  ContractSource s;
  s.dims = {m, n, k};
  s.inputs = {transposeA ? OperandSource{shapeOf({k, m}, type), "k, m"}
                         : OperandSource{shapeOf({m, k}, type), "m, k"},
              transposeB ? OperandSource{shapeOf({n, k}, type), "n, k"}
                         : OperandSource{shapeOf({k, n}, type), "k, n"},
              {shapeOf({n}, "f32"), "n"}};
  s.outs = {{shapeOf({m, n}, "f32"), "m, n"}};
  if (kind == Kind::BF16) {
    s.lhs = "kernel.yield %a0 : bf16";
    s.rhs = "kernel.yield %a1 : bf16";
  } else if (kind == Kind::Rounded) {
    s.lhs = rounded(0);
    s.rhs = rounded(1);
  }
  s.epilogue = "%y = arith.addf %acc, %a2 : f32\n kernel.yield %y : f32";
  return s;
}

testing::AssertionResult holds(const ContractSource &source,
                               const std::string &variant = "simt") {
  GpuHarness harness(source.str(), "sm_80", choose);
  harness.randomize();
  auto result = harness.check(2e-5);
  if (!result)
    return result << "\n" << source.str();
  const std::string &got = harness.ptx().variant;
  if (got != variant && (got != "skinny" || !source.schedule.empty()))
    return testing::AssertionFailure() << "got variant " << got;
  return result;
}

struct Extents {
  int64_t m, n, k;
};
class GpuMatmul : public testing::TestWithParam<Extents> {};

TEST_P(GpuMatmul, AllLayoutsAndKinds) {
  auto [m, n, k] = GetParam();
  for (bool a : {false, true})
    for (bool b : {false, true}) {
      EXPECT_TRUE(holds(matmul(m, n, k, Kind::F32, a, b)));
      EXPECT_TRUE(holds(matmul(m, n, k, Kind::BF16, a, b), "mma.sync"));
      EXPECT_TRUE(holds(matmul(m, n, k, Kind::Rounded, a, b), "mma.sync"));
    }
}
INSTANTIATE_TEST_SUITE_P(
    Shapes, GpuMatmul,
    testing::Values(Extents{1, 1, 1}, Extents{1, 10, 96}, Extents{7, 1, 5},
                    Extents{13, 17, 19}, Extents{64, 64, 64},
                    Extents{49, 96, 49}, Extents{31, 33, 200},
                    Extents{97, 101, 103}, Extents{72, 80, 24}),
    [](auto &info) {
      return std::to_string(info.param.m) + "x" + std::to_string(info.param.n) +
             "x" + std::to_string(info.param.k);
    });

/// Every schedule is correct, not only those that the cost model picks.
TEST(GpuLowerContract, AnySchedule) {
  for (const char *schedule : {"tile = [64, 64, 16], micro = [4, 4]",
                               "tile = [128, 128, 8], micro = [8, 8]",
                               "tile = [8, 64, 16], micro = [1, 4]",
                               "tile = [16, 16, 32], micro = [1, 4]"})
    for (bool t : {false, true}) {
      ContractSource s = matmul(70, 50, 33, Kind::F32, t, t);
      s.schedule = schedule;
      EXPECT_TRUE(holds(s)) << schedule;
    }
  for (
      const char *schedule :
      {R"(tile = [64, 64, 32], micro = [32, 32], variant = "mma.sync")",
       R"(tile = [128, 96, 32], micro = [64, 48], variant = "mma.sync", stages = 4)",
       R"(tile = [32, 32, 64], micro = [16, 16], variant = "mma.sync", stages = 3)",
       R"(tile = [16, 64, 16], micro = [16, 16], variant = "mma.sync", stages = 3)"})
    for (bool t : {false, true})
      for (Kind kind : {Kind::BF16, Kind::Rounded}) {
        ContractSource s = matmul(72, 104, 136, kind, t, !t);
        s.schedule = schedule;
        EXPECT_TRUE(holds(s, "mma.sync")) << schedule;
      }
}

/// Few rows: the depth of a tile is split among the threads.
TEST(GpuLowerContract, Skinny) {
  for (bool b : {false, true})
    for (int64_t m : {1, 5, 8}) {
      ContractSource s = matmul(m, 50, 300, Kind::F32, false, b);
      s.schedule =
          R"(tile = [8, 32, 128], micro = [8, 4], variant = "skinny", warps = 16)";
      EXPECT_TRUE(holds(s, "skinny"));
      for (Kind kind : {Kind::BF16, Kind::Rounded}) {
        s = matmul(m, 56, 304, kind, false, b);
        s.schedule =
            R"(tile = [16, 32, 128], micro = [16, 32], variant = "skinny", stages = 3, warps = 4)";
        EXPECT_TRUE(holds(s, "skinny"));
      }
    }
}

const char *const warpgroups =
    R"(tile = [128, 64, 64], micro = [64, 64], variant = "wgmma", stages = 4)";

testing::AssertionResult holdsWgmma(ContractSource s,
                                    const char *schedule = warpgroups) {
  s.schedule = schedule;
  GpuHarness harness(s.str(), "sm_90a");
  harness.randomize();
  auto result = harness.check(2e-5);
  return result ? result : result << "\n" << s.str();
}

/// TMA, cp.async and registers, and mixtures, in all layouts.
TEST(GpuLowerContract, Wgmma) {
  for (bool a : {false, true})
    for (bool b : {false, true}) {
      // Strides of whole 16 bytes: TMA.
      EXPECT_TRUE(holdsWgmma(matmul(136, 72, 200, Kind::BF16, a, b)));
      EXPECT_TRUE(holdsWgmma(matmul(70, 50, 67, Kind::BF16, a, b)));
      EXPECT_TRUE(holdsWgmma(matmul(130, 70, 136, Kind::Rounded, a, b)));
    }
  EXPECT_TRUE(holdsWgmma(
      matmul(264, 136, 320, Kind::BF16, false, false),
      R"(tile = [128, 128, 64], micro = [64, 128], variant = "wgmma", stages = 3)"));
  EXPECT_TRUE(holdsWgmma(
      matmul(128, 256, 64, Kind::BF16, false, true),
      R"(tile = [128, 256, 64], micro = [64, 256], variant = "wgmma", stages = 2)"));
  // Pairs of blocks share the right operand; one tile each, and several.
  for (bool t : {false, true})
    for (int64_t n : {128, 1100})
      EXPECT_TRUE(holdsWgmma(
          matmul(500, n, 200, t ? Kind::Rounded : Kind::BF16, t, !t),
          R"(tile = [128, 128, 64], micro = [64, 128], variant = "wgmma", stages = 3)"));
  // Three warpgroups multiply.
  for (bool t : {false, true})
    for (Kind kind : {Kind::BF16, Kind::Rounded})
      EXPECT_TRUE(holdsWgmma(
          matmul(200, 136, 136, kind, t, !t),
          R"(tile = [192, 128, 64], micro = [64, 128], variant = "wgmma", stages = 3)"));
}

/// Token mixing: weights left, the image right; LayerNorm from row statistics
/// as rhs map, residual in the epilogue.
TEST(GpuLowerContract, TokenMixingWithLayerNormMapAndResidual) {
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
  s.epilogue = R"(
    %x = arith.addf %acc, %a5 : f32
    %y = arith.addf %x, %a6 : f32
    kernel.yield %y : f32)";
  s.rhs = map + "kernel.yield %f : f32";
  EXPECT_TRUE(holds(s));
  s.lhs = rounded(0);
  s.rhs = map + "%g = arith.truncf %f : f32 to bf16\n kernel.yield %g : bf16";
  EXPECT_TRUE(holds(s, "mma.sync"));
}

/// Activations that are stored rounded, beside an f32 out; vectors of columns
/// and single ones.
TEST(GpuLowerContract, StoresBf16) {
  for (int64_t n : {48, 50})
    for (Kind kind : {Kind::F32, Kind::BF16}) {
      ContractSource s = matmul(70, n, 40, kind, false, false);
      s.outs.push_back({shapeOf({70, n}, "bf16"), "m, n"});
      s.epilogue = R"(
        %y = arith.addf %acc, %a2 : f32
        %z = arith.truncf %y : f32 to bf16
        kernel.yield %y, %z : f32, bf16)";
      GpuHarness harness(s.str(), "sm_80", choose);
      harness.randomize();
      // Sums of f32 and f64 may round to different neighbours.
      EXPECT_TRUE(harness.check(8e-3));
    }
}

/// The output is contiguous along m; the position along m is in the epilogue.
TEST(GpuLowerContract, OutputContiguousAlongM) {
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
  s.schedule = "tile = [32, 32, 16], micro = [2, 4]";
  EXPECT_TRUE(holds(s));
}

/// Patch embedding from bytes: k is split over four dimensions of the image.
TEST(GpuLowerContract, PatchesOfBytes) {
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
  GpuHarness harness(s.str(), "sm_80", choose);
  harness.randomize();
  for (int64_t i = 0; i < harness.size(0); ++i)
    harness.data<uint8_t>(0)[i] = uint8_t(i * 37);
  EXPECT_TRUE(harness.check());
}

/// Expert layers in f32, in bf16 copied by cp.async, and in rounded f32.
class GpuExperts : public testing::TestWithParam<Kind> {
protected:
  std::string type() const { return GetParam() == Kind::BF16 ? "bf16" : "f32"; }
  /// Chosen, and on tensor cores also by warpgroups.
  std::vector<const char *> schedules() const {
    return GetParam() == Kind::F32 ? std::vector<const char *>{""}
                                   : std::vector<const char *>{"", warpgroups};
  }
  void setKind(ContractSource &s) {
    if (GetParam() == Kind::BF16) {
      s.lhs = "kernel.yield %a0 : bf16";
      s.rhs = "kernel.yield %a1 : bf16";
    } else if (GetParam() == Kind::Rounded) {
      s.lhs = rounded(0);
      s.rhs = rounded(1);
    }
  }
};

/// Rows gathered by the routing plan, some absent, groups of uneven size, two
/// of them empty; every row count of a tile.
TEST_P(GpuExperts, RaggedMWithGather) {
  ContractSource s;
  s.dims = {5, 90, 24, 40};
  s.inputs = {{"12x40x" + type(), "0, k"},
              {"5x40x24x" + type(), "g, k, n"},
              {"90xi32", "m"},
              {"6xi32", "g"},
              {"5x24xf32", "g, n"}};
  s.outs = {{"90x24xf32", "m, n"}};
  s.gathers = "2, -1, -1, -1, -1";
  s.ragged = "1 by 3";
  s.epilogue = "%y = arith.addf %acc, %a4 : f32\n kernel.yield %y : f32";
  setKind(s);
  // More than one row of tiles, the last of them shorter.
  for (int64_t m : {600, 1024}) {
    ContractSource s = matmul(m, 70, 16, Kind::F32, false, false);
    s.schedule = "tile = [32, 32, 16], micro = [4, 4]";
    EXPECT_TRUE(holds(s)) << m;
  }
  for (const char *schedule : schedules()) {
    s.schedule = schedule;
    GpuHarness harness(s.str(), "sm_90a", choose);
    harness.randomize();
    for (int i = 0; i < 90; ++i)
      harness.data<int32_t>(2)[i] = i % 9 == 4 ? -1 : (i * 5) % 12;
    // Rows 84.. are no one's.
    const int32_t offsets[] = {0, 37, 37, 40, 84, 84};
    std::copy(offsets, offsets + 6, harness.data<int32_t>(3));
    EXPECT_TRUE(harness.check(2e-5)) << schedule;
  }
}

/// The gradient of expert weights: k runs over the items of the expert, both
/// operands are rows of the plan; an empty expert gives the epilogue of 0.
TEST_P(GpuExperts, RaggedKWithGathers) {
  ContractSource s;
  s.dims = {4, 24, 40, 60};
  s.inputs = {{"12x24x" + type(), "0, m"},
              {"60x40x" + type(), "k, n"},
              {"60xi32", "k"},
              {"5xi32", "g"}};
  s.outs = {{"4x24x40xf32", "g, m, n"}};
  s.gathers = "2, -1, -1, -1";
  s.ragged = "3 by 3";
  s.epilogue = R"(%one = arith.constant 1.0 : f32
    %y = arith.addf %acc, %one : f32
    kernel.yield %y : f32)";
  setKind(s);
  for (const char *schedule : schedules()) {
    s.schedule = schedule;
    GpuHarness harness(s.str(), "sm_90a", choose);
    harness.randomize();
    for (int i = 0; i < 60; ++i)
      harness.data<int32_t>(2)[i] = i % 7 == 3 ? -1 : (i * 5) % 12;
    const int32_t offsets[] = {0, 33, 33, 34, 58};
    std::copy(offsets, offsets + 5, harness.data<int32_t>(3));
    EXPECT_TRUE(harness.check(2e-5)) << schedule;
  }
}
INSTANTIATE_TEST_SUITE_P(Kinds, GpuExperts,
                         testing::Values(Kind::F32, Kind::BF16, Kind::Rounded),
                         [](auto &info) {
                           return info.param == Kind::F32    ? "f32"
                                  : info.param == Kind::BF16 ? "bf16"
                                                             : "rounded";
                         });

/// Softmax weights from row statistics as lhs map, read transposed.
TEST(GpuLowerContract, SoftmaxAsLeftMap) {
  ContractSource s;
  s.dims = {2, 30, 33, 49};
  s.inputs = {{"2x49x30xf32", "g, k, m"},
              {"2x49x33xf32", "g, k, n"},
              {"2x30xf32", "g, m"},
              {"2x30xf32", "g, m"}};
  s.outs = {{"2x30x33xf32", "g, m, n"}};
  s.lhs = R"(
    %d = arith.subf %a0, %a2 : f32
    %e = math.exp %d : f32
    %f = arith.mulf %e, %a3 : f32
    kernel.yield %f : f32)";
  EXPECT_TRUE(holds(s));
}

} // namespace
