//===- PanelPacker.cpp - Matrices, packed for a register tile -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Lanes run along the direction in which the source is contiguous. Lanes past
// the end are loaded as 0; what the region makes of them lands in rows and
// columns that nobody stores, or in k positions that the register tile does not
// read, so it does not matter.
//
//===----------------------------------------------------------------------===//

#include "passes/CPU/PanelPacker.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Remarks.h"
#include "passes/Remarks.h"
#include "llvm/Support/MathExtras.h"

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

int64_t layOutPanel(Panel &panel, int64_t width, int64_t rows, int64_t depth,
                    int64_t lanes) {
  panel.width = width;
  panel.rowElements = 1;
  int64_t padded = llvm::alignTo(depth, lanes);
  if (panel.isRight) {
    panel.stepElements = width;
    panel.stripElements = padded * width;
    return llvm::divideCeil(rows, width) * panel.stripElements;
  }
  // Odd multiples of a cache line spread rows and strips over all sets.
  if (panel.alongDepth) {
    panel.stepElements = 1;
    panel.rowElements = (padded / lanes | 1) * lanes;
    panel.stripElements = width * panel.rowElements;
    return rows * panel.rowElements;
  }
  // The rows of a register tile lie in a strip of their own or, where they do
  // not fill vectors evenly, all in one.
  if (lanes % width == 0) {
    panel.stepElements = width;
    panel.stripElements = (llvm::divideCeil(padded * width, lanes) | 1) * lanes;
    return llvm::alignTo(rows, lanes) / width * panel.stripElements;
  }
  panel.stepElements = (llvm::divideCeil(rows, lanes) | 1) * lanes;
  panel.stripElements = width;
  return padded * panel.stepElements;
}

void remarkSlowOperand(Operation *op, const KernelOperands &operands,
                       unsigned operand, unsigned dim, StringRef where,
                       int64_t lanes) {
  LaneKind kind = operands.along(operand, dim).kind;
  if (kind != LaneKind::Strided && kind != LaneKind::Irregular)
    return;
  unsigned inputs = operands.numInputs();
  remark::missed(op->getLoc(), remarkAbout(op, "SlowOperand", "CPU"))
      << remark::reason("{0}: {1} {2} {3} along the vector lanes, so it is "
                        "moved element by element",
                        where, operand < inputs ? "input" : "out",
                        operand < inputs ? operand : operand - inputs,
                        kind == LaneKind::Strided ? "is not contiguous"
                                                  : "is indexed irregularly")
      << remark::suggest("store it transposed, or split the dimension in "
                         "multiples of {0}",
                         lanes);
}

