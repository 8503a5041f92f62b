//===- LowerContractSimt.cpp - Contraction by fused multiply-adds ---------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of (tile m / micro m) x (tile n / micro n) threads; every thread has
// micro m x micro n sums in registers. Its rows come in groups of up to four
// that lie side by side (one load of 16 bytes), the groups of all threads side
// by side, so that a quarter of a warp reads all banks.
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/GPUContractEmitter.h"
#include "passes/GPU/SimtTile.h"

using namespace mlir;

namespace moec::gpu {

SmallVector<Value> GPUContractEmitter::simtTile(Value stage, ValueRange sums) {
  int64_t columns = nTile / nMicro;
  Value thread = inPart(), first = mul(part(), kTile / kParts * 4);
  // Of `count` threads this one is `number` among those that divide the rows.
  auto factor = [&](const Panel &panel, Value number, int64_t micro,
                    int64_t count) {
    int64_t size = SimtFactor::groupSize(micro);
    Value at = add(add(stage, mul(number, size * 4)), panel.offset);
    if (kParts > 1)
      at = mad(first, panel.stride, at);
    return SimtFactor{{at}, micro, count * size, panel.stride};
  };
  SimtFactor l = factor(left, div(thread, columns), mMicro, mTile / mMicro);
  SimtFactor r = factor(right, rem(thread, columns), nMicro, columns);
  return multiplySimt(b, loc, shared, l, r, kTile / kParts, sums);
}

void GPUContractEmitter::emitSimt(const BlockRange &range) {
  SmallVector<Value> sums(mMicro * nMicro, zero(b.getF32Type()));
  sums = mainLoop(range, sums, [&](Value stage, ValueRange sumsIn) {
    return simtTile(stage, sumsIn);
  });
  // One group of rows of every thread at a time. In the chunk the rows that are
  // written at a time lie side by side.
  int64_t rows = SimtFactor::groupSize(mMicro),
          columns = SimtFactor::groupSize(nMicro);
  int64_t threadRows = mTile / mMicro, threadColumns = nTile / nMicro;
  Value row = div(inPart(), threadColumns),
        column = mul(rem(inPart(), threadColumns), columns);
  Value start;
  if (kParts > 1)
    start = mul(part(), epilogue.bytes(threadRows * rows) / kParts);
  for (int64_t g = 0; g < mMicro / rows; ++g) {
    if (g)
      barrier();
    for (int64_t i = 0; i < rows; ++i) {
      Value line = add(row, i * threadRows);
      for (int64_t h = 0; h < nMicro / columns; ++h) {
        SmallVector<Value> values;
        for (int64_t j = 0; j < columns; ++j)
          values.push_back(sums[(g * rows + i) * nMicro + h * columns + j]);
        Value value = values.front();
        if (columns > 1)
          value = vector::FromElementsOp::create(
              b, loc, VectorType::get({columns}, b.getF32Type()), values);
        Value place =
            epilogue.place(b, line, add(column, h * threadColumns * columns));
        sharedStore(value, start ? add(start, place) : place);
      }
    }
    barrier();
    int64_t count = threadRows * rows;
    emitEpilogue(range, {count, g * count, threadRows, 1, rows});
  }
}

} // namespace moec::gpu
