//===- AttendMma.cpp - The products of attention by mma.sync --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A warp has 16 rows. Registers of a piece of 16 x 8 scores are, rounded, those
// of a left factor of the next product: two pieces are 16 x 16 weights.
//
// Weights are f32 and mma.sync multiplies bf16, so each is split in three
// numbers of 8 bits, whose sum it is exactly: high, middle and low bits, three
// products for one. Every product of parts is exact, and sums are f32, as they
// would be with FMAs.
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/AttendTile.h"

using namespace mlir;

namespace moec::gpu {

static constexpr int64_t parts = 3;

SmallVector<Value> AttendTile::loadFragments(const Panel &left) {
  Value first = mul(div(tid, warpSize), 16);
  SmallVector<Value> all;
  for (int64_t k = 0; k < left.depth; k += 16)
    llvm::append_range(
        all, mma.fragments(b, left, /*isLeft=*/true, c(0), first, 16, c(k)));
  return all;
}

void AttendTile::mmaScores(const Panel &left, const Panel &right, Value at,
                           ValueRange fragments, SmallVector<Value> &scores) {
  Value first = mul(div(tid, warpSize), 16);
  for (int64_t k = 0; k < left.depth; k += 16) {
    SmallVector<Value> ofRows;
    if (fragments.empty())
      ofRows = mma.fragments(b, left, /*isLeft=*/true, c(0), first, 16, c(k));
    else
      ofRows.append(fragments.begin() + k / 4, fragments.begin() + k / 4 + 4);
    SmallVector<Value> ofKeys =
        mma.fragments(b, right, /*isLeft=*/false, at, c(0), tTile, c(k));
    for (int64_t j = 0; j < tTile / 8; ++j)
      mma.multiply(b, ofRows, ArrayRef(ofKeys).slice(j * 2, 2),
                   MutableArrayRef(scores).slice(j * 4, 4));
  }
}

/// Of 8 weights, two for each register of a left factor, its registers: high,
/// middle, low parts.
SmallVector<Value> AttendTile::splitWeights(ValueRange weights) {
  Type f32 = b.getF32Type(), i32 = b.getI32Type();
  SmallVector<Value> rest(weights), registers;
  Value mask = c(int32_t(0xffff0000));
  for (int64_t part = 0; part < parts; ++part) {
    SmallVector<Value> bits;
    for (Value &weight : rest) {
      bits.push_back(arith::BitcastOp::create(b, loc, i32, weight));
      if (part + 1 == parts) // 8 bits are left
        continue;
      // Without its high bits, exactly.
      Value high = arith::BitcastOp::create(
          b, loc, f32, arith::AndIOp::create(b, loc, bits.back(), mask));
      weight = arith::SubFOp::create(b, loc, weight, high);
    }
    for (size_t i = 0; i < bits.size(); i += 2)
      registers.push_back(arith::OrIOp::create(
          b, loc, arith::ShRUIOp::create(b, loc, bits[i], c(16)),
          arith::AndIOp::create(b, loc, bits[i + 1], mask)));
  }
  return registers;
}

void AttendTile::mmaProduct(ValueRange weights, const Panel &right, Value at,
                            SmallVector<Value> &sums) {
  for (int64_t k = 0; k < tTile; k += 16) {
    SmallVector<Value> left = splitWeights(weights.slice(k / 2, 8));
    SmallVector<Value> columns =
        mma.fragments(b, right, /*isLeft=*/false, at, c(0), right.rows, c(k));
    for (int64_t part = parts; part-- > 0;) // the smallest first
      for (int64_t j = 0; j < right.rows / 8; ++j)
        mma.multiply(b, ArrayRef(left).slice(part * 4, 4),
                     ArrayRef(columns).slice(j * 2, 2),
                     MutableArrayRef(sums).slice(j * 4, 4));
  }
}

TileEpilogue::Chunk AttendTile::mmaSums(ValueRange sums,
                                        TileEpilogue &epilogue) {
  Value column = mul(number, 2);
  // Of the two halves of 16 columns.
  Value places[] = {epilogue.place(b, firstRow, column),
                    epilogue.place(b, firstRow, add(column, 8))};
  for (int64_t j = 0; j < epilogue.columns / 8; ++j)
    for (int64_t half = 0; half < 2; ++half) {
      Value pair = vector::FromElementsOp::create(
          b, loc, VectorType::get({2}, b.getF32Type()),
          sums.slice(j * 4 + half * 2, 2));
      shared.store(b, loc, pair, places[j % 2],
                   (half * 8 * epilogue.stride() + j / 2 * 16) * 4);
    }
  return {sTile, 0, sTile, 0, 1};
}

} // namespace moec::gpu
