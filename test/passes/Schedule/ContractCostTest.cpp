//===- ContractCostTest.cpp - Which CPU schedules the cost model picks ----===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What any sensible model of the machine must answer, not the numbers of this
// one: what is impossible is never chosen, and the choice moves the right way
// when one thing about the contraction or the machine changes.
//
//===----------------------------------------------------------------------===//

#include "passes/Codegen/ContractBlocks.h"
#include "passes/Schedule/Passes.h"
#include "llvm/Support/MathExtras.h"
#include <gtest/gtest.h>

using namespace moec::schedule;
using llvm::alignTo;
using llvm::divideCeil;
using moec::kernel::CpuAttr;

namespace {

mlir::MLIRContext *context() {
  static mlir::MLIRContext context;
  context.loadDialect<moec::kernel::KernelDialect>();
  return &context;
}

/// 32 registers of 16 lanes, and 16 of 8.
CpuAttr avx512(int64_t cores = 8) {
  return CpuAttr::get(context(), cores, 64, 32, false);
}
CpuAttr avx2(int64_t cores = 8) {
  return CpuAttr::get(context(), cores, 32, 16, false);
}

ContractShape shapeOf(int64_t groups, int64_t m, int64_t n, int64_t k) {
  return {groups, m, n, k, false, false};
}

int64_t blocksOf(const ContractShape &shape, const ContractSchedule &s) {
  return shape.groups * divideCeil(shape.m, s.mTile) *
         divideCeil(shape.n, s.nTile);
}

TEST(ContractCostTest, EveryChoiceCanBeBuilt) {
  for (CpuAttr machine : {avx512(), avx2(), avx512(1), avx2(96)})
    for (int64_t m : {1, 2, 7, 49, 128, 1000, 40000})
      for (int64_t n : {1, 10, 17, 96, 768, 40000})
        for (int64_t k : {1, 49, 384, 1500, 100000}) {
          ContractSchedule s = chooseSchedule(shapeOf(1, m, n, k), machine);
          SCOPED_TRACE("m " + std::to_string(m) + " n " + std::to_string(n) +
                       " k " + std::to_string(k) + " lanes " +
                       std::to_string(machine.getLanes()));
          int64_t vectors = s.columns / machine.getLanes();
          ASSERT_GE(s.rows, 1);
          ASSERT_GE(vectors, 1);
          EXPECT_EQ(s.columns % machine.getLanes(), 0);
          // The sums, one row of the right operand and a broadcast element.
          EXPECT_LE(s.rows * vectors + vectors + 1,
                    machine.getVectorRegisters());
          // No row is computed in vain, and less than a vector of columns.
          EXPECT_LE(s.rows, m);
          EXPECT_LT(s.columns, n + machine.getLanes());
          EXPECT_EQ(s.mTile % s.rows, 0);
          EXPECT_EQ(s.nTile % s.columns, 0);
          EXPECT_LE(s.mTile, 512);
          EXPECT_LE(s.nTile, 512);
          EXPECT_GE(s.kTile, 1);
          EXPECT_LE(s.kTile, std::min<int64_t>(k, 2048));
        }
}

TEST(ContractCostTest, ShallowDepthIsNotSplit) {
  for (int64_t k : {1, 49, 384, 1024})
    EXPECT_EQ(chooseSchedule(shapeOf(1, 512, 512, k), avx512()).kTile, k);
}

TEST(ContractCostTest, DeepDepthIsSplitEvenly) {
  for (int64_t k : {1025, 2000, 6272, 100000}) {
    int64_t tile = chooseSchedule(shapeOf(1, 512, 512, k), avx512()).kTile;
    EXPECT_EQ(tile % 16, 0);
    // The last part is not much shorter than the others.
    int64_t parts = divideCeil(k, tile);
    EXPECT_GT(parts, 1);
    EXPECT_LE(tile, alignTo(divideCeil(k, parts), 16));
  }
}

TEST(ContractCostTest, SquareFillsTheRegisters) {
  for (CpuAttr machine : {avx512(), avx2()}) {
    ContractSchedule s = chooseSchedule(shapeOf(1, 512, 512, 512), machine);
    EXPECT_GE(s.rows * s.columns / machine.getLanes(),
              machine.getVectorRegisters() / 2);
    // Wide enough and high enough to load little for each product.
    EXPECT_GE(s.rows, 4);
    EXPECT_GE(s.columns, 2 * machine.getLanes());
  }
}

TEST(ContractCostTest, SkinnyUsesTheOtherDimension) {
  // One row: several vectors of columns hide the latency of a sum.
  ContractSchedule row = chooseSchedule(shapeOf(1, 1, 512, 512), avx512());
  EXPECT_EQ(row.rows, 1);
  EXPECT_EQ(row.columns, 64);
  // One vector of columns: many rows do.
  for (int64_t n : {1, 10, 16}) {
    ContractSchedule column = chooseSchedule(shapeOf(1, 512, n, 512), avx512());
    EXPECT_EQ(column.columns, 16);
    EXPECT_GE(column.rows, 8);
  }
}

TEST(ContractCostTest, ColumnsDivideWhatTheyCan) {
  // 96 columns: 48 at a time on 16 lanes, 24 on 8, nothing beyond the end.
  for (CpuAttr machine : {avx512(), avx2()}) {
    ContractSchedule s = chooseSchedule(shapeOf(1, 512, 96, 512), machine);
    EXPECT_EQ(96 % s.columns, 0);
    EXPECT_EQ(96 % s.nTile, 0);
  }
}

TEST(ContractCostTest, ThreadsAllHaveABlock) {
  ContractShape shape = shapeOf(1, 512, 512, 512);
  int64_t last = 0;
  for (int64_t threads : {1, 2, 4, 8, 16, 32, 64}) {
    int64_t blocks = blocksOf(shape, chooseSchedule(shape, avx512(threads)));
    EXPECT_GE(blocks, threads);
    EXPECT_GE(blocks, last);
    last = blocks;
  }
  // Also where only one of the dimensions is long.
  for (const ContractShape &skinny :
       {shapeOf(1, 8, 1024, 512), shapeOf(1, 1024, 16, 512)})
    EXPECT_GE(blocksOf(skinny, chooseSchedule(skinny, avx512(8))), 8);
}

TEST(ContractCostTest, GroupsAreSharedOutFirst) {
  // As many groups as threads: no thread packs a panel twice, so that columns
  // are not cut and a group's blocks of rows follow each other.
  ContractShape many = shapeOf(8, 512, 512, 512);
  EXPECT_GE(chooseSchedule(many, avx512(8)).nTile, 512);
  EXPECT_LE(blocksOf(many, chooseSchedule(many, avx512(8))), 16);
  ContractShape few = shapeOf(2, 512, 512, 512);
  EXPECT_EQ(blocksOf(few, chooseSchedule(few, avx512(8))), 8);
  // Groups of a few rows, as of experts.
  ContractShape experts = shapeOf(64, 24, 512, 512);
  EXPECT_EQ(blocksOf(experts, chooseSchedule(experts, avx512(8))), 64);
}

TEST(ContractCostTest, CostlyMapsArePackedLessOften) {
  // The left panel is packed once for each column of blocks, the right one for
  // each row.
  auto packings = [&](ContractShape shape, double left, double right) {
    shape.leftMap = left;
    shape.rightMap = right;
    ContractSchedule s = chooseSchedule(shape, avx512());
    return std::pair(divideCeil(shape.n, s.nTile),
                     divideCeil(shape.m, s.mTile));
  };
  ContractShape little = shapeOf(1, 32, 64, 128);
  EXPECT_LT(packings(little, 20, 0).first, packings(little, 0, 0).first);
  ContractShape large = shapeOf(1, 2048, 512, 256);
  EXPECT_LT(packings(large, 0, 200).second, packings(large, 0, 0).second);
  EXPECT_LE(packings(large, 200, 0).first, packings(large, 0, 0).first);
}

TEST(ContractCostTest, LeftPanelsThatAreNotKeptWantFewBlocks) {
  // Packed again for each block beside the first: as many blocks as cores,
  // where nothing is held for the columns of one.
  ContractShape shape = shapeOf(1, 196, 3072, 1024);
  shape.rightInStrips = true;
  EXPECT_EQ(blocksOf(shape, chooseSchedule(shape, avx512(2))), 2);
  shape.rightInStrips = false;
  EXPECT_GT(blocksOf(shape, chooseSchedule(shape, avx512(2))), 2);
}

TEST(ContractCostTest, InPlaceColumnsEndWithAVector) {
  // The right operand is multiplied where it lies if no vector reaches past its
  // end, whatever the columns of a register tile are.
  for (CpuAttr machine : {avx512(), avx2()})
    for (int64_t n : {96, 160, 176, 192, 208, 240, 100, 250}) {
      ContractShape shape = shapeOf(1, 8, n, 512);
      double packed, inPlace;
      chooseSchedule(shape, machine, &packed);
      shape.rightInPlace = true;
      chooseSchedule(shape, machine, &inPlace);
      if (n % machine.getLanes())
        EXPECT_EQ(inPlace, packed) << n;
      else
        EXPECT_LT(inPlace, packed) << n;
    }
}

TEST(ContractCostTest, RowsOfADeepTransposedPanelFillVectors) {
  // 6 rows divide 198, but lie too far apart when m is the contiguous dimension
  // and the panel is deep.
  ContractShape shape = shapeOf(64, 198, 64, 256);
  EXPECT_EQ(chooseSchedule(shape, avx512()).rows, 6);
  shape.leftAlongK = false;
  EXPECT_EQ(16 % chooseSchedule(shape, avx512()).rows, 0);
  shape.k = 128;
  EXPECT_EQ(chooseSchedule(shape, avx512()).rows, 6);
}

TEST(ContractCostTest, RowsInPlaceWantLowBlocksOfWholeDepth) {
  // 512 KB of L2 hold the rows of a block; weights pass through.
  for (auto [m, n, k] :
       {std::tuple(1024, 1024, 1024), {6272, 384, 1536}, {196, 1536, 384}}) {
    ContractShape shape = shapeOf(1, m, n, k);
    shape.rightInStrips = true;
    shape.leftStride = k;
    ContractSchedule s = chooseSchedule(shape, avx2(2));
    EXPECT_EQ(s.kTile, k);
    EXPECT_EQ(s.rows * s.columns, 12 * 8);
    EXPECT_LE(s.mTile * k * 4, 512 << 10);
  }
}

TEST(ContractCostTest, TheLastStripCostsWhatItHolds) {
  // Of five strips of 24 columns the last one has one, two or three vectors.
  auto cycles = [](int64_t n) {
    double found = 0;
    visitSchedules(shapeOf(1, 96, n, 108), avx2(1),
                   [&](double cost, const ContractSchedule &s) {
                     if (s.rows == 4 && s.columns == 24 && s.mTile == 96 &&
                         s.nTile >= n)
                       found = cost;
                   });
    return found;
  };
  EXPECT_GT(cycles(96), 0);
  EXPECT_LT(cycles(96), cycles(104));
  EXPECT_EQ(cycles(97), cycles(104));
  EXPECT_LT(cycles(104), cycles(112));
  EXPECT_LT(cycles(112), cycles(120));
}

TEST(ContractCostTest, RowsInOneSetAreNotReadInPlace) {
  using moec::codegen::canReadRows;
  EXPECT_TRUE(canReadRows(6, 1024)); // 4 KiB apart: one set
  EXPECT_FALSE(canReadRows(14, 1024));
  EXPECT_FALSE(canReadRows(14, 512)); // two, of 7
  EXPECT_TRUE(canReadRows(12, 512));
  EXPECT_TRUE(canReadRows(14, 384));
  EXPECT_FALSE(canReadRows(14, 1025)); // hardly further
}

TEST(ContractCostTest, StripsThatLieSpreadAreNotReadInPlace) {
  using moec::codegen::canReadStrip;
  EXPECT_TRUE(canReadStrip(8, 384, 384));   // 3 lines a set of L2
  EXPECT_FALSE(canReadStrip(8, 1576, 384)); // 13
  EXPECT_TRUE(canReadStrip(16, 1576, 384));
  EXPECT_TRUE(canReadStrip(8, 6000, 8)); // two rows a line, side by side
  EXPECT_TRUE(canReadStrip(8, 4, 512 - 16));
  EXPECT_FALSE(canReadStrip(8, 4, 512));  // few sets of L1
  EXPECT_FALSE(canReadStrip(16, 4, 528)); // too many pages
  EXPECT_FALSE(canReadStrip(8, 4, 0));
  // As many as rows of a tensor can be: found out at once.
  EXPECT_FALSE(canReadStrip(8, int64_t(1) << 35, 1));
}

TEST(ContractCostTest, PiecesOfTransposedLeftRowsAreNotTooShort) {
  // The gradient of weights: a step of a low block is a piece of one or two
  // lines, each on a page of its own.
  ContractShape shape = shapeOf(1, 1536, 384, 1576);
  shape.leftAlongK = false;
  EXPECT_GE(chooseSchedule(shape, avx2(2)).mTile, 64);
  EXPECT_LE(chooseSchedule(shape, avx2(2)).mTile, 128);
}

TEST(ContractCostTest, DeepPanelsWantTilesThatLoadLittle) {
  // They do not stay in the first cache: a step loads rows + vectors from the
  // second, for rows * vectors of work.
  auto loads = [](int64_t k) {
    ContractSchedule s = chooseSchedule(shapeOf(1, 512, 512, k), avx512());
    double vectors = double(s.columns) / avx512().getLanes();
    return (s.rows + vectors) / (s.rows * vectors);
  };
  EXPECT_LT(loads(1024), loads(512));
}

TEST(ContractCostTest, SumsAreManyThoughRowsThenGoToWaste) {
  // 197 rows are 66 tiles of 3 or 33 of 6, with a row in vain, and 50 of 4,
  // with three.
  for (auto [n, k] : {std::pair(384, 384), {1536, 384}, {384, 1536}}) {
    ContractShape shape = shapeOf(1, 197, n, k);
    shape.rightInStrips = true;
    shape.leftStride = k;
    ContractSchedule s = chooseSchedule(shape, avx2(2));
    EXPECT_EQ(s.rows, 4);
    EXPECT_EQ(s.columns, 24);
  }
}

TEST(ContractCostTest, RightOperandsOfManyBlocksAreStoredOnce) {
  // The gradient of weights: 6304 steps of 384 columns are 9 MiB.
  ContractShape gradient = shapeOf(1, 1536, 384, 6304);
  gradient.leftAlongK = false;
  EXPECT_TRUE(isStoredInStrips(gradient, avx2(2)));
  // Not what is read where it lies, nor for a few rows.
  ContractShape lies = gradient, few = gradient;
  lies.rightInPlace = true;
  few.m = 4;
  EXPECT_FALSE(isStoredInStrips(lies, avx2(2)));
  EXPECT_FALSE(isStoredInStrips(few, avx2(2)));
  // Nor what takes more memory than that is worth.
  ContractShape large = gradient;
  large.rightPerGroup = true;
  large.groups = 64;
  EXPECT_FALSE(isStoredInStrips(large, avx2(2)));
  // A map is computed once as well.
  ContractShape mapped = gradient;
  mapped.rightMap = 40;
  EXPECT_TRUE(isStoredInStrips(mapped, avx2(2)));
}

} // namespace
