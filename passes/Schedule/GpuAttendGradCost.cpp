//===- GpuAttendGradCost.cpp - How its gradient is tiled on a GPU ---------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Schedule/GpuAttendTiles.h"
#include "passes/Schedule/GpuRates.h"

using llvm::alignTo;
using llvm::divideCeil;

namespace moec::schedule {

// Instructions for a score and a slope on their way to weight and change:
// distance, exp (two, of which one takes four cycles), difference, product.
static constexpr double changeWork = 8;
// Registers that hold scores, slopes and sums of a warp of tensor cores.
static constexpr int64_t mostRegisters = 160;

/// Bytes of shared memory of a block of keys, as passes/GPU lays it out; one of
/// rows takes less.
static double sharedOf(const AttendShape &shape, const GpuAttendSchedule &s) {
  int64_t own =
      panelBytes(s, s.sTile, s.dTile) + panelBytes(s, s.sTile, s.eTile) + 256;
  int64_t others = panelBytes(s, s.tTile, s.dTile) +
                   panelBytes(s, s.tTile, s.eTile) + 2 * s.tTile * 4 + 384;
  // Where tensor cores have all of a factor they read it either way.
  if (!s.tensorCores || shape.d > s.dTile)
    others += panelBytes(s, s.dTile, s.tTile) + 128;
  if (!s.tensorCores || shape.e > s.eTile)
    others += panelBytes(s, s.eTile, s.tTile) + 128;
  int64_t weights = s.tensorCores ? 0 : s.tTile * s.sTile * 4;
  return std::max(own + s.stages * others + weights,
                  s.sTile * (std::max(s.dTile, s.eTile) + 8) * 4);
}

static bool fits(const AttendShape &shape, const GpuAttendSchedule &s,
                 kernel::GpuAttr machine) {
  int64_t threads = threadsOf(s);
  for (int64_t width : {s.dTile, s.eTile})
    if (s.sTile * width % threads || s.tTile * width % threads)
      return false;
  if (s.tensorCores && s.tTile + (s.dTile + s.eTile) / 2 > mostRegisters)
    return false;
  return sharedOf(shape, s) <= machine.getSharedBytes();
}

/// Blocks that own `own` rows or keys, of `blocks` in all, and meet `others`,
/// with sums in so many columns.
static double costOfKind(const AttendShape &shape, const GpuAttendSchedule &s,
                         kernel::GpuAttr machine, double blocks, int64_t others,
                         int64_t columns) {
  double lanes = lanesOf(machine), threads = threadsOf(s);
  double depth = alignTo(shape.d, s.dTile) + alignTo(shape.e, s.eTile);
  double pairs = double(s.sTile) * s.tTile,
         rounds = divideCeil(others, s.tTile);
  double multiply = s.tensorCores
                        ? pairs * (depth + parts * columns) / tensorRate
                        : pairs * (depth + columns) / lanes;
  double products = double(columns) / s.dTile; // of weights or changes
  double change =
      pairs * (changeWork + (s.tensorCores ? products * splitWork : 0)) / lanes;
  // Own tiles are read again if the depth takes several; with FMAs there is a
  // second form of what is multiplied twice.
  bool whole = shape.d <= s.dTile && shape.e <= s.eTile;
  double elements = s.tTile * depth + (whole ? 0 : s.sTile * depth) +
                    (s.tensorCores && whole ? 0 : s.tTile * columns);
  double bytes = s.tensorCores ? 2 : 4;
  double staging = s.tensorCores ? 0 : elements * stagingWork / lanes;
  double ofThread = double(columns) * s.keys / s.tTile;
  double reads = s.tensorCores
                     ? threads / 32 * s.tTile * (depth + columns) * bytes
                     : threads *
                           (depth * (s.keys + s.rows / 4.0) +
                            s.tTile * (ofThread + products * s.rows / 4.0)) *
                           bytes;
  double round = std::max({multiply + change + staging, reads / sharedRate,
                           elements * bytes / globalRate});
  double latency = loadLatency * (whole ? 1 : depth / (s.dTile + s.eTile));
  double oneRound = s.stages > 1 ? std::max(latency, round) : latency + round;
  double registers = threads * (s.tensorCores ? 96 : 128) + 2 * pairs +
                     double(s.sTile) * columns;
  return busiest(machine, blocks, rounds * round,
                 rounds * oneRound + blockOverhead, sharedOf(shape, s), threads,
                 registers);
}

/// As if the blocks of rows came when those of keys are done.
static double cost(const AttendShape &shape, const GpuAttendSchedule &s,
                   kernel::GpuAttr machine) {
  int64_t ofDepth = divideCeil(shape.d, s.dTile),
          ofColumns = divideCeil(shape.e, s.eTile);
  double keyBlocks = double(shape.groups) * divideCeil(shape.t, s.sTile) *
                     std::max(ofDepth, ofColumns);
  double rowBlocks =
      double(shape.groups) * divideCeil(shape.s, s.sTile) * ofDepth;
  return costOfKind(shape, s, machine, keyBlocks, shape.s, s.dTile + s.eTile) +
         costOfKind(shape, s, machine, rowBlocks, shape.t, s.dTile);
}

/// Tiles of `extent` columns: all of them, and some.
static llvm::SmallVector<int64_t> widthsOf(int64_t extent, int64_t unit,
                                           bool tensorCores) {
  llvm::SmallVector<int64_t> widths;
  if (!tensorCores) {
    // A thread has 1, 2, 4 or 8.
    for (int64_t width = unit; width <= unit * 8; width *= 2) {
      widths.push_back(width);
      if (width >= extent)
        break;
    }
    return widths;
  }
  if (extent <= mostWide)
    widths.push_back(alignTo(extent, 16));
  for (int64_t width : depths)
    if (width < extent)
      widths.push_back(width);
  return widths;
}

GpuAttendSchedule chooseGpuGradSchedule(const AttendShape &shape,
                                        bool tensorCores,
                                        kernel::GpuAttr machine) {
  std::optional<GpuAttendSchedule> best;
  double least = 0;
  for (const GpuAttendTile &tile : attendTiles(tensorCores)) {
    int64_t unit = tile.t / tile.keys; // threads that share rows
    for (int64_t depth : widthsOf(shape.d, unit, tensorCores))
      for (int64_t columns : widthsOf(shape.e, unit, tensorCores))
        for (int64_t stages : {1, 2}) {
          GpuAttendSchedule s{tile.s,    tile.t,    columns, depth,
                              tile.rows, tile.keys, stages,  tensorCores};
          // A ring is of tiles with all of the depth.
          bool whole = shape.d <= depth && shape.e <= columns;
          bool several = std::max(shape.s, shape.t) > tile.t;
          if ((stages > 1 && !(whole && several)) || !fits(shape, s, machine))
            continue;
          double c = cost(shape, s, machine);
          if (!best || c < least * 0.999) {
            best = s;
            least = c;
          }
        }
  }
  return *best;
}

} // namespace moec::schedule