void emitLoop(OpBuilder &b, Location loc, Value from, Value to, int64_t step,
              function_ref<void(Value)> body) {
  Value by = arith::ConstantIndexOp::create(b, loc, step);
  auto loop = scf::ForOp::create(b, loc, from, to, by);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

Cursors cursorsOf(OpBuilder &b, Location loc, const KernelOperands &operands,
                  Region &region, ValueRange dims, unsigned laneDim) {
  Cursors rows(operands.numInputs());
  for (unsigned number : usedArguments(region))
    if (number < operands.numInputs())
      rows[number] = operands.row(b, loc, number, dims, laneDim);
  return rows;
}

Cursors PanelPacker::cursors(const Panel &panel, ValueRange dims,
                             unsigned laneDim) {
  return cursorsOf(b, loc, operands, *panel.region, dims, laneDim);
}

SmallVector<Value> PanelPacker::pointOf(const Panel &panel,
                                        const PanelRange &range, Value row,
                                        Value k) {
  SmallVector<Value> dims = range.dims;
  dims[panel.rowDim] = row;
  dims[panel.depthDim] = k;
  return dims;
}

Value PanelPacker::elements(const Panel &panel, const Cursors &rows,
                            const Lanes &lanes) {
  SmallVector<Value> arguments;
  for (const std::optional<RowCursor> &row : rows)
    arguments.push_back(row ? operands.loadVector(b, loc, *row, lanes)
                            : Value());
  FailureOr<SmallVector<Value>> values =
      inlineRegion(b, *panel.region, arguments, lanes);
  if (mlir::failed(values)) {
    failed = true;
    return arith::ConstantOp::create(b, loc, b.getZeroAttr(vectorType()));
  }
  // Panels are f32: products of bf16 are exact there.
  Value value = toVector(b, loc, values->front(), vl);
  if (getElementTypeOrSelf(value.getType()).isBF16())
    value = arith::ExtFOp::create(b, loc, vectorType(), value);
  if (panel.scale == 1)
    return value;
  auto scale = DenseElementsAttr::get(
      vectorType(), Attribute(b.getF32FloatAttr(panel.scale)));
  return arith::MulFOp::create(b, loc, value,
                               arith::ConstantOp::create(b, loc, scale));
}

void PanelPacker::pack(OpBuilder &at, const Panel &panel,
                       const PanelRange &range, Value base) {
  b.setInsertionPoint(at.getInsertionBlock(), at.getInsertionPoint());
  if (panel.isRight)
    panel.alongDepth ? packColumnsAlongDepth(panel, range, base)
                     : packColumnsAlongRows(panel, range, base);
  else
    panel.alongDepth ? packRowsAlongDepth(panel, range, base)
                     : packRowsAlongRows(panel, range, base);
}

void PanelPacker::overDepth(const Panel &panel, Value depth,
                            function_ref<void(Value, bool)> body) {
  // Whole vectors, then at most one masked.
  bool whole = panel.depth && *panel.depth % vl == 0;
  Value tail = panel.depth
                   ? c(*panel.depth / vl * vl)
                   : mul(arith::DivUIOp::create(b, loc, depth, c(vl)), vl);
  loop(c(0), tail, vl, [&](Value position) { body(position, false); });
  if (!whole)
    loop(tail, depth, vl, [&](Value position) { body(position, true); });
}

// Steps between what is asked for and what is packed: a step takes 20 to 200
// cycles, memory 300 to 600.
static constexpr int64_t stepsAhead = 8;
// The same of rows that are packed along the depth, and longer.
static constexpr int64_t rowsAhead = 2;

Cursors PanelPacker::cursorsAhead(const Panel &panel, ValueRange point,
                                  unsigned laneDim) {
  unsigned other = laneDim == panel.rowDim ? panel.depthDim : panel.rowDim;
  Cursors rows(operands.numInputs());
  for (unsigned o : usedArguments(*panel.region))
    if (o < operands.numInputs() && operands.gather(o) < 0 &&
        operands.dependsOn(o, other) &&
        operands.along(o, laneDim).kind == LaneKind::Unit)
      rows[o] = operands.row(b, loc, o, point, laneDim);
  return rows;
}

void PanelPacker::askFor(const Cursors &ahead, Value position) {
  for (const std::optional<RowCursor> &cursor : ahead)
    if (cursor)
      memref::PrefetchOp::create(b, loc, operands.buffer(cursor->operand),
                                 ValueRange{add(cursor->base, position)},
                                 /*isWrite=*/false, /*localityHint=*/3,
                                 /*isDataCache=*/true);
}

void PanelPacker::packRowsAlongDepth(const Panel &panel,
                                     const PanelRange &range, Value base) {
  Value depth = sub(range.depthEnd, range.depthBegin);
  unsigned kDim = panel.depthDim;
  loop(range.rowBegin, range.rowEnd, 1, [&](Value m) {
    Lanes lanes{pointOf(panel, range, m, range.depthBegin), kDim, vl, {}};
    Cursors rows = cursors(panel, lanes.values, kDim);
    Value later = minimum(add(m, c(rowsAhead)), sub(range.rowEnd, c(1)));
    Cursors ahead = cursorsAhead(
        panel, pointOf(panel, range, later, range.depthBegin), kDim);
    Value target = mad(sub(m, range.rowBegin), panel.rowElements, base);
    overDepth(panel, depth, [&](Value position, bool masked) {
      lanes.values[kDim] = add(range.depthBegin, position);
      askFor(ahead, lanes.values[kDim]);
      lanes.mask =
          masked ? laneMask(b, loc, sub(depth, position), vl) : Value();
      vector::StoreOp::create(b, loc, elements(panel, rows, lanes),
                              panel.buffer, ValueRange{add(target, position)});
    });
  });
}

void PanelPacker::packRowsAlongRows(const Panel &panel, const PanelRange &range,
                                    Value base) {
  Value height = sub(range.rowEnd, range.rowBegin);
  unsigned mDim = panel.rowDim;
  int64_t mr = panel.width;
  loop(range.depthBegin, range.depthEnd, 1, [&](Value k) {
    Lanes lanes{pointOf(panel, range, range.rowBegin, k), mDim, vl, {}};
    Cursors rows = cursors(panel, lanes.values, mDim);
    Value later = minimum(add(k, c(stepsAhead)), sub(range.depthEnd, c(1)));
    Cursors ahead =
        cursorsAhead(panel, pointOf(panel, range, range.rowBegin, later), mDim);
    Value target = mad(sub(k, range.depthBegin), panel.stepElements, base);
    loop(c(0), height, vl, [&](Value position) {
      lanes.values[mDim] = add(range.rowBegin, position);
      askFor(ahead, lanes.values[mDim]);
      if (panel.cutsRows)
        lanes.mask = laneMask(b, loc, sub(height, position), vl);
      Value value = elements(panel, rows, lanes);
      if (vl % mr != 0) {
        // The strips of such rows lie side by side: one is [k][row].
        vector::StoreOp::create(b, loc, value, panel.buffer,
                                ValueRange{add(target, position)});
        return;
      }
      // The vector holds the rows of whole strips.
      Value number = arith::DivUIOp::create(b, loc, position, c(mr));
      Value to = mad(number, panel.stripElements, target);
      for (int64_t r = 0; r < vl; r += mr) {
        Value part = mr == vl
                         ? value
                         : vector::ExtractStridedSliceOp::create(
                               b, loc, value, ArrayRef<int64_t>{r},
                               ArrayRef<int64_t>{mr}, ArrayRef<int64_t>{1});
        vector::StoreOp::create(
            b, loc, part, panel.buffer,
            ValueRange{add(to, c(r / mr * panel.stripElements))});
      }
    });
  });
}

void PanelPacker::packColumnsAlongRows(const Panel &panel,
                                       const PanelRange &range, Value base) {
  Value width = sub(range.rowEnd, range.rowBegin);
  unsigned nDim = panel.rowDim;
  int64_t nr = panel.width, nv = nr / vl;
  Value strips = ceilDiv(width, nr);
  loop(range.depthBegin, range.depthEnd, 1, [&](Value k) {
    Lanes lanes{pointOf(panel, range, range.rowBegin, k), nDim, vl, {}};
    Cursors rows = cursors(panel, lanes.values, nDim);
    Value later = minimum(add(k, c(stepsAhead)), sub(range.depthEnd, c(1)));
    Cursors ahead =
        cursorsAhead(panel, pointOf(panel, range, range.rowBegin, later), nDim);
    Value target = mad(sub(k, range.depthBegin), nr, base);
    loop(c(0), strips, 1, [&](Value strip) {
      Value column = mul(strip, nr);
      Value to = mad(strip, panel.stripElements, target);
      for (int64_t v = 0; v < nv; ++v) {
        Value position = add(column, c(v * vl));
        lanes.values[nDim] = add(range.rowBegin, position);
        askFor(ahead, lanes.values[nDim]);
        if (panel.cutsRows)
          lanes.mask = laneMask(b, loc, sub(width, position), vl);
        vector::StoreOp::create(b, loc, elements(panel, rows, lanes),
                                panel.buffer, ValueRange{add(to, c(v * vl))});
      }
    });
  });
}

void PanelPacker::packColumnsAlongDepth(const Panel &panel,
                                        const PanelRange &range, Value base) {
  Value depth = sub(range.depthEnd, range.depthBegin);
  int64_t nr = panel.width, nv = nr / vl;
  Value vectors = mul(ceilDiv(sub(range.rowEnd, range.rowBegin), nr), nv);
  Value last = sub(range.rowEnd, c(1));
  loop(c(0), vectors, 1, [&](Value vectorIndex) {
    Value strip = arith::DivUIOp::create(b, loc, vectorIndex, c(nv));
    Value inStrip = arith::RemUIOp::create(b, loc, vectorIndex, c(nv));
    Value target = add(mad(strip, panel.stripElements, base), mul(inStrip, vl));
    SmallVector<Cursors> rows, ahead;
    Lanes lanes{{}, panel.depthDim, vl, {}};
    SmallVector<Value> columns;
    for (int64_t i = 0; i < vl; ++i) {
      // Past the end the last column is read again.
      Value column = add(range.rowBegin, add(mul(vectorIndex, vl), c(i)));
      Value n = minimum(column, last);
      Value later = minimum(add(column, c(vl)), last);
      columns.push_back(n);
      rows.push_back(cursors(panel, pointOf(panel, range, n, range.depthBegin),
                             panel.depthDim));
      ahead.push_back(
          cursorsAhead(panel, pointOf(panel, range, later, range.depthBegin),
                       panel.depthDim));
    }
    overDepth(panel, depth, [&](Value position, bool masked) {
      Value k = add(range.depthBegin, position);
      lanes.mask =
          masked ? laneMask(b, loc, sub(depth, position), vl) : Value();
      SmallVector<Value> values;
      for (int64_t i = 0; i < vl; ++i) {
        lanes.values = pointOf(panel, range, columns[i], k);
        askFor(ahead[i], k);
        values.push_back(elements(panel, rows[i], lanes));
      }
      values = transposeSquare(b, loc, values);
      Value to = mad(position, nr, target);
      for (int64_t i = 0; i < vl; ++i)
        vector::StoreOp::create(b, loc, values[i], panel.buffer,
                                ValueRange{add(to, c(i * nr))});
    });
  });
}

} // namespace moec::cpu
