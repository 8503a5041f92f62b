//===- LowerContractCountersTest.cpp - What decides a contraction's speed -===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every schedule that the cost model may choose, with operands in every layout,
// on tiles that the matrices are multiples of.
//
//===----------------------------------------------------------------------===//

#include "GpuHarness.h"
#include "mlir/IR/MLIRContext.h"
#include "passes/Schedule/Passes.h"
#include "test/passes/Codegen/KernelSource.h"

using namespace moec::test;
using moec::schedule::GpuContractSchedule;

namespace {

constexpr int64_t tilesOfK = 5;

std::string matrix(int64_t rows, int64_t columns, bool bf16) {
  return std::to_string(rows) + "x" + std::to_string(columns) +
         (bf16 ? "xbf16" : "xf32");
}

/// One tile of the schedule, five deep; operands may lie transposed.
ContractSource tile(const GpuContractSchedule &s, bool bf16, bool transposeA,
                    bool transposeB) {
  int64_t m = s.mTile, n = s.nTile, k = tilesOfK * s.kTile;
  ContractSource source;
  source.dims = {m, n, k};
  source.inputs = {transposeA ? OperandSource{matrix(k, m, bf16), "k, m"}
                              : OperandSource{matrix(m, k, bf16), "m, k"},
                   transposeB ? OperandSource{matrix(n, k, bf16), "n, k"}
                              : OperandSource{matrix(k, n, bf16), "k, n"}};
  source.outs = {{matrix(m, n, false), "m, n"}};
  if (bf16) {
    source.lhs = "kernel.yield %a0 : bf16";
    source.rhs = "kernel.yield %a1 : bf16";
  }
  mlir::MLIRContext context;
  context.loadDialect<moec::kernel::KernelDialect>();
  std::string text;
  llvm::raw_string_ostream(text) << s.attr(&context);
  llvm::StringRef inner(text);
  inner.consume_front("#kernel.schedule<");
  inner.consume_back(">");
  source.schedule = inner.str();
  return source;
}

class GpuSchedules
    : public testing::TestWithParam<std::tuple<GpuContractSchedule, bool>> {};

TEST_P(GpuSchedules, MoveWholeSectorsWithoutConflicts) {
  auto [s, bf16] = GetParam();
  for (bool a : {false, true})
    for (bool b : {false, true}) {
      ContractSource source = tile(s, bf16, a, b);
      SCOPED_TRACE(source.str());
      GpuHarness harness(source.str(), s.warpgroups ? "sm_90a" : "sm_80");
      harness.randomize();
      ASSERT_TRUE(harness.run());
      const auto &c = harness.counters();
      EXPECT_EQ(c.sharedLoadConflicts, 0u);
      EXPECT_EQ(c.sharedStoreConflicts, 0u);
      EXPECT_EQ(c.wgmmaConflicts, 0u);
      EXPECT_LE(c.globalLoadExcess(), 1.01);
      EXPECT_LE(c.globalStoreExcess(), 1.01);
      EXPECT_EQ(c.globalPartialSectors, 0u);
      uint64_t flops = uint64_t(2) * s.mTile * s.nTile * s.kTile * tilesOfK;
      EXPECT_EQ(c.tensorFlops, bf16 ? flops : 0u);
      if (s.warpgroups) {
        EXPECT_EQ(harness.ptx().tensorMaps.size(), 2u);
        EXPECT_EQ(c.bulkBytes,
                  uint64_t(tilesOfK) * (s.mTile + s.nTile) * s.kTile * 2);
        EXPECT_EQ(c.wgmmaGroupsInFlight, 2u);
        EXPECT_EQ(c.bulkStagesInFlight, uint64_t(s.stages));
      } else if (bf16) { // one is multiplied while the others arrive
        EXPECT_EQ(c.copyGroupsInFlight, uint64_t(s.stages - 1));
      }
    }
}

auto schedules(bool tensorCores) {
  auto all = moec::schedule::gpuSchedules(tensorCores, /*warpgroups=*/true);
  return testing::Combine(testing::ValuesIn(all.begin(), all.end()),
                          testing::Values(tensorCores));
}
std::string nameOf(
    const testing::TestParamInfo<std::tuple<GpuContractSchedule, bool>> &info) {
  const GpuContractSchedule &s = std::get<0>(info.param);
  std::string name = s.warpgroups ? "wgmma" : s.stages ? "mma" : "simt";
  for (int64_t size : {s.mTile, s.nTile, s.kTile, s.mMicro, s.nMicro, s.parts})
    name += "_" + std::to_string(size);
  return name;
}
INSTANTIATE_TEST_SUITE_P(BF16, GpuSchedules, schedules(true), nameOf);
INSTANTIATE_TEST_SUITE_P(F32, GpuSchedules, schedules(false), nameOf);

/// Two blocks with the same right operand fetch it once.
TEST(GpuLowerContract, PairsFetchTheRightOperandOnce) {
  for (bool b : {false, true}) {
    GpuContractSchedule s{128, 128, 64, 64, 128, 4, 1, true};
    ContractSource source = tile(s, true, false, b);
    source.dims[0] = 256;
    source.inputs[0].type = matrix(256, source.dims[2], true);
    source.outs[0].type = matrix(256, 128, false);
    GpuHarness harness(source.str(), "sm_90a");
    harness.randomize();
    ASSERT_TRUE(harness.check(2e-5));
    EXPECT_EQ(harness.ptx().cluster, 2);
    const auto &c = harness.counters();
    EXPECT_EQ(c.bulkBytes, uint64_t(tilesOfK) * (256 + 128) * 64 * 2);
    EXPECT_EQ(c.sharedLoadConflicts + c.sharedStoreConflicts, 0u);
    EXPECT_EQ(c.globalPartialSectors, 0u);
  }
}

} // namespace
