//===- ContractCost.cpp - What a contraction costs ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Codegen/ContractBlocks.h"
#include "passes/Schedule/Passes.h"
#include "llvm/Support/MathExtras.h"

using llvm::alignTo;
using llvm::divideCeil;

namespace moec::schedule {

// In cycles; measured with bench/contract_bench.
static constexpr double packPerVector = 2.5; // load, map, store of one vector
static constexpr double readPerVector = 5;   // a cache line from L3
static constexpr int64_t l2Elements = 128 << 10;
static constexpr double tileOverhead = 30;  // loops and addresses of one tile
static constexpr double storePerVector = 2; // epilogue of one vector of sums
// Depth packed at a time: the strip of the right panel stays in L1.
static constexpr int64_t maxDepth = 1024, splitDepth = 384;
// Deeper panels do not stay in L1 from one register tile to the next, so that
// every load of a step waits for L2: wide tiles with few rows load least.
static constexpr int64_t cachedDepth = 512;
static constexpr double loadFromL2 = 0.25;
static constexpr int64_t stripDepth = 128;
static constexpr double stripLoads = 0.5;
// Rows and columns of a block; columns where nothing but sums in registers is
// held for them, neither a panel nor partial sums.
static constexpr int64_t maxTile = 512, maxStripsTile = 2048;

double cyclesPerStep(int64_t rows, int64_t vectors) {
  return std::max({rows * vectors / 2.0, (rows + vectors) / 2.0, 4.0});
}

void visitSchedules(
    const ContractShape &shape, kernel::CpuAttr machine,
    llvm::function_ref<void(double, const ContractSchedule &)> visit) {
  int64_t lanes = machine.getLanes();
  int64_t kTile = shape.k;
  if (kTile > maxDepth)
    kTile = std::min<int64_t>(
        shape.k,
        alignTo(divideCeil(shape.k, divideCeil(shape.k, splitDepth)), lanes));
  auto consider = [&](int64_t rows, int64_t vectors, int64_t mTile,
                      int64_t nTile) {
    int64_t columns = vectors * lanes;
    int64_t mTiles = divideCeil(shape.m, mTile),
            nTiles = divideCeil(shape.n, nTile);
    int64_t blocks = shape.groups * mTiles * nTiles;
    double tiles = double(divideCeil(std::min(mTile, shape.m), rows)) *
                   divideCeil(std::min(nTile, shape.n), columns);
    double depthBlocks = divideCeil(shape.k, kTile);
    double loads = kTile > cachedDepth ? (rows + vectors) * loadFromL2 : 0;
    // Rows of a deep panel packed along m that do not fill vectors evenly lie
    // too far apart for L1.
    if (!shape.leftAlongK && lanes % rows && kTile > stripDepth)
      loads += stripLoads;
    double tile = shape.k * (cyclesPerStep(rows, vectors) + loads) +
                  tileOverhead * depthBlocks +
                  rows * vectors * storePerVector * (2 * depthBlocks - 1);
    // Every packing reads the operand, from beyond L2 if it is large.
    auto reading = [&](int64_t rows) {
      return rows * shape.k > l2Elements ? readPerVector : 0.5;
    };
    int64_t vectorsL = shape.leftAlongK ? mTile * divideCeil(shape.k, lanes)
                                        : shape.k * divideCeil(mTile, lanes);
    double panelL =
        vectorsL * (packPerVector + shape.leftMap + reading(shape.m));
    double panelR =
        double(nTile) * shape.k / lanes *
        ((shape.rightInStrips || (shape.rightInPlace && shape.n % columns == 0)
              ? 0
              : packPerVector + shape.rightMap) +
         reading(shape.n));
    // What the busiest of `threads` threads spends. m runs fastest over the
    // blocks: the right panel changes every mTiles blocks, the left one at
    // every block unless there is but one, small enough to be kept.
    bool keepsL = mTiles == 1 && mTile * shape.k * int64_t(sizeof(float)) <=
                                     codegen::residentLeftBytes;
    auto busiest = [&](int64_t threads) {
      double mine = divideCeil(blocks, std::min(blocks, threads));
      double packsL = !keepsL              ? mine
                      : shape.leftPerGroup ? std::max(1.0, mine / nTiles)
                                           : 1;
      double packsR =
          nTiles > 1 || shape.rightPerGroup ? std::max(1.0, mine / mTiles) : 1;
      return mine * tiles * tile + packsL * panelL + packsR * panelR;
    };
    // The total counts as much as the balance: there may be fewer threads.
    double cost =
        busiest(machine.getCores()) + busiest(1) / double(machine.getCores());
    visit(cost, {mTile, nTile, kTile, rows, columns});
  };
  // Tiles that split an extent evenly in up to 64 parts.
  auto tileSizes = [](int64_t extent, int64_t unit, int64_t most) {
    llvm::SmallVector<int64_t> sizes;
    for (int64_t parts = 1; parts <= 64; ++parts) {
      int64_t size = alignTo(divideCeil(extent, parts), unit);
      if (size <= most && (sizes.empty() || sizes.back() != size))
        sizes.push_back(size);
      if (size == unit)
        break;
    }
    if (sizes.empty())
      sizes.push_back(alignTo(256, unit));
    return sizes;
  };
  int64_t widest =
      shape.rightInStrips && kTile == shape.k ? maxStripsTile : maxTile;
  for (int64_t vectors = 1; vectors <= 4; ++vectors) {
    int64_t mostRows = std::min<int64_t>(
        (machine.getVectorRegisters() - vectors - 1) / vectors, 16);
    if (vectors > 1 && (vectors - 1) * lanes >= shape.n)
      continue;
    for (int64_t rows = 1; rows <= std::min(mostRows, shape.m); ++rows)
      for (int64_t mTile : tileSizes(shape.m, rows, maxTile))
        for (int64_t nTile : tileSizes(shape.n, vectors * lanes, widest))
          consider(rows, vectors, mTile, nTile);
  }
}

ContractSchedule chooseSchedule(const ContractShape &shape,
                                kernel::CpuAttr machine) {
  double best = 0;
  ContractSchedule choice{};
  visitSchedules(shape, machine,
                 [&](double cost, const ContractSchedule &schedule) {
                   if (best == 0 || cost < best * 0.999) {
                     best = cost;
                     choice = schedule;
                   }
                 });
  return choice;
}

} // namespace moec::schedule
