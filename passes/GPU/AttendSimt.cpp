//===- AttendSimt.cpp - The products of attention by FMAs -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A thread has the scores of its rows with some of the keys, then the sums of
// the same rows in some of the columns, so that weights pass through shared
// memory from one lane of a warp to others: no barrier of the block is needed.
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/AttendTile.h"
#include <numeric>

using namespace mlir;

namespace moec::gpu {

int64_t AttendTile::turns() const {
  int64_t groups = sTile / rows, steps = tTile / 4;
  return std::min<int64_t>({groups & -groups, steps & -steps, 8});
}

void AttendTile::accumulate(const SimtFactor &left, const SimtFactor &right,
                            int64_t depth, int64_t written,
                            SmallVector<Value> &sums) {
  written = std::gcd(depth, written);
  if (written == depth) {
    sums = multiplySimt(b, loc, shared, left, right, depth, sums);
    return;
  }
  sums = emitLoop(b, loc, c(0), c(depth), c(written), sums,
                  [&](Value k, ValueRange before) {
                    SimtFactor l = left, r = right;
                    for (SimtFactor *factor : {&l, &r})
                      for (Value &at : factor->at)
                        at = mad(k, factor->stride * 4, at);
                    return multiplySimt(b, loc, shared, l, r, written, before);
                  });
}

void AttendTile::simtScores(const Panel &left, const Panel &right, Value at,
                            SmallVector<Value> &scores) {
  SimtFactor ofRows{{add(mul(firstRow, 4), left.offset)}, rows, 0, left.stride};
  SimtFactor ofKeys{{add(add(at, mul(firstKey(), 4)), right.offset)},
                    keys,
                    across * keysTogether(),
                    right.stride};
  accumulate(ofRows, ofKeys, left.depth, 16, scores);
}

void AttendTile::simtProduct(ValueRange weights, const Panel &right, Value at,
                             SmallVector<Value> &sums) {
  Value group = div(tid, across); // of rows
  auto place = [&](Value turn) {
    Value turned = arith::XOrIOp::create(b, loc, group, turn);
    return add(mul(turned, rows * 4), weightsAt);
  };
  int64_t size = keysTogether();
  for (int64_t begin = 0; begin < keys; begin += size) {
    Value first = add(firstKey(), keyOffset(begin));
    Value to = mad(first, sTile * 4, place(rem(div(first, 4), turns())));
    for (int64_t j = 0; j < size; ++j) {
      SmallVector<Value> column;
      for (int64_t row = 0; row < rows; ++row)
        column.push_back(weights[registerOf(row, begin + j, keys)]);
      Value side = column.front();
      if (rows > 1)
        side = vector::FromElementsOp::create(
            b, loc, VectorType::get({rows}, b.getF32Type()), column);
      shared.store(b, loc, side, to, j * sTile * 4);
    }
  }
  NVVM::SyncWarpOp::create(b, loc, c(-1));
  SimtFactor left{{}, rows, 0, sTile};
  for (int64_t turn = 0; turn < turns(); ++turn)
    left.at.push_back(place(c(turn)));
  int64_t columns = right.rows / across, wide = SimtFactor::groupSize(columns);
  SimtFactor factor{{add(add(at, mul(number, wide * 4)), right.offset)},
                    columns,
                    across * wide,
                    right.stride};
  accumulate(left, factor, tTile, std::max<int64_t>(4 * turns(), 16), sums);
}

TileEpilogue::Chunk AttendTile::simtSums(ValueRange sums,
                                         TileEpilogue &epilogue) {
  int64_t columns = epilogue.columns / across, groups = sTile / rows,
          wide = SimtFactor::groupSize(columns);
  Value group = div(tid, across);
  for (int64_t row = 0; row < rows; ++row) {
    Value line = add(group, row * groups);
    for (int64_t begin = 0; begin < columns; begin += wide) {
      SmallVector<Value> values;
      for (int64_t j = 0; j < wide; ++j)
        values.push_back(sums[registerOf(row, begin + j, columns)]);
      Value value = values.front();
      if (wide > 1)
        value = vector::FromElementsOp::create(
            b, loc, VectorType::get({wide}, b.getF32Type()), values);
      Value column = add(mul(number, wide), begin * across);
      shared.store(b, loc, value, epilogue.place(b, line, column));
    }
  }
  return {sTile, 0, groups, 1, rows};
}

} // namespace moec::gpu
