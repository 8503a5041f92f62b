//===- RowTeam.cpp - The threads that share a row -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/RowTeam.h"

using namespace mlir;
using namespace moec;
using namespace moec::gpu;

/// Threads that keep a GPU of today busy, and threads of a block that are
/// enough where a team is small.
static constexpr int64_t busyThreads = 64 * 1024, smallBlock = 256;
/// Elements that a member should have to itself before a team grows.
static constexpr int64_t elementsPerMember = 4;
/// Bytes of memory that are moved together.
static constexpr int64_t sectorBytes = 32;

/// Neighbours along `threadLoop` that fill a sector of every operand which is
/// contiguous there; a warp of them where rows do not begin with a sector, so
/// that fewer are cut.
static int64_t sectorColumns(const RowSpace &space,
                             const KernelOperands &operands,
                             unsigned threadLoop) {
  int64_t columns = sectorBytes / sizeof(float);
  for (unsigned i = 0; i < space.numInputs; ++i) {
    if (!space.operands[i].perElement ||
        space.along(i, threadLoop).kind != LaneKind::Unit)
      continue;
    int64_t bytes = std::max<int64_t>(
        1, operands.elementType(i).getIntOrFloatBitWidth() / 8);
    columns = std::max(columns, sectorBytes / bytes);
    auto isWhole = [&](int64_t elements) {
      return elements * bytes % sectorBytes == 0;
    };
    bool aligned =
        space.operands[i].gather < 0 || isWhole(operands.rowStride(i));
    for (unsigned d = 0; d < space.dims.size(); ++d)
      aligned &= d == threadLoop ||
                 isWhole(analyzeLane(space.operands[i].address, d).stride);
    if (!aligned)
      return warpSize;
  }
  return columns;
}

RowTeam moec::gpu::chooseTeam(const RowSpace &space,
                              const KernelOperands &operands,
                              unsigned threadLoop, int reduced) {
  RowTeam team;
  int64_t rows = 1;
  for (unsigned d : space.select(/*reduction=*/false))
    if (!(d == 0 && space.raggedDim() > 0 &&
          !space.dims[space.raggedDim()].reduction))
      rows *= space.dims[d].extent;
  rows = std::max<int64_t>(rows, 1);
  int64_t extent =
      reduced < 0 ? 1 : std::max<int64_t>(1, space.dims[reduced].extent);
  // A group has its share of a ragged reduction.
  if (reduced >= 0 && space.dims[reduced].ragged)
    extent = std::max<int64_t>(1, extent / space.dims[0].extent);
  auto grow = [&](int64_t most) {
    while (team.threads < most && rows * team.threads < busyThreads &&
           extent >= 2 * elementsPerMember * team.threads)
      team.threads *= 2;
  };
  if (reduced >= 0 && threadLoop == unsigned(reduced)) {
    team.threads = std::min<int64_t>(llvm::PowerOf2Ceil(extent), warpSize);
    if (team.threads == warpSize)
      grow(maxThreads);
  } else if (!space.dims[threadLoop].ragged) {
    // Columns: few enough for many blocks, whole sectors in any case.
    int64_t width =
        llvm::PowerOf2Ceil(std::max<int64_t>(1, space.dims[threadLoop].extent));
    int64_t columns = rows >= 64 * warpSize
                          ? warpSize
                          : sectorColumns(space, operands, threadLoop);
    columns = std::min(columns, width);
    grow(maxThreads / columns);
    if (team.threads > 1)
      team.columns = columns;
  }
  int64_t size = team.threads * team.columns;
  if (size <= warpSize) {
    int64_t wanted = llvm::PowerOf2Ceil(llvm::divideCeil(rows, team.columns));
    team.rows =
        std::max<int64_t>(1, std::min(wanted * size, smallBlock) / size);
    team.rows = std::max(team.rows, warpSize / size);
  }
  return team;
}

Value moec::gpu::joinLanes(OpBuilder &b, Location loc,
                           kernel::Combiner combiner, Value value, int64_t from,
                           int64_t to) {
  auto i32 = [&](int64_t number) -> Value {
    return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(number));
  };
  // Both partners add the same two values: all lanes get the same bits.
  for (int64_t distance = from; distance < to; distance *= 2) {
    auto other = mlir::gpu::ShuffleOp::create(b, loc, value, i32(distance),
                                              i32(warpSize),
                                              mlir::gpu::ShuffleMode::XOR);
    value = combine(b, loc, combiner, value, other.getShuffleResult());
  }
  return value;
}

Value TeamReduction::run(kernel::Combiner combiner, Value value) {
  ImplicitLocOpBuilder &b = emitter.b;
  int64_t size = team.threads * team.columns;
  value = joinLanes(b, b.getLoc(), combiner, value, team.columns,
                    std::min(size, warpSize));
  if (size <= warpSize)
    return value;
  int64_t warps = size / warpSize;
  Value buffer =
      shared.allocate(b, b.getLoc(), {warps, team.columns}, value.getType());
  Value lanes = emitter.constant(warpSize);
  Value lane = arith::RemUIOp::create(b, thread, lanes);
  Value warp = arith::DivUIOp::create(b, thread, lanes);
  Value column =
      arith::RemUIOp::create(b, thread, emitter.constant(team.columns));
  auto store = [&] {
    memref::StoreOp::create(b, value, buffer, ValueRange{warp, column});
  };
  if (team.columns == warpSize) {
    store();
  } else {
    auto branch = scf::IfOp::create(
        b, arith::CmpIOp::create(b, arith::CmpIPredicate::ult, lane,
                                 emitter.constant(team.columns)));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    store();
  }
  mlir::gpu::BarrierOp::create(b);
  SmallVector<Value> parts;
  for (int64_t i = 0; i < warps; ++i)
    parts.push_back(memref::LoadOp::create(
        b, buffer, ValueRange{emitter.constant(i), column}));
  for (; parts.size() > 1; parts.resize(parts.size() / 2))
    for (size_t i = 0; i < parts.size() / 2; ++i)
      parts[i] =
          emitter.combine(combiner, parts[i], parts[i + parts.size() / 2]);
  return parts.front();
}
