//===- AttendGradBlock.cpp - A block of the gradients of attention --------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Products come in the order of memory: the first two give scores and slopes
// of a tile, in registers, which become weights and changes there, those of
// both kinds of blocks from the same numbers. The statistics of own rows are in
// registers for good, those of the others come with their tile.
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/AttendGradEmitter.h"

using namespace mlir;

namespace moec::gpu {

bool AttendGradEmitter::isAsync() {
  return llvm::any_of(pairs, [](Pair *pair) {
    return pair->own.async || pair->other.async || pair->columns.async;
  });
}

void AttendGradEmitter::decodeBlock(Value block) {
  // Neighbouring blocks meet the same others.
  auto split = [&](int64_t extent) {
    Value digit = rem(block, extent);
    block = div(block, extent);
    return digit;
  };
  auto end = [&](Value begin, int64_t tile, int64_t extent) {
    Value end = add(begin, tile);
    return extent % tile ? minimum(end, c(extent)) : end;
  };
  ownBegin = mul(split(ownTiles), sTile);
  ownEnd = end(ownBegin, sTile, ownExtent);
  Value column = split(columnTiles);
  for (Pair *pair : pairs) {
    pair->begin = mul(column, pair->tile);
    // Past the last of its columns nothing is stored.
    pair->end = minimum(add(pair->begin, pair->tile), c(pair->extent));
  }
  dims.resize(operands.dims().size());
  for (unsigned g = op.getSDim(); g-- > 0;)
    dims[g] = index(split(operands.dims()[g]));
}

PanelPart AttendGradEmitter::ownPart(const Pair &pair) {
  return {dims,
          ownBegin,
          ownEnd,
          c(pair.extent),
          ownExtent % sTile != 0,
          pair.extent % pair.tile != 0,
          false};
}

PanelPart AttendGradEmitter::otherPart(const Pair &pair, Value begin) {
  // Their weights become 0; none past the last is read.
  return {dims,
          begin,
          c(otherExtent),
          c(pair.extent),
          otherExtent % tTile != 0,
          pair.extent % pair.tile != 0,
          false};
}

PanelPart AttendGradEmitter::columnsPart(const Pair &pair) {
  return {dims,
          pair.begin,
          pair.end,
          c(otherExtent),
          columnTiles * pair.tile != pair.extent,
          otherExtent % tTile != 0,
          false};
}

void AttendGradEmitter::fill(Value begin, Value at) {
  for (Pair *pair : pairs) {
    if (pair->isWhole()) {
      PanelPart part = otherPart(*pair, begin);
      stage(pair->other, part, stager.pieces(b, pair->other, part), c(0), at);
    }
    if (pair->hasColumns())
      stage(pair->columns, columnsPart(*pair), pair->pieces, begin, at);
  }
  if (ofKeys)
    stageStatistics(begin, at);
}

std::pair<Value, Value> AttendGradEmitter::statisticsOf(Value s) {
  Region &region = op.getStatistics();
  SmallVector<Value> point = dims;
  point[op.getSDim()] = index(s);
  SmallVector<Value> arguments(region.getNumArguments());
  for (unsigned input : usedArguments(region))
    arguments[input] = operands.loadScalar(
        b, loc, operands.row(b, loc, input, point, /*laneDim=*/point.size()),
        Value());
  auto values = inlineRegion(b, region, arguments,
                             Lanes{point, op.getSDim(), /*count=*/0, {}});
  if (failed(values)) {
    broken = true;
    return {number32(0), number32(0)};
  }
  return {arith::NegFOp::create(b, loc, (*values)[0]),
          arith::NegFOp::create(b, loc, (*values)[1])};
}

void AttendGradEmitter::stageStatistics(Value begin, Value at) {
  for (int64_t first = 0; first < tTile; first += threads) {
    Value local = add(tid, first);
    auto bring = [&] {
      Value s = add(begin, local);
      if (otherExtent % tTile)
        s = minimum(s, c(otherExtent - 1));
      auto [logSumExp, delta] = statisticsOf(s);
      Value to = add(mad(local, 4, at), statisticsAt);
      shared.store(b, loc, logSumExp, to);
      shared.store(b, loc, delta, to, tTile * 4);
    };
    if (first + threads > tTile)
      emitIf(b, loc, lessThan(local, c(tTile)), bring);
    else
      bring();
  }
}

void AttendGradEmitter::emitChanges(Value begin, Value at,
                                    SmallVector<Value> &scores,
                                    SmallVector<Value> &slopes) {
  Value scale = number32(op.getScale().convertToDouble()), zero = number32(0);
  SmallVector<Value> ofOthers[2];
  if (ofKeys)
    for (int64_t i : {0, 1})
      for (int64_t key = 0; key < keys; key += keysTogether()) {
        int64_t size = keysTogether();
        Value from = mad(firstKey(), 4, add(at, statisticsAt));
        Type type = b.getF32Type();
        Value all =
            shared.load(b, loc, size > 1 ? VectorType::get({size}, type) : type,
                        from, (i * tTile + keyOffset(key)) * 4);
        for (int64_t j = 0; j < size; ++j)
          ofOthers[i].push_back(
              size == 1
                  ? all
                  : vector::ExtractOp::create(b, loc, all, ArrayRef<int64_t>{j})
                        .getResult());
      }
  for (int64_t key = 0; key < keys; ++key) {
    Value exists;
    if (otherExtent % tTile)
      exists =
          lessThan(add(add(begin, firstKey()), keyOffset(key)), c(otherExtent));
    for (int64_t row = 0; row < rows; ++row) {
      Value &weight = scores[registerOf(row, key, keys)];
      Value &change = slopes[registerOf(row, key, keys)];
      Value less = ofKeys ? ofOthers[0][key] : logSumExps[row];
      weight = math::ExpOp::create(
          b, loc, math::FmaOp::create(b, loc, weight, scale, less));
      if (exists)
        weight = pick(exists, weight, zero);
      change = arith::AddFOp::create(b, loc, change,
                                     ofKeys ? ofOthers[1][key] : deltas[row]);
      change = arith::MulFOp::create(b, loc, weight, change);
    }
  }
}

LogicalResult AttendGradEmitter::emit(OpBuilder &builder, Value block) {
  b.restoreInsertionPoint(builder.saveInsertionPoint());
  startThread();
  decodeBlock(block);
  for (Pair *pair : pairs) {
    for (Panel *panel : {&pair->own, &pair->other, &pair->columns})
      if (panel->async)
        panel->pointer = stager.globalPointer(b, panel->inputs.front());
    if (pair->hasColumns())
      pair->pieces = stager.pieces(b, pair->columns, columnsPart(*pair));
    if (pair->isWhole()) {
      PanelPart part = ownPart(*pair);
      stage(pair->own, part, stager.pieces(b, pair->own, part), c(0), c(0));
    }
  }
  if (stages == 2)
    fill(c(0), c(0));
  if (!ofKeys)
    for (int64_t row = 0; row < rows; ++row) {
      Value s = add(ownBegin, rowOf(row));
      if (ownExtent % sTile)
        s = minimum(s, add(ownEnd, -1));
      auto [logSumExp, delta] = statisticsOf(s);
      logSumExps.push_back(logSumExp);
      deltas.push_back(delta);
    }
  SmallVector<Value> carried;
  for (Pair *pair : pairs)
    if (pair->epilogue)
      carried.append(sumsOfThread(pair->tile), number32(0));
  carried.push_back(c(0)); // the stage of this round, in bytes
  carried = emitLoop(
      b, loc, c(0), c(otherExtent), c(tTile), carried,
      [&](Value begin, ValueRange before) {
        Value at = before.back(), next = at;
        if (stages == 2) {
          settle(isAsync()); // nobody reads the other stage any more, either
          next = sub(c(stageBytes), at);
          Value ahead = add(begin, tTile);
          emitIf(b, loc, lessThan(ahead, c(otherExtent)),
                 [&] { fill(ahead, next); });
        } else {
          mlir::gpu::BarrierOp::create(b, loc);
          fill(begin, at);
          settle(isAsync());
        }
        SmallVector<Value> factors[2];
        for (auto [factor, pair] : llvm::zip_equal(factors, pairs))
          factor = emitScores({pair->own, ownPart(*pair)},
                              {pair->other, otherPart(*pair, begin)}, at,
                              pair->extent);
        emitChanges(begin, at, factors[0], factors[1]);
        // Changes go with the factors of scores, weights with those of slopes.
        SmallVector<Value> after;
        for (auto [pair, weights] :
             {std::pair(&ofScores, &factors[1]), {&ofSlopes, &factors[0]}}) {
          if (!pair->epilogue)
            continue;
          int64_t count = sumsOfThread(pair->tile);
          SmallVector<Value> sums(before.take_front(count));
          before = before.drop_front(count);
          // Weights lie where changes lay.
          if (!tensorCores && !after.empty())
            NVVM::SyncWarpOp::create(b, loc, c(-1));
          addProduct(*weights, pair->columns, at, sums);
          llvm::append_range(after, sums);
        }
        after.push_back(next);
        return after;
      });
  Value scale = number32(op.getScale().convertToDouble());
  ValueRange rest = carried;
  for (Pair *pair : pairs) {
    if (!pair->epilogue)
      continue;
    int64_t count = sumsOfThread(pair->tile);
    SmallVector<Value> sums(rest.take_front(count));
    rest = rest.drop_front(count);
    if (pair == &ofScores)
      for (Value &sum : sums)
        sum = arith::MulFOp::create(b, loc, sum, scale);
    mlir::gpu::BarrierOp::create(b, loc); // others still read there
    storeSums(sums, *pair->epilogue,
              {dims, ownBegin, ownEnd, pair->begin, pair->end});
    broken |= pair->epilogue->failed;
  }
  return failure(broken || stager.failed);
}

} // namespace moec::gpu
