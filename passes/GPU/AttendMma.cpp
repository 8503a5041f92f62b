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

#include "passes/GPU/AttendEmitter.h"

using namespace mlir;

namespace moec::gpu {

static constexpr int64_t parts = 3;

void AttendEmitter::loadQuery() {
  Value first = mul(div(tid, warpSize), 16);
  for (int64_t k = 0; k < dTile; k += 16)
    llvm::append_range(queryFragments, mma.fragments(b, query, /*isLeft=*/true,
                                                     c(0), first, 16, c(k)));
}

void AttendEmitter::mmaScores(Value at, SmallVector<Value> &scores) {
  Value first = mul(div(tid, warpSize), 16);
  for (int64_t k = 0; k < dTile; k += 16) {
    SmallVector<Value> left;
    if (queryFragments.empty())
      left = mma.fragments(b, query, /*isLeft=*/true, c(0), first, 16, c(k));
    else
      left.assign(queryFragments.begin() + k / 4,
                  queryFragments.begin() + k / 4 + 4);
    SmallVector<Value> right =
        mma.fragments(b, key, /*isLeft=*/false, at, c(0), tTile, c(k));
    for (int64_t j = 0; j < tTile / 8; ++j)
      mma.multiply(b, left, ArrayRef(right).slice(j * 2, 2),
                   MutableArrayRef(scores).slice(j * 4, 4));
  }
}

/// Of 8 weights, two for each register of a left factor, its registers: high,
/// middle, low parts.
SmallVector<Value> AttendEmitter::splitWeights(ValueRange weights) {
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

void AttendEmitter::mmaProduct(Value at, ValueRange weights, State &state) {
  for (int64_t k = 0; k < tTile; k += 16) {
    SmallVector<Value> left = splitWeights(weights.slice(k / 2, 8));
    SmallVector<Value> right =
        mma.fragments(b, value, /*isLeft=*/false, at, c(0), eTile, c(k));
    for (int64_t part = parts; part-- > 0;) // the smallest first
      for (int64_t j = 0; j < eTile / 8; ++j)
        mma.multiply(b, ArrayRef(left).slice(part * 4, 4),
                     ArrayRef(right).slice(j * 2, 2),
                     MutableArrayRef(state.sums).slice(j * 4, 4));
  }
}

void AttendEmitter::mmaEpilogue(const State &state) {
  Value column = mul(number, 2);
  // Of the two halves of 16 columns.
  Value places[] = {epilogue.place(b, firstRow, column),
                    epilogue.place(b, firstRow, add(column, 8))};
  for (int64_t j = 0; j < eTile / 8; ++j)
    for (int64_t half = 0; half < 2; ++half) {
      auto sum = ArrayRef(state.sums).slice(j * 4 + half * 2, 2);
      Value pair = vector::FromElementsOp::create(
          b, loc, VectorType::get({2}, b.getF32Type()), sum);
      shared.store(b, loc, pair, places[j % 2],
                   (half * 8 * epilogue.stride() + j / 2 * 16) * 4);
    }
  emitEpilogue({sTile, 0, sTile, 0, 1});
}

} // namespace moec::gpu
