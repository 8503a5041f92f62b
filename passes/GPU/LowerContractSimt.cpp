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

using namespace mlir;

namespace moec::gpu {

static int64_t groupSize(int64_t micro) { return std::min<int64_t>(micro, 4); }

SmallVector<Value> GPUContractEmitter::simtTile(Value stage,
                                                ValueRange sumsIn) {
  SmallVector<Value> sums(sumsIn);
  int64_t columns = nTile / nMicro;
  // Elements of one row of k that this thread multiplies.
  auto read = [&](const Panel &panel, Value place, int64_t micro, int64_t count,
                  int64_t k) {
    int64_t width = groupSize(micro);
    Type type =
        width == 1 ? elementType : Type(VectorType::get({width}, elementType));
    SmallVector<Value> elements;
    for (int64_t g = 0; g < micro / width; ++g) {
      Value group =
          sharedLoad(type, place, (k * panel.stride + g * count * width) * 4);
      for (int64_t j = 0; j < width; ++j)
        elements.push_back(width == 1 ? group
                                      : vector::ExtractOp::create(
                                            b, loc, group, ArrayRef<int64_t>{j})
                                            .getResult());
    }
    return elements;
  };
  Value thread = inPart(), first = mul(part(), kTile / kParts * 4);
  auto start = [&](const Panel &panel, Value group, int64_t micro) {
    Value at = add(add(stage, mul(group, groupSize(micro) * 4)), panel.offset);
    return kParts == 1 ? at : mad(first, panel.stride, at);
  };
  Value leftAt = start(left, div(thread, columns), mMicro),
        rightAt = start(right, rem(thread, columns), nMicro);
  for (int64_t k = 0; k < kTile / kParts; ++k) {
    SmallVector<Value> rows = read(left, leftAt, mMicro, mTile / mMicro, k);
    SmallVector<Value> cols = read(right, rightAt, nMicro, columns, k);
    for (int64_t i = 0; i < mMicro; ++i)
      for (int64_t j = 0; j < nMicro; ++j)
        sums[i * nMicro + j] =
            math::FmaOp::create(b, loc, rows[i], cols[j], sums[i * nMicro + j]);
  }
  return sums;
}

void GPUContractEmitter::emitSimt(const BlockRange &range) {
  SmallVector<Value> sums(mMicro * nMicro, zero(b.getF32Type()));
  sums = mainLoop(range, sums, [&](Value stage, ValueRange sumsIn) {
    return simtTile(stage, sumsIn);
  });
  // One group of rows of every thread at a time. In the chunk the rows that are
  // written at a time lie side by side.
  int64_t rows = groupSize(mMicro), columns = groupSize(nMicro);
  int64_t threadRows = mTile / mMicro, threadColumns = nTile / nMicro;
  Value row = div(inPart(), threadColumns),
        column = mul(rem(inPart(), threadColumns), columns);
  Value start;
  if (kParts > 1)
    start = mul(part(), epilogueBytes(threadRows * rows) / kParts);
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
            epiloguePlace(line, add(column, h * threadColumns * columns));
        sharedStore(value, start ? add(start, place) : place);
      }
    }
    barrier();
    int64_t count = threadRows * rows;
    emitEpilogue(range, {count, [&](Value local) {
                           return add(mad(rem(local, threadRows), rows,
                                          div(local, threadRows)),
                                      g * count);
                         }});
  }
}

} // namespace moec::gpu
