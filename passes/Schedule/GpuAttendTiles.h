//===- GpuAttendTiles.h - Tiles of attention on a GPU ----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_SCHEDULE_GPUATTENDTILES_H
#define MOEC_PASSES_SCHEDULE_GPUATTENDTILES_H

#include "passes/Schedule/Passes.h"
#include "llvm/Support/MathExtras.h"

namespace moec::schedule {

// What the cost models of attention and its gradient share.

// Instructions that split a weight in three bf16, whose sum it is, and that
// bring an element into shared memory.
constexpr double splitWork = 8, stagingWork = 6, parts = 3;
// Where the depth takes several tiles they are so deep.
constexpr int64_t depths[] = {64, 32, 16};
// A tile that has all of the depth, or all columns, has at most so many.
constexpr int64_t mostWide = 128;

/// Rows and keys of a block, and of a thread.
struct GpuAttendTile {
  int64_t s, t, rows, keys;
};
constexpr GpuAttendTile simtTiles[] = {
    {64, 64, 4, 8}, {64, 64, 4, 4}, {32, 64, 4, 8}, {32, 64, 2, 4},
    {32, 32, 4, 4}, {16, 64, 2, 4}, {16, 32, 2, 4}, {16, 16, 4, 2},
    {8, 64, 1, 4},  {8, 32, 1, 4},  {4, 64, 1, 4},  {4, 128, 1, 4}};
constexpr GpuAttendTile mmaTiles[] = {
    {128, 64, 16, 64}, {64, 64, 16, 64}, {64, 128, 16, 128},
    {64, 32, 16, 32},  {32, 64, 16, 64}, {32, 32, 16, 32},
    {16, 64, 16, 64},  {16, 32, 16, 32}, {16, 16, 16, 16}};
inline llvm::ArrayRef<GpuAttendTile> attendTiles(bool tensorCores) {
  if (tensorCores)
    return mmaTiles;
  return simtTiles;
}

inline int64_t threadsOf(const GpuAttendSchedule &s) {
  return s.tensorCores ? s.sTile / 16 * 32
                       : s.sTile / s.rows * (s.tTile / s.keys);
}

/// Bytes of a panel in shared memory; those along the depth are a little wider
/// than their rows.
inline int64_t panelBytes(const GpuAttendSchedule &s, int64_t rows,
                          int64_t depth) {
  return s.tensorCores ? rows * depth * 2
                       : int64_t(llvm::alignTo(rows, 8) + 4) * depth * 4;
}

} // namespace moec::schedule

#endif // MOEC_PASSES_SCHEDULE_GPUATTENDTILES_H
