//===- RegisterTile.cpp - The product that fills the registers ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/CPU/RegisterTile.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moec::cpu {

FailureOr<RegisterTile>
readRegisterTile(Operation *op, kernel::ScheduleAttr schedule, int64_t lanes) {
  constexpr int64_t maxTileVectors = 1024;
  int64_t rows = schedule.getMicro()[0], columns = schedule.getMicro()[1];
  if (rows > maxTileVectors || columns > maxTileVectors * lanes / rows)
    return op->emitOpError("expected a register tile of at most ")
           << maxTileVectors << " vectors of " << lanes << " lanes, got "
           << schedule;
  int64_t vectors = llvm::divideCeil(columns, lanes);
  return RegisterTile{rows, vectors, lanes};
}

/// Steps of an iteration: about 48 FMAs, without a rest if that can be.
/// Counting is an eighth of the instructions of a step of 12 FMAs, and a core
/// whose other thread is busy is given half of the slots that instructions
/// take: four such steps an iteration took 0.90 to 0.93 of the time of ViT-S/16
/// then. A step of up to 8 sums waits for them, so that counting costs nothing.
static int64_t stepsOfLoop(const RegisterTile &tile,
                           std::optional<int64_t> depth) {
  if (tile.sums() <= 8)
    return 1;
  int64_t many = std::clamp<int64_t>(48 / tile.sums(), 1, 4);
  if (many == 4 && depth)
    for (int64_t steps : {4, 5, 3})
      if (*depth % steps == 0)
        return steps;
  return many;
}

SmallVector<Value> multiplyTile(OpBuilder &b, Location loc,
                                const RegisterTile &tile, const TileFactors &f,
                                Value depth, ValueRange sums) {
  auto c = [&](int64_t value) { return indexConstant(b, loc, value); };
  auto add = [&](Value x, Value y) -> Value {
    return arith::AddIOp::create(b, loc, x, y);
  };
  auto at = [&](Value base, Value k, int64_t step) -> Value {
    if (step == 1)
      return add(base, k);
    return add(arith::MulIOp::create(b, loc, k, c(step)), base);
  };
  auto type = VectorType::get({tile.lanes}, b.getF32Type());
  Type rightElement = cast<MemRefType>(f.right.getType()).getElementType();
  auto loadRight = [&](Value position) -> Value {
    Value value = vector::LoadOp::create(
        b, loc, VectorType::get({tile.lanes}, rightElement), f.right, position);
    if (rightElement.isF32())
      return value;
    return arith::ExtFOp::create(b, loc, type, value);
  };
  int64_t line = 512 / rightElement.getIntOrFloatBitWidth();
  auto emitSteps = [&](Value from, Value to, int64_t many, ValueRange start) {
    auto loop = scf::ForOp::create(
        b, loc, from, to, c(many), start,
        [&](OpBuilder &inner, Location, Value k, ValueRange sumsIn) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPoint(inner.getInsertionBlock(),
                              inner.getInsertionPoint());
          SmallVector<Value> next(sumsIn);
          Value rightAt = at(f.rightBase, k, f.rightStep), leftAt, aheadAt;
          for (int64_t step = 0; step < many; ++step) {
            SmallVector<Value> columns;
            for (int64_t v = 0; v < tile.vectors; ++v)
              columns.push_back(loadRight(
                  add(rightAt, c(step * f.rightStep + v * tile.lanes))));
            if (step == 0) {
              aheadAt = f.ahead ? at(f.ahead, k, f.aheadStep) : Value();
              leftAt = at(f.leftBase, k, f.leftStep);
            }
            // Into L2, as L1 has no room beside the strip in use; once a line.
            int64_t ahead = step * f.aheadStep;
            if (aheadAt &&
                (!step || ahead / line > (ahead - f.aheadStep) / line))
              memref::PrefetchOp::create(
                  b, loc, f.right, ValueRange{add(aheadAt, c(ahead))},
                  /*isWrite=*/false, /*localityHint=*/2, /*isDataCache=*/true);
            for (int64_t r = 0; r < tile.rows; ++r) {
              Value scalar = memref::LoadOp::create(
                  b, loc, f.left,
                  add(leftAt, c(step * f.leftStep + r * f.leftRow)));
              Value row = vector::BroadcastOp::create(b, loc, type, scalar);
              for (int64_t v = 0; v < tile.vectors; ++v) {
                Value &sum = next[r * tile.vectors + v];
                sum = vector::FMAOp::create(b, loc, row, columns[v], sum);
              }
            }
          }
          scf::YieldOp::create(b, loc, next);
        });
    return SmallVector<Value>(loop.getResults());
  };
  int64_t many = stepsOfLoop(tile, getConstantIntValue(depth));
  Value rest = arith::RemUIOp::create(b, loc, depth, c(many));
  Value whole = arith::SubIOp::create(b, loc, depth, rest);
  SmallVector<Value> most = emitSteps(c(0), whole, many, sums);
  return many == 1 ? most : emitSteps(whole, depth, 1, most);
}

