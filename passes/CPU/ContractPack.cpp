//===- ContractPack.cpp - Packing the operands of a contraction -----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Lanes run along the direction in which the source is contiguous. Lanes past
// the end are loaded as 0; what the region makes of them lands in rows and
// columns that the epilogue does not store, or in k positions that the register
// tile does not read, so it does not matter.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/CPU/ContractEmitter.h"

using namespace mlir;

namespace moec::cpu {

SmallVector<Value> transposeSquare(OpBuilder &b, Location loc,
                                   ValueRange rows) {
  SmallVector<Value> current(rows);
  int64_t count = rows.size();
  for (int64_t bit = count / 2; bit; bit /= 2) {
    // Swap the off-diagonal quarters of every 2*bit square.
    SmallVector<int64_t> low, high;
    for (int64_t j = 0; j < count; ++j) {
      low.push_back(j & bit ? count + j - bit : j);
      high.push_back(j & bit ? count + j : j + bit);
    }
    for (int64_t i = 0; i < count; ++i) {
      if (i & bit)
        continue;
      Value x = current[i], y = current[i + bit];
      current[i] = vector::ShuffleOp::create(b, loc, x, y, low);
      current[i + bit] = vector::ShuffleOp::create(b, loc, x, y, high);
    }
  }
  return current;
}

ContractEmitter::Cursors
ContractEmitter::cursors(Region &region, ValueRange dims, unsigned laneDim) {
  Cursors rows(operands.numInputs());
  for (unsigned number : usedArguments(region))
    if (number < operands.numInputs())
      rows[number] = operands.row(b, loc, number, dims, laneDim);
  return rows;
}

Value ContractEmitter::elements(Region &region, const Cursors &rows,
                                const Lanes &lanes) {
  SmallVector<Value> arguments;
  for (const std::optional<RowCursor> &row : rows)
    arguments.push_back(row ? operands.loadVector(b, loc, *row, lanes)
                            : Value());
  FailureOr<SmallVector<Value>> values =
      inlineRegion(b, region, arguments, lanes);
  if (failed(values)) {
    broken = true;
    return arith::ConstantOp::create(b, loc, b.getZeroAttr(vectorType()));
  }
  // Panels are f32: products of bf16 are exact there.
  Value value = toVector(b, loc, values->front(), vl);
  if (getElementTypeOrSelf(value.getType()).isBF16())
    value = arith::ExtFOp::create(b, loc, vectorType(), value);
  return value;
}

void ContractEmitter::pack(const Panel &panel, const BlockRange &range,
                           Value kBegin, Value kEnd, Value blockIndex) {
  Value base = panel.resident ? mul(blockIndex, panel.blockElements) : c(0);
  if (panel.rowDim == mDim)
    panel.lanesAlongK ? packLeftRows(range, kBegin, kEnd, base)
                      : packLeftColumns(range, kBegin, kEnd, base);
  else
    panel.lanesAlongK ? packRightTransposed(range, kBegin, kEnd, base)
                      : packRightRows(range, kBegin, kEnd, base);
}

void ContractEmitter::packLeftRows(const BlockRange &range, Value kBegin,
                                   Value kEnd, Value base) {
  Value depth = sub(kEnd, kBegin);
  loop(range.mBegin, range.mEnd, 1, [&](Value m) {
    Lanes lanes{pointOf(range, m, Value(), kBegin), kDim, vl, {}};
    Cursors rows = cursors(*left.region, lanes.values, kDim);
    Value target = mad(sub(m, range.mBegin), kStride, base);
    auto copy = [&](Value position, bool masked) {
      lanes.values[kDim] = add(kBegin, position);
      lanes.mask =
          masked ? laneMask(b, loc, sub(depth, position), vl) : Value();
      vector::StoreOp::create(b, loc, elements(*left.region, rows, lanes),
                              left.buffer, ValueRange{add(target, position)});
    };
    // Whole vectors, then at most one masked.
    bool whole = single && !raggedK && K % vl == 0;
    Value tail = single && !raggedK
                     ? c(K / vl * vl)
                     : mul(arith::DivUIOp::create(b, loc, depth, c(vl)), vl);
    loop(c(0), tail, vl, [&](Value position) { copy(position, false); });
    if (!whole)
      loop(tail, depth, vl, [&](Value position) { copy(position, true); });
  });
}

void ContractEmitter::packLeftColumns(const BlockRange &range, Value kBegin,
                                      Value kEnd, Value base) {
  Value height = sub(range.mEnd, range.mBegin);
  loop(kBegin, kEnd, 1, [&](Value k) {
    Lanes lanes{pointOf(range, range.mBegin, Value(), k), mDim, vl, {}};
    Cursors rows = cursors(*left.region, lanes.values, mDim);
    Value target = mad(sub(k, kBegin), mStride, base);
    loop(c(0), height, vl, [&](Value position) {
      lanes.values[mDim] = add(range.mBegin, position);
      if (raggedM || M % vl || mTile % vl)
        lanes.mask = laneMask(b, loc, sub(height, position), vl);
      Value value = elements(*left.region, rows, lanes);
      if (!strips) {
        vector::StoreOp::create(b, loc, value, left.buffer,
                                ValueRange{add(target, position)});
        return;
      }
      // The vector holds the rows of whole strips.
      Value number = arith::DivUIOp::create(b, loc, position, c(mr));
      Value to = mad(number, stripElements, target);
      for (int64_t r = 0; r < vl; r += mr) {
        Value part = mr == vl
                         ? value
                         : vector::ExtractStridedSliceOp::create(
                               b, loc, value, ArrayRef<int64_t>{r},
                               ArrayRef<int64_t>{mr}, ArrayRef<int64_t>{1});
        vector::StoreOp::create(b, loc, part, left.buffer,
                                ValueRange{add(to, c(r / mr * stripElements))});
      }
    });
  });
}

void ContractEmitter::packRightRows(const BlockRange &range, Value kBegin,
                                    Value kEnd, Value base) {
  Value width = sub(range.nEnd, range.nBegin);
  Value strips = ceilDiv(width, nr);
  loop(kBegin, kEnd, 1, [&](Value k) {
    Lanes lanes{pointOf(range, Value(), range.nBegin, k), nDim, vl, {}};
    Cursors rows = cursors(*right.region, lanes.values, nDim);
    Value target = mad(sub(k, kBegin), nr, base);
    loop(c(0), strips, 1, [&](Value strip) {
      Value column = mul(strip, nr);
      Value to = mad(strip, kPad * nr, target);
      for (int64_t v = 0; v < nv; ++v) {
        Value position = add(column, c(v * vl));
        lanes.values[nDim] = add(range.nBegin, position);
        if (N % nr)
          lanes.mask = laneMask(b, loc, sub(width, position), vl);
        vector::StoreOp::create(b, loc, elements(*right.region, rows, lanes),
                                right.buffer, ValueRange{add(to, c(v * vl))});
      }
    });
  });
}

void ContractEmitter::packRightTransposed(const BlockRange &range, Value kBegin,
                                          Value kEnd, Value base) {
  Value depth = sub(kEnd, kBegin);
  Value vectors = mul(ceilDiv(sub(range.nEnd, range.nBegin), nr), nv);
  Value last = sub(range.nEnd, c(1));
  loop(c(0), vectors, 1, [&](Value vectorIndex) {
    Value strip = arith::DivUIOp::create(b, loc, vectorIndex, c(nv));
    Value inStrip = arith::RemUIOp::create(b, loc, vectorIndex, c(nv));
    Value target = add(mad(strip, kPad * nr, base), mul(inStrip, vl));
    SmallVector<Cursors> rows;
    Lanes lanes{{}, kDim, vl, {}};
    SmallVector<Value> columns;
    for (int64_t i = 0; i < vl; ++i) {
      // Past the end the last column is read again.
      Value n =
          minimum(add(range.nBegin, add(mul(vectorIndex, vl), c(i))), last);
      columns.push_back(n);
      rows.push_back(
          cursors(*right.region, pointOf(range, Value(), n, kBegin), kDim));
    }
    auto square = [&](Value position, bool masked) {
      Value k = add(kBegin, position);
      lanes.mask =
          masked ? laneMask(b, loc, sub(depth, position), vl) : Value();
      SmallVector<Value> values;
      for (int64_t i = 0; i < vl; ++i) {
        lanes.values = pointOf(range, Value(), columns[i], k);
        values.push_back(elements(*right.region, rows[i], lanes));
      }
      values = transposeSquare(b, loc, values);
      Value to = mad(position, nr, target);
      for (int64_t i = 0; i < vl; ++i)
        vector::StoreOp::create(b, loc, values[i], right.buffer,
                                ValueRange{add(to, c(i * nr))});
    };
    bool whole = single && !raggedK && K % vl == 0;
    Value tail = single && !raggedK
                     ? c(K / vl * vl)
                     : mul(arith::DivUIOp::create(b, loc, depth, c(vl)), vl);
    loop(c(0), tail, vl, [&](Value position) { square(position, false); });
    if (!whole)
      loop(tail, depth, vl, [&](Value position) { square(position, true); });
  });
}

} // namespace moec::cpu
