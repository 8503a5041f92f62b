//===- GpuContractCost.cpp - What a contraction costs on a GPU ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Schedule/GpuRates.h"
#include "passes/Schedule/Passes.h"
#include "llvm/Support/MathExtras.h"

using llvm::divideCeil;

namespace moec::schedule {

// Up to so many rows a group reading the right operand is the work, and the
// depth of a tile may be split.
static constexpr int64_t skinnyRows = 16;

// Tile m, n, k; micro m, n; stages where cp.async runs ahead; parts of k.
static constexpr GpuContractSchedule simtSchedules[] = {
    {128, 128, 8, 8, 8, 0},    {128, 64, 16, 8, 4, 0},   {64, 128, 16, 4, 8, 0},
    {64, 64, 16, 4, 4, 0},     {32, 64, 16, 4, 4, 0},    {64, 32, 16, 4, 4, 0},
    {32, 32, 16, 2, 4, 0},     {16, 64, 16, 2, 4, 0},    {64, 16, 16, 4, 2, 0},
    {16, 128, 16, 2, 8, 0},    {8, 64, 16, 1, 4, 0},     {8, 128, 16, 1, 8, 0},
    {16, 32, 16, 2, 4, 0},     {16, 16, 32, 1, 4, 0},    {8, 32, 32, 1, 4, 0},
    {8, 32, 128, 8, 4, 0, 16}, {16, 32, 128, 8, 4, 0, 8}};
static constexpr GpuContractSchedule mmaSchedules[] = {
    {128, 128, 32, 64, 32, 4},  {128, 128, 64, 64, 32, 3},
    {128, 96, 32, 64, 48, 4},   {96, 128, 32, 48, 64, 4},
    {128, 64, 32, 64, 32, 4},   {64, 128, 32, 32, 64, 4},
    {64, 96, 32, 32, 48, 4},    {96, 64, 32, 48, 32, 4},
    {64, 64, 32, 32, 32, 4},    {64, 64, 64, 32, 32, 3},
    {64, 32, 32, 32, 16, 4},    {32, 64, 32, 16, 32, 4},
    {32, 32, 32, 16, 16, 4},    {32, 32, 64, 16, 16, 4},
    {16, 64, 64, 16, 16, 4},    {64, 16, 64, 16, 16, 4},
    {16, 128, 64, 16, 32, 4},   {16, 32, 128, 16, 32, 4, 4},
    {16, 64, 128, 16, 64, 3, 4}};
static constexpr GpuContractSchedule wgmmaSchedules[] = {
    {128, 64, 64, 64, 64, 4, 1, true},   {128, 128, 64, 64, 128, 4, 1, true},
    {128, 192, 64, 64, 192, 4, 1, true}, {128, 256, 64, 64, 256, 3, 1, true},
    {192, 128, 64, 64, 128, 4, 1, true}, {192, 192, 64, 64, 192, 3, 1, true}};

double gpuBlocks(const GpuContractShape &shape, const GpuContractSchedule &s) {
  double nTiles = divideCeil(shape.n, s.nTile);
  if (!shape.raggedM)
    return double(shape.groups) * divideCeil(shape.m, s.mTile) * nTiles;
  // m rows of each group on the average; the last tile of a group is half full.
  return shape.groups * (double(shape.m) / s.mTile + 0.5) * nTiles;
}

static double cost(const GpuContractShape &shape, const GpuContractSchedule &s,
                   kernel::GpuAttr machine) {
  bool tensor = shape.tensorCores;
  double lanes = lanesOf(machine);
  double m = s.mTile, n = s.nTile, k = s.kTile;
  double rounds = divideCeil(std::max<int64_t>(shape.k, 1), s.kTile);
  double consumers = m / 64; // warpgroups beside the one that fills stages
  double threads = s.warpgroups ? 128 * (1 + consumers)
                                : m / s.mMicro * (n / s.nMicro) *
                                      (tensor ? 32 : 1) * s.parts;
  double bytes = tensor ? 2 : 4;
  double multiply = m * n * k /
                    (s.warpgroups ? wgmmaRate
                     : tensor     ? tensorRate
                                  : lanes);
  // Each warp or thread reads its rows and columns; a warp of threads shares
  // what several of them need.
  double depth = k / s.parts;
  double reads = s.warpgroups ? (m + consumers * n) * k * bytes
                 : tensor
                     ? threads / 32 * (s.mMicro + s.nMicro) * depth * bytes
                     : threads * depth * (s.nMicro + s.mMicro / 4.0) * bytes;
  // With wgmma a quarter of the threads stages, beside the multiplication.
  double instructions =
      (m * shape.left.staging + n * shape.right.staging) * k / lanes;
  double moved =
      (m * shape.left.bytes + n * shape.right.bytes) * k / globalRate;
  double busy = multiply + instructions;
  if (s.warpgroups) {
    // The producers' loads overlap for four pieces of four elements a thread.
    double staged =
        (shape.left.staging ? m : 0) + (shape.right.staging ? n : 0);
    double loads = std::ceil(staged * k / (128 * 4 * 4)) * loadLatency;
    busy = std::max({multiply, 2 * instructions, loads});
  }
  double round = std::max({busy, reads / sharedRate, moved});
  double epilogue = m * n * (shape.epilogue + s.parts - 1) / lanes;
  double work = rounds * round + epilogue;
  bool async = tensor && shape.left.staging == 0 && shape.right.staging == 0;
  double latency = loadLatency / (async ? s.stages - 1 : 1);
  double alone = rounds * std::max(latency, round) + epilogue + blockOverhead;

  double shared = (m + n) * k * bytes * (tensor ? s.stages : 2);
  if (s.warpgroups) // all registers; the epilogue has memory of its own
    shared = shared + m / 2 * (n + 8) * 4;
  double registers =
      s.warpgroups
          ? maxRegisters
          : threads * (double(s.mMicro) * s.nMicro / (tensor ? 32 : 1) +
                       (tensor ? 64 : 48));
  if (shared > machine.getSharedBytes())
    return 1e30;
  double blocks = gpuBlocks(shape, s);
  // One block takes all tiles, and loads one while it ends another.
  if (s.warpgroups)
    return blockOverhead + loadLatency +
           std::ceil(blocks / machine.getMultiprocessors()) * work;
  return busiest(machine, blocks, work, alone, shared, threads, registers);
}

llvm::SmallVector<GpuContractSchedule> gpuSchedules(bool tensorCores,
                                                    bool warpgroups) {
  llvm::SmallVector<GpuContractSchedule> all;
  if (tensorCores)
    llvm::append_range(all, mmaSchedules);
  else
    llvm::append_range(all, simtSchedules);
  if (tensorCores && warpgroups)
    llvm::append_range(all, wgmmaSchedules);
  return all;
}

GpuContractSchedule chooseGpuSchedule(const GpuContractShape &shape,
                                      kernel::GpuAttr machine, double *cycles) {
  std::optional<GpuContractSchedule> best;
  double least = 0;
  for (const GpuContractSchedule &s :
       gpuSchedules(shape.tensorCores, machine.hasWarpgroups())) {
    if (s.parts > 1 && shape.m > skinnyRows)
      continue;
    double c = cost(shape, s, machine);
    if (!best || c < least * 0.999) {
      best = s;
      least = c;
    }
  }
  if (cycles)
    *cycles = least;
  return *best;
}

kernel::ScheduleAttr GpuContractSchedule::attr(mlir::MLIRContext *c) const {
  kernel::Variant variant = parts > 1    ? kernel::Variant::Skinny
                            : warpgroups ? kernel::Variant::Wgmma
                            : stages     ? kernel::Variant::MmaSync
                                         : kernel::Variant::Default;
  return kernel::ScheduleAttr::get(c, {mTile, nTile, kTile}, {mMicro, nMicro},
                                   variant, stages, parts > 1 ? parts : 0);
}

} // namespace moec::schedule