void emitStrips(OpBuilder &b, Location loc, RegisterTile &tile, Value width,
                int64_t extent, function_ref<void(Value, int64_t)> body) {
  int64_t columns = tile.columns(), rest = extent % columns;
  Value each = indexConstant(b, loc, columns), zero = indexConstant(b, loc, 0);
  Value whole = arith::DivUIOp::create(b, loc, width, each);
  emitLoop(b, loc, zero, whole, 1, [&](Value strip) { body(strip, 0); });
  if (!rest)
    return;
  int64_t vectors =
      std::exchange(tile.vectors, llvm::divideCeil(rest, tile.lanes));
  Value all = arith::CeilDivUIOp::create(b, loc, width, each);
  emitLoop(b, loc, whole, all, 1, [&](Value strip) { body(strip, rest); });
  tile.vectors = vectors;
}

TileColumns columnsOf(OpBuilder &b, Location loc, const RegisterTile &tile,
                      unsigned dim, Value begin, int64_t rest) {
  TileColumns columns{dim, {}, {}};
  for (int64_t v = 0; v < tile.vectors; ++v) {
    int64_t first = v * tile.lanes, left = rest ? rest - first : tile.lanes;
    columns.starts.push_back(
        arith::AddIOp::create(b, loc, begin, indexConstant(b, loc, first)));
    columns.masks.push_back(
        left >= tile.lanes
            ? Value()
            : laneMask(b, loc, indexConstant(b, loc, left), tile.lanes));
  }
  return columns;
}

LogicalResult storeTileRow(OpBuilder &b, Location loc, const RegisterTile &tile,
                           const KernelOperands &operands, Region &epilogue,
                           SmallVector<Value> dims, const TileColumns &columns,
                           function_ref<Value(int64_t)> sum,
                           unsigned firstOut) {
  Cursors inputs = cursorsOf(b, loc, operands, epilogue, dims, columns.dim);
  unsigned stored = epilogue.front().getTerminator()->getNumOperands();
  SmallVector<RowCursor> outs;
  for (unsigned o = 0; o < stored; ++o)
    outs.push_back(operands.row(b, loc, operands.numInputs() + firstOut + o,
                                dims, columns.dim));
  for (int64_t v = 0; v < tile.vectors; ++v) {
    dims[columns.dim] = columns.starts[v];
    Lanes lanes{dims, columns.dim, tile.lanes, columns.masks[v]};
    SmallVector<Value> arguments;
    for (const std::optional<RowCursor> &row : inputs)
      arguments.push_back(row ? operands.loadVector(b, loc, *row, lanes)
                              : Value());
    arguments.push_back(sum(v));
    auto values = inlineRegion(b, epilogue, arguments, lanes);
    if (failed(values))
      return failure();
    for (auto [out, value] : llvm::zip_equal(outs, *values))
      operands.storeVector(b, loc, out, lanes, value);
  }
  return success();
}

} // namespace moec::cpu
