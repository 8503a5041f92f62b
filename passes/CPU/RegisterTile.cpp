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
  auto loadRight = [&](Value position) -> Value {
    Type element = cast<MemRefType>(f.right.getType()).getElementType();
    Value value = vector::LoadOp::create(
        b, loc, VectorType::get({tile.lanes}, element), f.right, position);
    if (element.isF32())
      return value;
    return arith::ExtFOp::create(b, loc, type, value);
  };
  auto loop = scf::ForOp::create(
      b, loc, c(0), depth, c(1), sums,
      [&](OpBuilder &inner, Location, Value k, ValueRange sumsIn) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPoint(inner.getInsertionBlock(),
                            inner.getInsertionPoint());
        SmallVector<Value> columns, next(sumsIn);
        Value rightAt = at(f.rightBase, k, f.rightStep);
        for (int64_t v = 0; v < tile.vectors; ++v)
          columns.push_back(loadRight(add(rightAt, c(v * tile.lanes))));
        if (f.ahead) // into L2: L1 has no room beside the strip in use
          memref::PrefetchOp::create(
              b, loc, f.right, ValueRange{at(f.ahead, k, f.aheadStep)},
              /*isWrite=*/false, /*localityHint=*/2, /*isDataCache=*/true);
        Value leftAt = at(f.leftBase, k, f.leftStep);
        for (int64_t r = 0; r < tile.rows; ++r) {
          Value scalar = memref::LoadOp::create(b, loc, f.left,
                                                add(leftAt, c(r * f.leftRow)));
          Value row = vector::BroadcastOp::create(b, loc, type, scalar);
          for (int64_t v = 0; v < tile.vectors; ++v) {
            Value &sum = next[r * tile.vectors + v];
            sum = vector::FMAOp::create(b, loc, row, columns[v], sum);
          }
        }
        scf::YieldOp::create(b, loc, next);
      });
  return SmallVector<Value>(loop.getResults());
}

TileColumns columnsOf(OpBuilder &b, Location loc, const RegisterTile &tile,
                      unsigned dim, int64_t extent, Value begin, Value end,
                      bool cut) {
  TileColumns columns{dim, extent, {}, {}};
  for (int64_t v = 0; v < tile.vectors; ++v) {
    Value start = arith::AddIOp::create(b, loc, begin,
                                        indexConstant(b, loc, v * tile.lanes));
    columns.starts.push_back(start);
    columns.masks.push_back(
        cut ? laneMask(b, loc, arith::SubIOp::create(b, loc, end, start),
                       tile.lanes)
            : Value());
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
  // Not the vectors that lie past the last column: a single column is stored
  // without a mask.
  for (int64_t v = 0; v < tile.vectors && v * tile.lanes < columns.extent;
       ++v) {
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
