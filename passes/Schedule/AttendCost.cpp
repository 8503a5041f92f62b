//===- AttendCost.cpp - How attention is tiled on a CPU -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Schedule/Passes.h"
#include "llvm/Support/MathExtras.h"

using llvm::alignTo;
using llvm::divideCeil;

namespace moec::schedule {

// Keys at a time: with a strip of their values, the weights of a register tile
// stay in L1.
static constexpr int64_t maxKeys = 256;
// Scores of a block of rows: they stay near while they become weights.
static constexpr int64_t scoreElements = 8 << 10;
// Blocks for each core, so that none waits long for the last one.
static constexpr int64_t blocksPerCore = 4;
// In cycles, as for contractions.
static constexpr double tileOverhead = 30, storePerVector = 2;

/// `extent` in equal parts of at most `most`, each a multiple of `unit`.
static int64_t evenPart(int64_t extent, int64_t most, int64_t unit) {
  return alignTo(divideCeil(extent, divideCeil(extent, most)), unit);
}

AttendSchedule chooseSchedule(const AttendShape &shape,
                              kernel::CpuAttr machine) {
  int64_t lanes = machine.getLanes();
  double best = 0;
  AttendSchedule choice{};
  for (int64_t vectors = 1; vectors <= 4; ++vectors) {
    int64_t columns = vectors * lanes;
    if (vectors > 1 && columns - lanes >= std::max(shape.t, shape.e))
      continue;
    int64_t mostRows = std::min<int64_t>(
        (machine.getVectorRegisters() - vectors - 1) / vectors, 16);
    for (int64_t rows = 1; rows <= std::min(mostRows, shape.s); ++rows) {
      // Rows and columns past the end cost as much as others.
      auto product = [&](int64_t n, int64_t depth) {
        return divideCeil(n, columns) *
               (depth * cyclesPerStep(rows, vectors) + tileOverhead +
                rows * vectors * storePerVector);
      };
      double cost = divideCeil(shape.s, rows) *
                    (product(shape.t, shape.d) + product(shape.e, shape.t));
      if (best == 0 || cost < best * 0.999) {
        best = cost;
        choice.rows = rows;
        choice.columns = columns;
      }
    }
  }
  choice.tTile = evenPart(shape.t, maxKeys, choice.columns);
  int64_t most = std::max(scoreElements / choice.tTile, choice.rows);
  int64_t wanted = divideCeil(blocksPerCore * machine.getCores(), shape.groups);
  most = std::min(most, std::max(shape.s / wanted, choice.rows));
  choice.sTile = evenPart(shape.s, most, choice.rows);
  return choice;
}

} // namespace moec::schedule
