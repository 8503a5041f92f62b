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
// nothing before. Rows are lanes, so each step is one of whole vectors.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/CPU/AttendEmitter.h"
#include "passes/Codegen/PointEmitter.h"

using namespace mlir;
using moec::kernel::Combiner;

namespace moec::cpu {

void AttendEmitter::startRows() {
  auto fill = [&](Value buffer, int64_t count, Combiner combiner) {
    Value start = neutral(b, loc, combiner, vectorType());
    loop(c(0), c(count), vl, [&](Value at) { storeVector(start, buffer, at); });
  };
  fill(maxima, sTile, Combiner::Max);
  fill(totals, sTile, Combiner::Add);
  fill(sums, sTile / nr * sumElements, Combiner::Add);
}

/// What `body` makes of `start` key by key, of whose scores it gets the first.
AttendEmitter::Vectors
AttendEmitter::overKeysOf(const Keys &keys, ValueRange start,
                          function_ref<Vectors(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(
      b, loc, c(0), keys.count, c(1), start,
      [&](OpBuilder &inner, Location, Value t, ValueRange before) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPoint(inner.getInsertionBlock(),
                            inner.getInsertionPoint());
        scf::YieldOp::create(b, loc, body(mul(t, nr), before));
      });
  return Vectors(loop.getResults());
}

AttendEmitter::Vectors AttendEmitter::loadStrip(Value perRow, Value strip) {
  Vectors vectors;
  for (int64_t v = 0; v < tile.vectors; ++v)
    vectors.push_back(loadVector(perRow, add(mul(strip, nr), v * vl)));
  return vectors;
}

AttendEmitter::Softmax AttendEmitter::loadSoftmax(Value strip) {
  return {loadStrip(maxima, strip), loadStrip(totals, strip), {}};
}

Value AttendEmitter::power(Value score, Value largest,
                           arith::FastMathFlags flags) {
  if (!isInLog2Units())
    return expOfDistance(b, loc, score, largest, flags);
  return math::Exp2Op::create(
      b, loc, arith::SubFOp::create(b, loc, score, largest), flags);
}

AttendEmitter::Softmax AttendEmitter::startSoftmax() {
  auto start = [&](Combiner combiner) {
    return Vectors(tile.vectors, neutral(b, loc, combiner, vectorType()));
  };
  return {start(Combiner::Max), start(Combiner::Add), {}};
}

AttendEmitter::Softmax AttendEmitter::emitSoftmax(Value strip, const Keys &keys,
                                                  Softmax before,
                                                  const Vectors &largest) {
  Softmax now{largest, {}, {}};
  if (!single)
    for (int64_t v = 0; v < tile.vectors; ++v) {
      now.factors.push_back(power(before.maxima[v], now.maxima[v]));
      before.totals[v] =
          arith::MulFOp::create(b, loc, before.totals[v], now.factors[v]);
    }
  // One vector at a time, so that the constants of exp stay in registers. No
  // score is above the largest: nothing becomes infinite.
  for (int64_t v = 0; v < tile.vectors; ++v)
    llvm::append_range(
        now.totals,
        overKeysOf(keys, before.totals[v], [&](Value first, ValueRange so) {
          Value at = add(first, v * vl);
          Value weight = power(loadVector(scores, at), now.maxima[v],
                               arith::FastMathFlags::ninf);
          storeVector(weight, scores, at);
          return Vectors{combine(b, loc, Combiner::Add, so[0], weight)};
        }));
  if (!single)
    for (int64_t v = 0; v < tile.vectors; ++v) {
      Value at = add(mul(strip, nr), v * vl);
      storeVector(now.maxima[v], maxima, at);
      storeVector(now.totals[v], totals, at);
    }
  return now;
}

AttendEmitter::Vectors AttendEmitter::finishRows(const Rows &rows, Value strip,
                                                 const Softmax &softmax) {
  Vectors quotients;
  auto one = arith::ConstantOp::create(
      b, loc, DenseElementsAttr::get(vectorType(), 1.0f));
  for (Value total : softmax.totals)
    quotients.push_back(arith::DivFOp::create(b, loc, one, total));
  std::optional<unsigned> statistic = op.getStatistic();
  if (!statistic)
    return quotients;
  unsigned s = op.getSDim();
  RowCursor cursor = operands.row(b, loc, operands.numInputs() + *statistic,
                                  rows.dims, /*laneDim=*/s);
  for (int64_t v = 0; v < tile.vectors; ++v) {
    Lanes lanes{rows.dims, s, vl, {}};
    Value row = add(mad(strip, nr, rows.begin), v * vl);
    lanes.values[s] = row;
    if (S % nr)
      lanes.mask = laneMask(b, loc, sub(rows.end, row), vl);
    Value log = math::LogOp::create(b, loc, softmax.totals[v]);
    operands.storeVector(b, loc, cursor, lanes,
                         arith::AddFOp::create(b, loc, softmax.maxima[v], log));
  }
  return quotients;
}

} // namespace moec::cpu
