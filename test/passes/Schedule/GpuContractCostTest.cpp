//===- GpuContractCostTest.cpp - Which GPU schedules the model picks ------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// As for the CPU: what a choice must keep to on any GPU, and which way it moves
// when a dimension, the machine or the work beside the multiplication changes.
//
//===----------------------------------------------------------------------===//

#include "passes/Schedule/Passes.h"
#include <gtest/gtest.h>

using namespace moec::schedule;
using moec::kernel::GpuAttr;

namespace {

/// As sm_80 with the units of sm_90, sm_90a, and the least that a block has
/// everywhere.
GpuAttr machine(int64_t multiprocessors, int64_t sharedBytes, bool hopper) {
  static mlir::MLIRContext context;
  context.loadDialect<moec::kernel::KernelDialect>();
  return GpuAttr::get(&context, multiprocessors, sharedBytes, hopper, hopper);
}
const GpuAttr ampere = machine(132, 163 << 10, false);
const GpuAttr hopper = machine(132, 227 << 10, true);
const GpuAttr small = machine(8, 48 << 10, false);

GpuContractShape f32(int64_t m, int64_t n, int64_t k, int64_t groups = 1) {
  GpuContractShape shape{groups, m, n, k};
  shape.left.bytes = shape.right.bytes = 4;
  return shape;
}

/// Operands that cp.async stages.
GpuContractShape bf16(int64_t m, int64_t n, int64_t k, int64_t groups = 1) {
  GpuContractShape shape = f32(m, n, k, groups);
  shape.tensorCores = true;
  shape.left.staging = shape.right.staging = 0;
  return shape;
}

int64_t area(const GpuContractSchedule &s) { return s.mTile * s.nTile; }

/// Bytes of shared memory of the panels that a block holds.
int64_t sharedOf(const GpuContractShape &shape, const GpuContractSchedule &s) {
  int64_t element = shape.tensorCores ? 2 : 4;
  int64_t copies = shape.tensorCores ? s.stages : 2;
  return (s.mTile + s.nTile) * s.kTile * element * copies;
}

TEST(GpuContractCostTest, EveryChoiceCanBeBuilt) {
  for (GpuAttr machine : {ampere, hopper, small})
    for (bool tensorCores : {false, true})
      for (int64_t m : {1, 16, 17, 100, 8192})
        for (int64_t n : {1, 10, 96, 1000, 8192})
          for (int64_t k : {1, 96, 4096}) {
            GpuContractShape shape = tensorCores ? bf16(m, n, k) : f32(m, n, k);
            GpuContractSchedule s = chooseGpuSchedule(shape, machine);
            SCOPED_TRACE("m " + std::to_string(m) + " n " + std::to_string(n) +
                         " k " + std::to_string(k));
            EXPECT_EQ(s.mTile % s.mMicro, 0);
            EXPECT_EQ(s.nTile % s.nMicro, 0);
            EXPECT_LE(sharedOf(shape, s), machine.getSharedBytes());
            int64_t threads = s.warpgroups
                                  ? 128 + 2 * s.mTile
                                  : s.mTile / s.mMicro * (s.nTile / s.nMicro) *
                                        s.parts * (tensorCores ? 32 : 1);
            EXPECT_LE(threads, 1024);
            EXPECT_EQ(threads % 32, 0);
            // Loads run ahead only where cp.async or TMA makes them.
            EXPECT_EQ(s.stages > 0, tensorCores);
            if (tensorCores) {
              EXPECT_EQ(s.mMicro % 16, 0);
              EXPECT_EQ(s.nMicro % 8, 0);
              EXPECT_EQ(s.kTile % 16, 0);
            }
            EXPECT_LE(s.warpgroups, machine.hasWarpgroups() && tensorCores);
          }
}

TEST(GpuContractCostTest, WarpgroupsAreForLargeBf16) {
  EXPECT_TRUE(chooseGpuSchedule(bf16(8192, 4096, 2048), hopper).warpgroups);
  EXPECT_FALSE(chooseGpuSchedule(bf16(8192, 4096, 2048), ampere).warpgroups);
  // Nor on sm_90, whose code runs on later GPUs too.
  EXPECT_FALSE(
      chooseGpuSchedule(bf16(8192, 4096, 2048), machine(132, 227 << 10, false))
          .warpgroups);
  EXPECT_FALSE(chooseGpuSchedule(f32(8192, 4096, 2048), hopper).warpgroups);
  // Too few of the large tiles to fill the machine.
  EXPECT_FALSE(chooseGpuSchedule(bf16(128, 1024, 1024), hopper).warpgroups);
}

TEST(GpuContractCostTest, WarpgroupsNeedTheirSharedMemory) {
  // The smallest of their tiles takes four times (128 + 64) * 64 bf16, and the
  // epilogue has its own.
  for (int64_t kilobytes : {48, 96, 110})
    EXPECT_FALSE(chooseGpuSchedule(bf16(8192, 4096, 2048),
                                   machine(132, kilobytes << 10, true))
                     .warpgroups);
}

TEST(GpuContractCostTest, CyclesGrowWithTheWork) {
  auto cycles = [](const GpuContractShape &shape, GpuAttr machine) {
    double cycles = 0;
    chooseGpuSchedule(shape, machine, &cycles);
    return cycles;
  };
  for (GpuAttr machine : {ampere, hopper, small})
    for (bool tensorCores : {false, true}) {
      GpuContractShape shape =
          tensorCores ? bf16(512, 512, 512) : f32(512, 512, 512);
      double before = cycles(shape, machine);
      EXPECT_GT(before, 0);
      for (int64_t GpuContractShape::*extent :
           {&GpuContractShape::m, &GpuContractShape::n, &GpuContractShape::k,
            &GpuContractShape::groups}) {
        GpuContractShape larger = shape;
        larger.*extent *= 16;
        EXPECT_GT(cycles(larger, machine), before);
      }
      GpuContractShape costlier = shape;
      costlier.epilogue = 200;
      EXPECT_GT(cycles(costlier, machine), before);
      costlier = shape;
      costlier.left.staging = 400;
      EXPECT_GT(cycles(costlier, machine), before);
      // What is read from far away counts once it takes longer than the rest.
      costlier = shape;
      costlier.right.bytes = 400;
      EXPECT_GT(cycles(costlier, machine), before);
    }
  EXPECT_LT(cycles(bf16(4096, 4096, 4096), ampere),
            cycles(f32(4096, 4096, 4096), ampere));
  EXPECT_LT(cycles(bf16(4096, 4096, 4096), hopper),
            cycles(bf16(4096, 4096, 4096), ampere));
}

TEST(GpuContractCostTest, StagingByInstructionsHoldsWarpgroupsUp) {
  // One of three warpgroups stages for the two that multiply.
  GpuContractShape shape = bf16(8192, 4096, 2048);
  bool before = true;
  for (double instructions : {0, 2, 4, 8, 16, 64}) {
    shape.left.staging = shape.right.staging = instructions;
    bool now = chooseGpuSchedule(shape, hopper).warpgroups;
    EXPECT_LE(now, before) << "again at " << instructions;
    before = now;
  }
  EXPECT_FALSE(before);
}

TEST(GpuContractCostTest, OnlyFewRowsSplitTheDepth) {
  for (int64_t m : {1, 8, 16}) {
    EXPECT_GT(chooseGpuSchedule(f32(m, 1024, 1024), ampere).parts, 1) << m;
    EXPECT_GT(chooseGpuSchedule(bf16(m, 1024, 1024), ampere).parts, 1) << m;
  }
  for (int64_t m : {17, 64, 4096}) {
    EXPECT_EQ(chooseGpuSchedule(f32(m, 1024, 1024), ampere).parts, 1) << m;
    EXPECT_EQ(chooseGpuSchedule(bf16(m, 1024, 1024), ampere).parts, 1) << m;
  }
  // No depth to split.
  EXPECT_EQ(chooseGpuSchedule(f32(16, 64, 1), ampere).parts, 1);
}

TEST(GpuContractCostTest, TilesGrowWithTheOutput) {
  for (bool tensorCores : {false, true}) {
    int64_t last = 0;
    for (int64_t extent : {64, 256, 1024, 4096, 16384}) {
      GpuContractShape shape =
          tensorCores ? bf16(extent, extent, 1024) : f32(extent, extent, 1024);
      int64_t now = area(chooseGpuSchedule(shape, ampere));
      EXPECT_GE(now, last) << extent;
      last = now;
    }
    EXPECT_EQ(last, 128 * 128);
  }
}

TEST(GpuContractCostTest, MoreUnitsGetSmallerTiles) {
  for (bool tensorCores : {false, true}) {
    GpuContractShape shape =
        tensorCores ? bf16(1024, 1024, 1024) : f32(1024, 1024, 1024);
    int64_t last = 1 << 30;
    for (int64_t units : {1, 8, 32, 132, 1000}) {
      GpuContractSchedule s =
          chooseGpuSchedule(shape, machine(units, 163 << 10, false));
      EXPECT_LE(area(s), last) << units;
      last = area(s);
      // Most of the units have work.
      EXPECT_GE(gpuBlocks(shape, s), units / 2);
    }
  }
}

TEST(GpuContractCostTest, NarrowOutputsGetNarrowTiles) {
  for (int64_t n : {1, 10, 16}) {
    EXPECT_EQ(chooseGpuSchedule(f32(8192, n, 1024), ampere).nTile, 16);
    EXPECT_EQ(chooseGpuSchedule(bf16(8192, n, 1024), ampere).nTile, 16);
  }
  for (int64_t n : {17, 32}) {
    EXPECT_EQ(chooseGpuSchedule(f32(8192, n, 1024), ampere).nTile, 32);
    EXPECT_EQ(chooseGpuSchedule(bf16(8192, n, 1024), ampere).nTile, 32);
  }
}

TEST(GpuContractCostTest, BlocksOfWholeTiles) {
  GpuContractSchedule s{64, 32, 16, 4, 4, 0};
  EXPECT_EQ(gpuBlocks(f32(128, 64, 1), s), 4);
  EXPECT_EQ(gpuBlocks(f32(129, 65, 1), s), 9);
  EXPECT_EQ(gpuBlocks(f32(1, 1, 1, 7), s), 7);
}

TEST(GpuContractCostTest, BlocksOfRaggedRows) {
  // 7 groups of 80 rows on the average: a tile and a quarter, and half a tile
  // for the last one of each.
  GpuContractSchedule s{64, 32, 16, 4, 4, 0};
  GpuContractShape shape = f32(80, 64, 1, 7);
  EXPECT_EQ(gpuBlocks(shape, s), 7 * 2 * 2);
  shape.raggedM = true;
  EXPECT_EQ(gpuBlocks(shape, s), 7 * (1.25 + 0.5) * 2);
  shape.m = 16;
  EXPECT_EQ(gpuBlocks(shape, s), 7 * (0.25 + 0.5) * 2);
}

TEST(GpuContractCostTest, RaggedTilesFollowTheMeanRows) {
  for (bool tensorCores : {false, true}) {
    int64_t last = 0;
    for (int64_t rows : {1, 4, 16, 64, 256, 2048}) {
      GpuContractShape shape =
          tensorCores ? bf16(rows, 1024, 1024, 64) : f32(rows, 1024, 1024, 64);
      shape.raggedM = true;
      int64_t now = chooseGpuSchedule(shape, ampere).mTile;
      EXPECT_GE(now, last) << rows;
      last = now;
    }
    EXPECT_EQ(last, 128);
    // Groups of ends: with few rows a large tile would be mostly empty.
    GpuContractShape whole =
        tensorCores ? bf16(4, 1024, 1024, 64) : f32(4, 1024, 1024, 64);
    whole.raggedM = true;
    EXPECT_LE(chooseGpuSchedule(whole, ampere).mTile, 16);
  }
}

TEST(GpuContractCostTest, EpilogueWorkIsCounted) {
  // It is done for every element of a tile, those beyond the end included: the
  // more of it, the less a choice may overhang.
  GpuContractShape shape = f32(8192, 40, 64);
  shape.epilogue = 2000;
  GpuContractSchedule s = chooseGpuSchedule(shape, ampere);
  EXPECT_EQ((40 + s.nTile - 1) / s.nTile * s.nTile, 48);
}

} // namespace
