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

void ContractEmitter::emitTile(const BlockRange &range, Value i, Value j,
                               Value blockIndex, Value kBegin, Value depth) {
  Value leftBase = left.resident ? mul(blockIndex, left.blockElements) : c(0);
  leftBase = mad(i, left.lanesAlongK ? mr * kStride : stripElements, leftBase);
  // Where column 0 of the right strip lies at step 0, and how far step 1 is.
  Value rightBuffer = right.buffer, rightBase;
  int64_t rightStride = nr;
  if (right.direct >= 0) {
    SmallVector<Value> dims = range.group;
    dims.append({range.mBegin, Value(), kBegin});
    RowCursor row = operands.row(b, loc, right.direct, dims, nDim);
    rightBuffer = operands.buffer(right.direct);
    rightBase = add(row.base, mad(j, nr, range.nBegin));
    rightStride = operands.along(right.direct, kDim).stride;
  } else {
    rightBase = right.resident ? mul(blockIndex, right.blockElements) : c(0);
    rightBase = mad(j, kPad * nr, rightBase);
  }
  Value sumBase = tileBase(i, j);

  SmallVector<Value> accumulators;
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(vectorType()));
  for (int64_t t = 0; t < mr * nv; ++t)
    accumulators.push_back(
        single ? zero
               : vector::LoadOp::create(b, loc, vectorType(), sums,
                                        ValueRange{add(sumBase, c(t * vl))})
                     .getResult());

  auto k = scf::ForOp::create(
      b, loc, c(0), depth, c(1), accumulators,
      [&](OpBuilder &inner, Location, Value k, ValueRange sumsIn) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPoint(inner.getInsertionBlock(),
                            inner.getInsertionPoint());
        SmallVector<Value> columns, next(sumsIn);
        Value rightAt = mad(k, rightStride, rightBase);
        for (int64_t v = 0; v < nv; ++v)
          columns.push_back(
              vector::LoadOp::create(b, loc, vectorType(), rightBuffer,
                                     ValueRange{add(rightAt, c(v * vl))}));
        Value leftAt =
            left.lanesAlongK ? add(leftBase, k) : mad(k, mStride, leftBase);
        for (int64_t r = 0; r < mr; ++r) {
          Value at = add(leftAt, c(left.lanesAlongK ? r * kStride : r));
          Value scalar = memref::LoadOp::create(b, loc, left.buffer, at);
          Value row = vector::BroadcastOp::create(b, loc, vectorType(), scalar);
          for (int64_t v = 0; v < nv; ++v)
            next[r * nv + v] = vector::FMAOp::create(b, loc, row, columns[v],
                                                     next[r * nv + v]);
        }
        scf::YieldOp::create(b, loc, next);
      });
  for (auto [t, sum] : llvm::enumerate(k.getResults()))
    vector::StoreOp::create(b, loc, sum, sums,
                            ValueRange{add(sumBase, c(t * vl))});
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
      for (int64_t v = 0; v < nv; ++v)
        memref::PrefetchOp::create(b, loc, operands.buffer(o),
                                   ValueRange{add(start, c(v * vl))},
                                   /*isWrite=*/false, /*localityHint=*/3,
                                   /*isDataCache=*/true);
    }
  });
}

void ContractEmitter::emitEpilogue(const BlockRange &range, Value i, Value j) {
  Value mBase = add(range.mBegin, mul(i, mr));
  Value nBase = add(range.nBegin, mul(j, nr));
  Value sumBase = tileBase(i, j);
  Value rows = minimum(c(mr), sub(range.mEnd, mBase));
  SmallVector<Value> columns, masks;
  for (int64_t v = 0; v < nv; ++v) {
    columns.push_back(add(nBase, c(v * vl)));
    masks.push_back(N % nr ? laneMask(b, loc, sub(range.nEnd, columns[v]), vl)
                           : Value());
  }
  Region &region = op.getEpilogue();
  loop(c(0), rows, 1, [&](Value r) {
    SmallVector<Value> dims = range.group;
    dims.append({add(mBase, r), nBase, Value()});
    Cursors inputs = cursors(region, dims, nDim);
    SmallVector<RowCursor> outs;
    for (unsigned o = 0; o < operands.numOuts(); ++o)
      outs.push_back(
          operands.row(b, loc, operands.numInputs() + o, dims, nDim));
    // Not the vectors that lie past the last column: a single column is stored
    // without a mask.
    for (int64_t v = 0; v < nv && v * vl < N; ++v) {
      dims[nDim] = columns[v];
      Lanes lanes{dims, nDim, vl, masks[v]};
      SmallVector<Value> arguments;
      for (const std::optional<RowCursor> &row : inputs)
        arguments.push_back(row ? operands.loadVector(b, loc, *row, lanes)
                                : Value());
      arguments.push_back(vector::LoadOp::create(
          b, loc, vectorType(), sums,
          ValueRange{add(mad(r, nr, sumBase), c(v * vl))}));
      auto values = inlineRegion(b, region, arguments, lanes);
      if (failed(values)) {
        broken = true;
        return;
      }
      for (auto [out, value] : llvm::zip_equal(outs, *values))
        operands.storeVector(b, loc, out, lanes, value);
    }
  });
}

} // namespace moec::cpu
