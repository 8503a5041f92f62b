//===- AttendSoftmax.cpp - The softmax of attention in registers ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Of each row the largest score so far and the total of exp(score - largest).
// Where a tile of keys has a larger one, what was added up before counts
// exp(old - new) as much, totals and sums alike (Dao et al., arXiv 2205.14135,
// algorithm 1). The threads that share a row agree on its largest score by
// shuffles; each adds up the weights of its own keys, and the totals are joined
// at the end.
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/AttendEmitter.h"
#include "passes/GPU/RowTeam.h"

using namespace mlir;
using moec::kernel::Combiner;

namespace moec::gpu {

SmallVector<Value> AttendEmitter::State::values() const {
  SmallVector<Value> all(largest);
  llvm::append_range(all, total);
  llvm::append_range(all, sums);
  return all;
}

void AttendEmitter::State::set(ValueRange values) {
  for (SmallVector<Value> *part : {&largest, &total, &sums}) {
    llvm::copy(values.take_front(part->size()), part->begin());
    values = values.drop_front(part->size());
  }
}

AttendEmitter::State AttendEmitter::startRows() {
  Value none = neutral(b, loc, Combiner::Max, b.getF32Type());
  Value zero = neutral(b, loc, Combiner::Add, b.getF32Type());
  State state;
  state.largest.assign(rows, none);
  state.total.assign(rows, zero);
  state.sums.assign(sumsOfThread(eTile), zero);
  return state;
}

void AttendEmitter::emitSoftmax(Value tBegin, SmallVector<Value> &scores,
                                State &state) {
  Value scale = number32(op.getScale().convertToDouble());
  Value none = neutral(b, loc, Combiner::Max, b.getF32Type());
  int64_t columns = eTile / across;
  auto exp = [&](Value x, Value largest) -> Value {
    return math::ExpOp::create(b, loc,
                               arith::SubFOp::create(b, loc, x, largest));
  };
  SmallVector<Value> exists(keys);
  if (T % tTile) {
    // Keys past the last have a weight of 0.
    Value first = add(tBegin, firstKey());
    for (int64_t key = 0; key < keys; ++key)
      exists[key] = lessThan(add(first, keyOffset(key)), c(T));
  }
  for (int64_t row = 0; row < rows; ++row) {
    Value before = state.largest[row], largest;
    for (int64_t key = 0; key < keys; ++key) {
      Value &score = scores[registerOf(row, key, keys)];
      score = arith::MulFOp::create(b, loc, score, scale);
      if (exists[key])
        score = pick(exists[key], score, none);
      largest = key ? combine(b, loc, Combiner::Max, largest, score) : score;
    }
    largest = joinLanes(b, loc, Combiner::Max, largest, 1, across);
    largest = combine(b, loc, Combiner::Max, before, largest);
    Value factor = exp(before, largest), total;
    for (int64_t key = 0; key < keys; ++key) {
      Value &score = scores[registerOf(row, key, keys)];
      score = exp(score, largest);
      total = key ? combine(b, loc, Combiner::Add, total, score) : score;
    }
    state.largest[row] = largest;
    state.total[row] =
        math::FmaOp::create(b, loc, state.total[row], factor, total);
    for (int64_t column = 0; column < columns; ++column) {
      Value &sum = state.sums[registerOf(row, column, columns)];
      sum = arith::MulFOp::create(b, loc, sum, factor);
    }
  }
}

void AttendEmitter::finishRows(State &state) {
  std::optional<unsigned> statistic = op.getStatistic();
  Value one = number32(1);
  int64_t columns = eTile / across;
  for (int64_t row = 0; row < rows; ++row) {
    Value total = joinLanes(b, loc, Combiner::Add, state.total[row], 1, across);
    Value factor = arith::DivFOp::create(b, loc, one, total);
    for (int64_t column = 0; column < columns; ++column) {
      Value &sum = state.sums[registerOf(row, column, columns)];
      sum = arith::MulFOp::create(b, loc, sum, factor);
    }
    if (!statistic)
      continue;
    // One of the threads that share the row, of one of the blocks.
    Value s = add(sBegin, rowOf(row));
    Value stores =
        both(lessThan(add(number, eTileIndex), c(1)), lessThan(s, sEnd));
    emitIf(b, loc, stores, [&] {
      Value sum = arith::AddFOp::create(b, loc, state.largest[row],
                                        math::LogOp::create(b, loc, total));
      SmallVector<Value> point = dims;
      point[op.getSDim()] = index(s);
      RowCursor at = operands.row(b, loc, operands.numInputs() + *statistic,
                                  point, /*laneDim=*/point.size());
      operands.storeScalar(b, loc, at, Value(), sum);
    });
  }
}

} // namespace moec::gpu
