//===- ContractTile.cpp - Register tile and epilogue of a contraction -----===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/CPU/ContractEmitter.h"

using namespace mlir;

namespace moec::cpu {

Value ContractEmitter::tileBase(Value i, Value j) {
  if (single)
    return c(0);
  return mul(mad(j, mTile / mr, i), mr * nr);
}

void ContractEmitter::zeroSums() {
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(vectorType()));
  loop(c(0), c(mTile * nTile), vl, [&](Value at) {
    vector::StoreOp::create(b, loc, zero, sums, ValueRange{at});
  });
}

Value ContractEmitter::firstRow(const BlockRange &range, Value i) {
  Value row = add(range.mBegin, mul(i, mr));
  return left.direct >= 0 && cutsTiles ? minimum(row, c(M - mr)) : row;
}

void ContractEmitter::emitTile(const BlockRange &range, Value i, Value j,
                               Value blockIndex, Value kBegin, Value depth) {
  TileFactors factors{left.buffer,  {}, left.rowElements,  left.stepElements,
                      right.buffer, {}, right.stepElements};
  // Along a dimension behind the last one nothing varies.
  auto placeOf = [&](int32_t input, Value m, Value n) {
    SmallVector<Value> dims = range.group;
    dims.append({m, n, kBegin});
    return operands.row(b, loc, input, dims, dims.size()).base;
  };
  if (left.direct >= 0) {
    factors.left = operands.buffer(left.direct);
    factors.leftBase = placeOf(left.direct, firstRow(range, i), range.nBegin);
    factors.leftRow = operands.along(left.direct, mDim).stride;
    factors.leftStep = 1;
  } else {
    Value leftBase = left.resident ? mul(blockIndex, left.blockElements) : c(0);
    factors.leftBase = mad(i, left.stripElements, leftBase);
  }
  // Where column 0 of a right strip lies at step 0, and how far step 1 is.
  auto strip = [&](Value number) {
    if (right.direct >= 0)
      return placeOf(right.direct, range.mBegin, mad(number, nr, range.nBegin));
    Value base = right.resident ? mul(blockIndex, right.blockElements) : c(0);
    return mad(number, right.stripElements, base);
  };
  if (right.direct >= 0) {
    factors.right = operands.buffer(right.direct);
    factors.rightStep = operands.along(right.direct, kDim).stride;
  }
  factors.rightBase = strip(j);
  askAhead(factors, range, i, j, strip);
  Value sumBase = tileBase(i, j);

  SmallVector<Value> accumulators;
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(vectorType()));
  for (int64_t t = 0; t < tile.sums(); ++t)
    accumulators.push_back(
        single ? zero
               : vector::LoadOp::create(
                     b, loc, vectorType(), sums,
                     ValueRange{add(sumBase, c(tile.place(t, nr)))})
                     .getResult());
  accumulators = multiplyTile(b, loc, tile, factors, depth, accumulators);
  for (auto [t, sum] : llvm::enumerate(accumulators))
    vector::StoreOp::create(b, loc, sum, sums,
                            ValueRange{add(sumBase, c(tile.place(t, nr)))});
}

void ContractEmitter::askAhead(TileFactors &factors, const BlockRange &range,
                               Value i, Value j,
                               function_ref<Value(Value)> strip) {
  constexpr int64_t cached = 32 << 10;
  // One row tile reads all strips in a stream, which hardware follows.
  if (nTile * kTile * int64_t(sizeof(float)) <= cached ||
      factors.rightStep != nr || mTile == mr)
    return;
  // Each row tile asks for its share of the next strip's elements, a few of
  // every step, whatever number of tiles the last block has.
  factors.aheadStep = llvm::divideCeil(nr, mTile / mr);
  int64_t shares = llvm::divideCeil(nr, factors.aheadStep);
  Value strips = ceilDiv(sub(range.nEnd, range.nBegin), nr);
  Value next = add(j, c(1));
  Value wraps =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, next, strips);
  next = arith::SelectOp::create(b, loc, wraps, c(0), next);
  Value share = minimum(i, c(shares - 1));
  factors.ahead = mad(share, kTile * factors.aheadStep, strip(next));
}

void ContractEmitter::prefetchEpilogue(const BlockRange &range, Value i,
                                       Value j) {
  // The rows of a tile are short pieces far from each other, which no hardware
  // prefetcher sees coming. Small operands are in a cache already. Asking for
  // the rows that are written made it slower: stores wait in their buffer.
  constexpr int64_t cached = 64 << 10;
  SmallVector<unsigned> far;
  for (unsigned o : usedArguments(op.getEpilogue()))
    if (o < operands.numInputs() && operands.numElements(o) > cached &&
        operands.gather(o) < 0 && operands.dependsOn(o, mDim) &&
        operands.along(o, nDim).kind == LaneKind::Unit)
      far.push_back(o);
  if (far.empty())
    return;
  Value mBase = add(range.mBegin, mul(i, mr));
  Value nBase = add(range.nBegin, mul(j, nr));
  loop(c(0), minimum(c(mr), sub(range.mEnd, mBase)), 1, [&](Value r) {
    SmallVector<Value> dims = range.group;
    dims.append({add(mBase, r), nBase, Value()});
    for (unsigned o : far) {
      RowCursor row = operands.row(b, loc, o, dims, nDim);
      Value start = add(row.base, nBase);
      for (int64_t v = 0; v < tile.vectors; ++v)
        memref::PrefetchOp::create(b, loc, operands.buffer(o),
                                   ValueRange{add(start, c(v * vl))},
                                   /*isWrite=*/false, /*localityHint=*/3,
                                   /*isDataCache=*/true);
    }
  });
}

// Only the last strip needs masks, in its last vector: a store with one costs
// as much as ten without on some machines.
void ContractEmitter::emitEpilogue(const BlockRange &range, Value i, Value j,
                                   int64_t rest) {
  Value mBase = add(range.mBegin, mul(i, mr));
  Value nBase = add(range.nBegin, mul(j, nr));
  Value sumBase = tileBase(i, j);
  if (left.direct >= 0 && cutsTiles)
    sumBase = mad(sub(mBase, firstRow(range, i)), nr, sumBase);
  Value rows = minimum(c(mr), sub(range.mEnd, mBase));
  TileColumns columns = columnsOf(b, loc, tile, nDim, nBase, rest);
  loop(c(0), rows, 1, [&](Value r) {
    SmallVector<Value> dims = range.group;
    dims.append({add(mBase, r), nBase, Value()});
    auto sum = [&](int64_t v) -> Value {
      return vector::LoadOp::create(
          b, loc, vectorType(), sums,
          ValueRange{add(mad(r, nr, sumBase), c(v * vl))});
    };
    broken |= failed(storeTileRow(b, loc, tile, operands, op.getEpilogue(),
                                  dims, columns, sum));
  });
}

} // namespace moec::cpu
