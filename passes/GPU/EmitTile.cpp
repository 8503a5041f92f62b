//===- EmitTile.cpp - Rows that are emitted across ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/EmitTile.h"

using namespace mlir;
using namespace moec;
using namespace moec::codegen;
using namespace moec::gpu;

/// Threads that share a row: with f32 they read a sector at a time.
static constexpr int64_t members = 8;
/// Rows of a block; as many as there are, if not more, make the block's part of
/// an out contiguous.
static constexpr int64_t someRows = 32, mostRows = maxThreads / members;
/// Shared memory of a block in bytes.
static constexpr int64_t mostShared = 32 * 1024;

std::optional<EmitTile>
moec::gpu::chooseEmitTile(const RowSpace &space,
                          const KernelOperands &operands) {
  SmallVector<unsigned> reductions = space.select(/*reduction=*/true);
  if (space.raggedDim() >= 0 || reductions.size() != 1)
    return std::nullopt;
  EmitTile tile;
  tile.reduced = reductions.front();
  int64_t extent = space.dims[tile.reduced].extent;
  if (extent < 2 * members)
    return std::nullopt;
  bool readsAlong = false;
  int across = -1;
  int64_t bytes = 0;
  for (unsigned i = 0; i < space.operands.size(); ++i) {
    if (!space.operands[i].perElement)
      continue;
    LaneKind kind = space.along(i, tile.reduced).kind;
    if (i < space.numInputs) {
      if (kind != LaneKind::Unit && kind != LaneKind::Invariant)
        return std::nullopt;
      readsAlong |= kind == LaneKind::Unit;
      continue;
    }
    if (kind == LaneKind::Unit)
      continue;
    int loop = -1;
    for (unsigned d : space.select(/*reduction=*/false))
      if (space.along(i, d).kind == LaneKind::Unit)
        loop = d;
    if (loop < 0 || (across >= 0 && loop != across))
      return std::nullopt;
    across = loop;
    tile.outs.push_back(i - space.numInputs);
    bytes += operands.elementType(i).getIntOrFloatBitWidth() / 8;
  }
  if (!readsAlong || across < 0 || bytes == 0 ||
      space.dims[across].extent < members)
    return std::nullopt;
  tile.across = across;
  int64_t neighbours = space.dims[across].extent;
  tile.rows = neighbours <= mostRows ? neighbours : someRows;
  tile.team.threads = members;
  tile.team.rows = llvm::alignTo(tile.rows, warpSize / members);
  // A warp writes a few rows of each of its members' elements: banks follow on
  // each other.
  constexpr int64_t step = warpSize / members;
  tile.pitch = llvm::alignTo(tile.team.rows - step, uint64_t(warpSize)) + step;
  tile.columns = std::min<int64_t>(
      llvm::alignTo(extent, members),
      std::max<int64_t>(1, mostShared / (tile.pitch * bytes) / members) *
          members);
  return tile;
}
