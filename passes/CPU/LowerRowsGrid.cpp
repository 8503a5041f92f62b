//===- LowerRowsGrid.cpp - The grid of a row or map kernel ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/CPU/LowerRowsGrid.h"
#include "mlir/IR/Remarks.h"
#include "passes/Remarks.h"

using namespace mlir;
using namespace moec::cpu;

int64_t moec::cpu::targetBlocks(int64_t elements) {
  return std::clamp<int64_t>(elements / minBlockElements, 1, maxBlocks);
}

unsigned moec::cpu::lanesFor(int64_t extent, unsigned hardwareLanes) {
  unsigned needed = llvm::PowerOf2Ceil(std::max<int64_t>(extent, 1));
  return std::min(std::max(needed, 4u), hardwareLanes);
}

UnitGrid::UnitGrid(const RowSpace &space, ArrayRef<unsigned> loops,
                   int64_t chunks)
    : space(space), loops(loops), chunks(chunks) {
  int64_t wanted = targetBlocks(space.work());
  units = chunks;
  for (unsigned d : loops)
    if (!space.dims[d].ragged)
      units *= space.dims[d].extent;
  for (unsigned d : loops)
    if (space.dims[d].ragged) {
      // Groups may be uneven: pieces so small that one full group still gives
      // enough of them.
      int64_t extent = std::max<int64_t>(space.dims[d].extent, 1);
      raggedChunk = llvm::divideCeil(extent, 2 * wanted);
      units *= llvm::divideCeil(extent, raggedChunk);
    }
  unitsPerBlock =
      llvm::divideCeil(units, std::clamp<int64_t>(units, 1, wanted));
  if (units)
    numBlocks = llvm::divideCeil(units, unitsPerBlock);
}

void UnitGrid::emit(PointEmitter &emitter, Value begin, Value end,
                    llvm::function_ref<void(Point &, Value)> body) const {
  ImplicitLocOpBuilder &b = emitter.b;
  Value perBlock = emitter.constant(unitsPerBlock);
  Value lo = arith::MulIOp::create(b, begin, perBlock);
  Value hi = arith::MulIOp::create(b, end, perBlock);
  hi = arith::MinUIOp::create(b, hi, emitter.constant(units));
  emitter.loop(lo, hi, 1, {}, [&](Value unit, ValueRange) {
    Value rest = unit;
    // Takes the fastest digit, of `extent` values, off the number of the unit.
    auto digit = [&](int64_t extent, bool last) -> Value {
      if (extent == 1)
        return emitter.constant(0);
      if (last)
        return rest;
      Value size = emitter.constant(extent);
      Value value = arith::RemUIOp::create(b, rest, size);
      rest = arith::DivUIOp::create(b, rest, size);
      return value;
    };
    Point point = emitter.emptyPoint();
    Value chunk = digit(chunks, loops.empty()), piece;
    int ragged = -1;
    for (auto [i, d] : llvm::enumerate(llvm::reverse(loops))) {
      bool last = i + 1 == loops.size();
      int64_t extent = space.dims[d].extent;
      if (space.dims[d].ragged) {
        ragged = d;
        piece = digit(llvm::divideCeil(extent, raggedChunk), last);
      } else {
        point.index[d] = digit(extent, last);
      }
    }
    if (ragged < 0) {
      body(point, chunk);
      return SmallVector<Value>();
    }
    LoopRange range = emitter.range(ragged, point);
    Value size = emitter.constant(raggedChunk);
    Value first = arith::AddIOp::create(b, range.dynamicLo,
                                        arith::MulIOp::create(b, piece, size));
    Value behind = arith::MinUIOp::create(
        b, range.dynamicHi, arith::AddIOp::create(b, first, size));
    emitter.loop(first, behind, 1, {}, [&](Value row, ValueRange) {
      Point inner = point;
      inner.index[ragged] = row;
      body(inner, chunk);
      return SmallVector<Value>();
    });
    return SmallVector<Value>();
  });
}

void moec::cpu::remarkSlowAccesses(Operation *op, const RowSpace &space,
                                   unsigned vectorDim) {
  for (unsigned i = 0; i < space.operands.size(); ++i) {
    if (!space.operands[i].perElement)
      continue;
    LaneInfo lane = space.along(i, vectorDim);
    // Small steps read whole cache lines all the same: rows of a few elements
    // are taken side by side on purpose.
    constexpr int64_t lineElements = 16;
    if (lane.kind != LaneKind::Irregular && lane.stride >= 0 &&
        lane.stride <= lineElements)
      continue;
    std::string reason =
        lane.kind == LaneKind::Strided
            ? "its elements are " + std::to_string(lane.stride) +
                  " apart along the vector loop"
            : "its address is not linear along the vector loop";
    bool isInput = i < space.numInputs;
    std::string what = isInput ? "input " + std::to_string(i) + " is gathered"
                               : "out " + std::to_string(i - space.numInputs) +
                                     " is scattered";
    remark::missed(op->getLoc(), remarkAbout(op, "RowVectorAccess", "CPU"))
        << what + " element by element: " + reason;
  }
}
