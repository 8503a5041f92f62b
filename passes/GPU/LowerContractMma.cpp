//===- LowerContractMma.cpp - Contraction by mma.sync ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A warp has micro m x micro n of the tile, in pieces of 16 x 8; per step of 16
// along k it loads the fragments of its rows and columns with ldmatrix and
// multiplies all pairs.
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/GPUContractEmitter.h"

using namespace mlir;

namespace moec::gpu {

SmallVector<Value> GPUContractEmitter::mmaTile(Value stage, ValueRange sumsIn) {
  SmallVector<Value> sums(sumsIn);
  int64_t warpColumns = nTile / nMicro;
  Value warp = div(inPart(), 32);
  Value firstRow = mul(div(warp, warpColumns), mMicro),
        firstColumn = mul(rem(warp, warpColumns), nMicro);
  for (int64_t at = 0; at < kTile / kParts; at += 16) {
    Value kk = kParts == 1 ? c(at) : add(mul(part(), kTile / kParts), at);
    SmallVector<Value> rows =
        mma.fragments(b, left, /*isLeft=*/true, stage, firstRow, mMicro, kk);
    SmallVector<Value> columns = mma.fragments(b, right, /*isLeft=*/false,
                                               stage, firstColumn, nMicro, kk);
    for (int64_t i = 0; i < mMicro / 16; ++i)
      for (int64_t j = 0; j < nMicro / 8; ++j)
        mma.multiply(
            b, ArrayRef(rows).slice(i * 4, 4),
            ArrayRef(columns).slice(j * 2, 2),
            MutableArrayRef(sums).slice((i * (nMicro / 8) + j) * 4, 4));
  }
  return sums;
}

void GPUContractEmitter::emitMma(const BlockRange &range) {
  SmallVector<Value> sums(mMicro * nMicro / 32, zero(b.getF32Type()));
  sums = mainLoop(range, sums, [&](Value stage, ValueRange sumsIn) {
    return mmaTile(stage, sumsIn);
  });
  // 16 rows of every warp at a time. Register r of a piece holds row
  // lane / 4 + 8 (r / 2), column 2 (lane % 4) + r % 2.
  int64_t warpRows = mTile / mMicro, warpColumns = nTile / nMicro;
  Value warp = div(inPart(), 32), lane = rem(tid, 32);
  Value row = mad(div(warp, warpColumns), 16, div(lane, 4));
  Value column = mad(rem(warp, warpColumns), nMicro, mul(rem(lane, 4), 2));
  // Of the two halves of 16 columns.
  Value places[] = {epilogue.place(b, row, column),
                    epilogue.place(b, row, add(column, 8))};
  if (kParts > 1)
    for (Value &place : places)
      place = mad(part(), epilogue.bytes(warpRows * 16) / kParts, place);
  for (int64_t i = 0; i < mMicro / 16; ++i) {
    if (i)
      barrier();
    for (int64_t j = 0; j < nMicro / 8; ++j)
      for (int64_t half = 0; half < 2; ++half) {
        auto sum =
            ArrayRef(sums).slice((i * (nMicro / 8) + j) * 4 + half * 2, 2);
        Value pair = vector::FromElementsOp::create(
            b, loc, VectorType::get({2}, b.getF32Type()), sum);
        sharedStore(pair, places[j % 2],
                    (half * 8 * epilogue.stride() + j / 2 * 16) * 4);
      }
    barrier();
    emitEpilogue(range, {warpRows * 16, i * 16, 16, mMicro, 1});
  }
}

} // namespace moec::gpu
