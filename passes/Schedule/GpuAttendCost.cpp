//===- GpuAttendCost.cpp - How attention is tiled on a GPU ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Schedule/GpuAttendTiles.h"
#include "passes/Schedule/GpuRates.h"
#include "llvm/Support/MathExtras.h"

using llvm::alignTo;
using llvm::divideCeil;

namespace moec::schedule {

// Instructions for a score on its way to a weight: scale, maximum, difference,
// exp (two, of which one takes four cycles), total.
static constexpr double softmaxWork = 9;

/// Bytes of shared memory of a block, as passes/GPU lays it out.
static double sharedOf(const GpuAttendSchedule &s) {
  int64_t weights = s.tensorCores ? 0 : s.tTile * s.sTile * 4;
  int64_t loop = panelBytes(s, s.sTile, s.dTile) +
                 s.stages * (panelBytes(s, s.tTile, s.dTile) +
                             panelBytes(s, s.eTile, s.tTile) + 256) +
                 128 + weights;
  return std::max(loop, s.sTile * (s.eTile + 8) * 4);
}

/// Whether the threads can share out the panels.
static bool divides(const GpuAttendSchedule &s) {
  int64_t threads = threadsOf(s);
  return s.sTile * s.dTile % threads == 0 && s.tTile * s.dTile % threads == 0 &&
         s.eTile * s.tTile % threads == 0;
}

static double cost(const AttendShape &shape, const GpuAttendSchedule &s,
                   kernel::GpuAttr machine) {
  double lanes = lanesOf(machine), threads = threadsOf(s);
  double depth = alignTo(shape.d, s.dTile);
  double pairs = double(s.sTile) * s.tTile;
  double rounds = divideCeil(shape.t, s.tTile);
  double multiply = s.tensorCores
                        ? pairs * (depth + parts * s.eTile) / tensorRate
                        : pairs * (depth + s.eTile) / lanes;
  double softmax =
      pairs * (softmaxWork + (s.tensorCores ? splitWork : 0)) / lanes;
  double bytes = s.tensorCores ? 2 : 4;
  // A tile of the query is read again if the depth takes several.
  bool whole = depth == s.dTile;
  double elements = s.tTile * (depth + s.eTile) + (whole ? 0 : s.sTile * depth);
  double staging = s.tensorCores ? 0 : elements * stagingWork / lanes;
  double columns = double(s.eTile) * s.keys / s.tTile; // of a simt thread
  double reads =
      s.tensorCores
          ? threads / 32 * (s.tTile * depth + s.tTile * s.eTile) * bytes
          : threads *
                (depth * (s.keys + s.rows / 4.0) +
                 s.tTile * (columns + s.rows / 4.0)) *
                bytes;
  double round = std::max({multiply + softmax + staging, reads / sharedRate,
                           elements * bytes / globalRate});
  // Loads come before the products, or during those of the tile before.
  double latency = loadLatency * (whole ? 1 : depth / s.dTile);
  double oneRound = s.stages > 1 ? std::max(latency, round) : latency + round;
  double work = rounds * round, alone = rounds * oneRound + blockOverhead;
  double registers =
      threads * (48 + (pairs + double(s.sTile) * s.eTile) / threads +
                 (s.tensorCores && whole ? s.dTile / 4.0 : 0));
  double blocks = double(shape.groups) * divideCeil(shape.s, s.sTile) *
                  divideCeil(shape.e, s.eTile);
  return busiest(machine, blocks, work, alone, sharedOf(s), threads, registers);
}

GpuAttendSchedule chooseGpuSchedule(const AttendShape &shape, bool tensorCores,
                                    kernel::GpuAttr machine) {
  std::optional<GpuAttendSchedule> best;
  double least = 0;
  auto consider = [&](const GpuAttendSchedule &s) {
    if (!divides(s) || sharedOf(s) > machine.getSharedBytes())
      return;
    double c = cost(shape, s, machine);
    if (!best || c < least * 0.999) {
      best = s;
      least = c;
    }
  };
  for (const GpuAttendTile &tile : attendTiles(tensorCores)) {
    GpuAttendSchedule s{tile.s,    tile.t,    0, 0,
                        tile.rows, tile.keys, 1, tensorCores};
    int64_t unit = 16, most = mostWide;
    if (!tensorCores) {
      unit = tile.t / tile.keys; // threads that share rows
      most = unit * 8;
    }
    s.eTile = unit;
    while (s.eTile < std::min(shape.e, most))
      s.eTile = tensorCores ? s.eTile + unit : s.eTile * 2;
    llvm::SmallVector<int64_t> choices(std::begin(depths), std::end(depths));
    if (shape.d <= mostWide)
      choices.push_back(alignTo(shape.d, 16));
    for (int64_t depth : choices) {
      s.dTile = depth;
      for (int64_t stages : {1, 2}) {
        // A ring is of tiles with all of the depth.
        if (stages > 1 && (depth < shape.d || shape.t <= tile.t))
          continue;
        s.stages = stages;
        consider(s);
      }
    }
  }
  return *best;
}

kernel::ScheduleAttr GpuAttendSchedule::attr(mlir::MLIRContext *c) const {
  return kernel::ScheduleAttr::get(
      c, {sTile, tTile, eTile, dTile}, {rows, keys},
      tensorCores ? kernel::Variant::MmaSync : kernel::Variant::Default,
      stages > 1 ? stages : 0, /*warps=*/0);
}

} // namespace moec::schedule
