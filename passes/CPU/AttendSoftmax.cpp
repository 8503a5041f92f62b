//===- AttendSoftmax.cpp - The softmax of attention, block by block -------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Of each row the largest score so far and the total of exp(score - largest).
// Where a block of keys has a larger one, what was added up before counts
// exp(old - new) as much, the row's factor: that of the total here, that of the
// sums where the product goes on with them. With one block of keys there is
// nothing before.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/CPU/AttendEmitter.h"
#include "passes/Codegen/PointEmitter.h"

using namespace mlir;
using moec::kernel::Combiner;

namespace moec::cpu {

/// Vectors of a row that are looked at together: they do not wait for each
/// other.
static constexpr int64_t rowVectors = 4;

void AttendEmitter::fill(Value buffer, int64_t count, Value vector) {
  loop(c(0), c(count), vl, [&](Value at) {
    vector::StoreOp::create(b, loc, vector, buffer, ValueRange{at});
  });
}

void AttendEmitter::startRows() {
  Value none = neutral(b, loc, Combiner::Max, vectorType());
  Value zero = neutral(b, loc, Combiner::Add, vectorType());
  fill(maxima, sTile, none);
  fill(totals, sTile, zero);
  fill(sums, sTile * eTiles * nr, zero);
}

/// Joins what `body` makes of each vector of a row of scores, of which it gets
/// the first column; all lanes in one.
Value AttendEmitter::overColumns(Value count, Combiner combiner,
                                 function_ref<Value(Value)> body) {
  Value vectors = ceilDiv(count, vl);
  Value many = mul(div(vectors, rowVectors), rowVectors * vl);
  auto step = [&](Value from, Value to, ValueRange carried) {
    auto loop = scf::ForOp::create(
        b, loc, from, to, c(carried.size() * vl), carried,
        [&](OpBuilder &inner, Location, Value at, ValueRange joined) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPoint(inner.getInsertionBlock(),
                              inner.getInsertionPoint());
          SmallVector<Value> next;
          for (auto [i, before] : llvm::enumerate(joined))
            next.push_back(
                combine(b, loc, combiner, before, body(add(at, i * vl))));
          scf::YieldOp::create(b, loc, next);
        });
    return SmallVector<Value>(loop.getResults());
  };
  SmallVector<Value> joined(rowVectors,
                            neutral(b, loc, combiner, vectorType()));
  joined = step(c(0), many, joined);
  joined[0] = step(many, mul(vectors, vl), joined[0])[0];
  for (int64_t left = rowVectors / 2; left; left /= 2)
    for (int64_t i = 0; i < left; ++i)
      joined[i] = combine(b, loc, combiner, joined[i], joined[i + left]);
  return reduceLanes(b, loc, combiner, joined[0]);
}

void AttendEmitter::emitSoftmax(const Rows &rows, const Keys &keys) {
  auto splat = [&](Value scalar) -> Value {
    return vector::BroadcastOp::create(b, loc, vectorType(), scalar);
  };
  auto load = [&](Value perRow, Value row) -> Value {
    return memref::LoadOp::create(b, loc, perRow, ValueRange{row});
  };
  auto store = [&](Value scalar, Value perRow, Value row) {
    memref::StoreOp::create(b, loc, scalar, perRow, ValueRange{row});
  };
  auto exp = [&](Value x, Value largest) -> Value {
    return math::ExpOp::create(b, loc,
                               arith::SubFOp::create(b, loc, x, largest));
  };
  loop(c(0), sub(rows.end, rows.begin), 1, [&](Value row) {
    Value start = mul(row, scoreStride);
    if (T % vl) {
      // Keys past the last have a weight of 0.
      Value last = mul(div(sub(keys.count, c(1)), vl), vl);
      Value mask = laneMask(b, loc, sub(keys.count, last), vl);
      Value at = add(start, last);
      Value none = neutral(b, loc, Combiner::Max, vectorType());
      Value cut =
          arith::SelectOp::create(b, loc, mask, loadVector(scores, at), none);
      vector::StoreOp::create(b, loc, cut, scores, ValueRange{at});
    }
    Value largest = overColumns(keys.count, Combiner::Max, [&](Value column) {
      return loadVector(scores, add(start, column));
    });
    Value factor;
    if (!single) {
      Value before = load(maxima, row);
      largest = combine(b, loc, Combiner::Max, before, largest);
      factor = exp(before, largest);
      store(factor, factors, row);
    }
    Value largests = splat(largest);
    Value total = overColumns(keys.count, Combiner::Add, [&](Value column) {
      Value at = add(start, column);
      Value weight = exp(loadVector(scores, at), largests);
      vector::StoreOp::create(b, loc, weight, scores, ValueRange{at});
      return weight;
    });
    if (!single)
      total = math::FmaOp::create(b, loc, load(totals, row), factor, total);
    store(largest, maxima, row);
    store(total, totals, row);
  });
}

/// What the sums of a row are multiplied by takes the place of its total.
void AttendEmitter::finishRows(const Rows &rows) {
  Value one = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(1));
  loop(c(0), sub(rows.end, rows.begin), 1, [&](Value row) {
    Value total = memref::LoadOp::create(b, loc, totals, ValueRange{row});
    memref::StoreOp::create(b, loc, arith::DivFOp::create(b, loc, one, total),
                            totals, ValueRange{row});
    std::optional<unsigned> statistic = op.getStatistic();
    if (!statistic)
      return;
    Value largest = memref::LoadOp::create(b, loc, maxima, ValueRange{row});
    Value sum = arith::AddFOp::create(b, loc, largest,
                                      math::LogOp::create(b, loc, total));
    SmallVector<Value> dims = rows.dims;
    dims[op.getSDim()] = add(rows.begin, row);
    RowCursor at = operands.row(b, loc, operands.numInputs() + *statistic, dims,
                                /*laneDim=*/dims.size());
    operands.storeScalar(b, loc, at, c(0), sum);
  });
}

} // namespace moec::cpu
