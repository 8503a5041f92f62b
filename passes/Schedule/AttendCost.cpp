//===- AttendCost.cpp - How attention is tiled on a CPU -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Schedule/Passes.h"
#include "llvm/Support/MathExtras.h"

using llvm::alignTo;
using llvm::ArrayRef;
using llvm::divideCeil;

namespace moec::schedule {

// Keys at a time: with a strip of their values, the weights of a register tile
// stay in L1.
static constexpr int64_t maxKeys = 256;
// Query and sums of a block of rows: beside keys and values, they stay in L2
// while blocks of keys go by.
static constexpr int64_t rowElements = 16 << 10;
// Blocks for each core, so that none waits long for the last one; with three,
// six heads on two cores are not cut.
static constexpr int64_t blocksPerCore = 3;
// In cycles, as for contractions.
static constexpr double tileOverhead = 30, storePerVector = 2;

// Weights of a block of rows of a gradient, and as many changes: half of a
// second-level cache of 512 KiB holds them, the sums of the keys the rest.
static constexpr int64_t gradElements = 16 << 10;

/// `extent` in equal parts of at most `most`, each a multiple of `unit`.
static int64_t evenPart(int64_t extent, int64_t most, int64_t unit) {
  return alignTo(divideCeil(extent, divideCeil(extent, most)), unit);
}

/// Of either direction.
template <typename OpT> static AttendShape shapeOf(OpT op) {
  llvm::ArrayRef<int64_t> dims = op.getDims();
  return {llvm::product_of(dims.drop_back(4)), dims[op.getSDim()],
          dims[op.getEDim()], dims[op.getTDim()], dims[op.getDDim()]};
}
AttendShape describe(kernel::AttendOp op) { return shapeOf(op); }
AttendShape describe(kernel::AttendGradOp op) { return shapeOf(op); }

namespace {
/// m rows and n columns over a depth.
struct Product {
  int64_t m, n, depth;
};
} // namespace

/// The register tile with the fewest cycles for all `products`.
static AttendSchedule chooseTile(ArrayRef<Product> products,
                                 kernel::CpuAttr machine) {
  int64_t lanes = machine.getLanes(), mostRows = 0, mostColumns = 0;
  for (const Product &product : products) {
    mostRows = std::max(mostRows, product.m);
    mostColumns = std::max(mostColumns, product.n);
  }
  double best = 0;
  AttendSchedule choice{};
  for (int64_t vectors = 1; vectors <= 4; ++vectors) {
    int64_t columns = vectors * lanes;
    if (vectors > 1 && columns - lanes >= mostColumns)
      continue;
    int64_t fit = std::min<int64_t>(
        (machine.getVectorRegisters() - vectors - 1) / vectors, 16);
    for (int64_t rows = 1; rows <= std::min(fit, mostRows); ++rows) {
      // Rows past the end cost as much as others; the last tile along n is as
      // narrow as it can be.
      double cost = 0;
      for (const Product &product : products) {
        auto tile = [&](int64_t width) {
          return product.depth * cyclesPerStep(rows, width) + tileOverhead +
                 rows * width * storePerVector;
        };
        int64_t rest = product.n % columns;
        double strips = product.n / columns * tile(vectors);
        if (rest)
          strips += tile(divideCeil(rest, lanes));
        cost += divideCeil(product.m, rows) * strips;
      }
      if (best == 0 || cost < best * 0.999) {
        best = cost;
        choice.rows = rows;
        choice.columns = columns;
      }
    }
  }
  return choice;
}

AttendSchedule chooseSchedule(const AttendShape &shape,
                              kernel::CpuAttr machine) {
  // Rows of the query are lanes.
  AttendSchedule choice = chooseTile(
      {{shape.t, shape.s, shape.d}, {shape.e, shape.s, shape.t}}, machine);
  choice.tTile = evenPart(shape.t, maxKeys, choice.rows);
  // Strips of rows in even blocks.
  int64_t strips = divideCeil(shape.s, choice.columns);
  int64_t rows = std::max(rowElements / (shape.d + shape.e), choice.columns);
  int64_t blocks =
      std::max(divideCeil(strips, rows / choice.columns),
               divideCeil(blocksPerCore * machine.getCores(), shape.groups));
  choice.sTile = divideCeil(strips, std::min(blocks, strips)) * choice.columns;
  return choice;
}

AttendSchedule chooseGradSchedule(const AttendShape &shape,
                                  kernel::CpuAttr machine) {
  // The sums of the keys go on from block to block of rows, of some height.
  int64_t height = std::min(shape.s, gradElements / maxKeys);
  int64_t times = divideCeil(shape.s, height);
  AttendSchedule choice = chooseTile({{shape.s, shape.t, shape.d},
                                      {shape.s, shape.t, shape.e},
                                      {shape.s, shape.d, shape.t},
                                      {shape.t * times, shape.d, height},
                                      {shape.t * times, shape.e, height}},
                                     machine);
  choice.tTile = evenPart(shape.t, maxKeys, choice.columns);
  choice.sTile = evenPart(
      shape.s, std::max(gradElements / choice.tTile, choice.rows), choice.rows);
  return choice;
}

} // namespace moec::schedule
