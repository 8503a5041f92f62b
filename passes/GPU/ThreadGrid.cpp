//===- ThreadGrid.cpp - Points dealt out to GPU threads -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/ThreadGrid.h"
#include "mlir/IR/Remarks.h"
#include "passes/GPU/LaunchShape.h"
#include "passes/Remarks.h"

using namespace mlir;
using namespace moec;
using namespace moec::gpu;

/// Bytes of memory that are moved together.
static constexpr double sectorBytes = 32;

double moec::gpu::sectorsPerRequest(const RowSpace &space,
                                    const KernelOperands &operands, unsigned i,
                                    unsigned d) {
  LaneInfo lane = space.along(i, d);
  double extent = std::max<int64_t>(space.dims[d].extent, 1);
  double threads = std::min<double>(extent, warpSize);
  // A short loop is walked several times by a warp.
  double walks = warpSize / threads;
  if (lane.kind == LaneKind::Invariant)
    return walks;
  if (lane.kind != LaneKind::Unit && lane.kind != LaneKind::Strided)
    return warpSize;
  double bytes = operands.elementType(i).getIntOrFloatBitWidth() / 8.0;
  double span = threads * std::abs(double(lane.stride)) * bytes;
  return std::min<double>(
      walks * std::min(threads, std::ceil(span / sectorBytes)), warpSize);
}

unsigned moec::gpu::chooseThreadLoop(RowSpace &space,
                                     const KernelOperands &operands,
                                     bool parallelOnly) {
  int best = -1;
  double bestCost = 0;
  for (unsigned d = 0; d < space.dims.size(); ++d) {
    if (parallelOnly && space.dims[d].reduction)
      continue;
    // The group is looked up from the row.
    if (d == 0 && space.raggedDim() >= 0)
      continue;
    double cost = 0;
    for (unsigned i = 0; i < space.operands.size(); ++i)
      if (space.operands[i].perElement)
        cost += sectorsPerRequest(space, operands, i, d);
    if (best < 0 || cost <= bestCost) {
      best = d;
      bestCost = cost;
    }
  }
  if (best < 0) {
    best = space.dims.size();
    space.dims.push_back({1, false, false});
  }
  return best;
}

void moec::gpu::remarkUncoalesced(Operation *op, const RowSpace &space,
                                  const KernelOperands &operands, unsigned d) {
  for (unsigned i = 0; i < space.operands.size(); ++i) {
    if (!space.operands[i].perElement ||
        sectorsPerRequest(space, operands, i, d) < warpSize / 2)
      continue;
    LaneInfo lane = space.along(i, d);
    bool isInput = i < space.numInputs;
    remark::missed(op->getLoc(), remarkAbout(op, "Uncoalesced", "GPU"))
        << (isInput ? "input " + std::to_string(i) + " is read"
                    : "out " + std::to_string(i - space.numInputs) +
                          " is written") +
               " one sector a thread: " +
               (lane.kind == LaneKind::Strided
                    ? "neighbouring threads are " +
                          std::to_string(lane.stride) + " elements apart"
                    : "its address is not linear from thread to thread");
  }
}

ThreadGrid::ThreadGrid(const RowSpace &space, int fastest, int64_t tile)
    : space(space), tile(tile) {
  for (unsigned d : space.select(/*reduction=*/false, fastest)) {
    if (space.dims[d].ragged)
      ragged = d;
    loops.push_back(d);
  }
  if (fastest >= 0 && !space.dims[fastest].reduction) {
    if (space.dims[fastest].ragged)
      ragged = fastest;
    loops.push_back(fastest);
  }
  // The group comes with the row.
  if (ragged >= 0)
    llvm::erase(loops, 0u);
  for (auto [i, d] : llvm::enumerate(loops))
    numPoints *= extent(d, i + 1 == loops.size());
}

int64_t ThreadGrid::extent(unsigned loop, bool isFastest) const {
  int64_t extent = space.dims[loop].extent;
  return isFastest ? llvm::divideCeil(extent, tile) : extent;
}

Value ThreadGrid::bind(PointEmitter &emitter, Point &point,
                       Value number) const {
  ImplicitLocOpBuilder &b = emitter.b;
  Value rest = number;
  for (unsigned i = loops.size(); i-- > 0;) {
    bool isFastest = i + 1 == loops.size();
    int64_t count = extent(loops[i], isFastest);
    Value digit;
    if (count == 1) {
      digit = emitter.constant(0);
    } else if (i == 0) {
      digit = rest;
    } else {
      Value size = emitter.constant(count);
      digit = arith::RemUIOp::create(b, rest, size);
      rest = arith::DivUIOp::create(b, rest, size);
    }
    if (isFastest && tile > 1)
      digit = arith::MulIOp::create(b, digit, emitter.constant(tile));
    point.index[loops[i]] = digit;
  }
  return ragged < 0 ? Value() : bindGroup(emitter, point, point.index[ragged]);
}

Value ThreadGrid::bindGroup(PointEmitter &emitter, Point &point,
                            Value row) const {
  ImplicitLocOpBuilder &b = emitter.b;
  int64_t groups = space.dims[0].extent;
  auto offset = [&](Value group) -> Value {
    return arith::IndexCastOp::create(
        b, b.getIndexType(),
        emitter.operands.groupOffset(b, b.getLoc(), group));
  };
  // The group is the number of groups that end before the row.
  auto loop = scf::ForOp::create(
      b, emitter.constant(0), emitter.constant(groups), emitter.constant(1),
      ValueRange{emitter.constant(0)},
      [&](OpBuilder &, Location, Value g, ValueRange carried) {
        Value before = arith::CmpIOp::create(b, arith::CmpIPredicate::ule,
                                             offset(emitter.add(g, 1)), row);
        Value next = arith::AddIOp::create(
            b, carried[0],
            arith::IndexCastUIOp::create(b, b.getIndexType(), before));
        scf::YieldOp::create(b, next);
      });
  Value group = loop.getResult(0);
  Value below = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, group,
                                      emitter.constant(groups));
  Value above = arith::CmpIOp::create(b, arith::CmpIPredicate::uge, row,
                                      offset(emitter.constant(0)));
  point.index[0] =
      arith::MinUIOp::create(b, group, emitter.constant(groups - 1));
  return arith::AndIOp::create(b, below, above);
}
