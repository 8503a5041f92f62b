//===- TileEpilogue.cpp - From sums to results ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sums lie scattered over the threads as the arithmetic wants them. They pass
// through shared memory, so that neighbouring threads store neighbours: warps
// write whole sectors. Loads past an edge read the last row or column.
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/TileEpilogue.h"
#include "passes/GPU/BlockCode.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moec::gpu {

/// Whether results are contiguous along the rows and not along the columns.
bool TileEpilogue::storesAlongRows() const {
  int64_t alongRows = 0, alongColumns = 0;
  for (unsigned o = 0; o < numOuts(); ++o) {
    unsigned number = outOf(o);
    alongRows += operands.along(number, rowDim).kind == LaneKind::Unit;
    alongColumns += operands.along(number, columnDim).kind == LaneKind::Unit;
  }
  return alongRows > alongColumns;
}

Value TileEpilogue::place(OpBuilder &at, Value row, Value column) {
  follow(at);
  return place(row, column);
}

Value TileEpilogue::place(Value row, Value column) {
  if (trades())
    column = arith::XOrIOp::create(b, loc, column, mul(rem(div(row, 2), 2), 8));
  return mul(mad(row, stride(), column), 4);
}

/// Columns that a thread takes at a time, each operand in one access.
int64_t TileEpilogue::width() const {
  constexpr int64_t width = 4;
  if (storesAlongRows() || operands.dims()[columnDim] % width)
    return 1;
  for (unsigned input : usedArguments(region))
    if (input < operands.numInputs() &&
        !isRepeated(operands, input, columnDim) &&
        !isContiguous(operands, input, columnDim, width))
      return 1;
  for (unsigned o = 0; o < numOuts(); ++o)
    if (!isContiguous(operands, outOf(o), columnDim, width))
      return 1;
  return width;
}

void TileEpilogue::emit(OpBuilder &builder, const Part &part,
                        const Chunk &chunk, Value worker, int64_t workers) {
  follow(builder);
  // Elements or vectors that a thread works on at a time: their loads overlap.
  constexpr int64_t most = 4;
  int64_t width = this->width();
  int64_t pieces = chunk.rows * columns / width, columnPieces = columns / width;
  int64_t perThread = llvm::divideCeil(pieces, workers);
  int64_t together = std::min(perThread, most);
  while (perThread % together)
    --together;
  bool exact = pieces % workers == 0, alongRows = storesAlongRows();
  SmallVector<unsigned> inputs = usedArguments(region);
  unsigned allFixed = operands.dims().size();
  auto vectorOf = [&](Type type) { return VectorType::get({width}, type); };
  auto at = [&](Value value, int64_t j) -> Value {
    return isa<VectorType>(value.getType())
               ? vector::ExtractOp::create(b, loc, value, ArrayRef<int64_t>{j})
                     .getResult()
               : value;
  };
  struct Work {
    Value valid, sum, row, column;
    SmallVector<Value> arguments;
  };
  auto load = [&](unsigned input, ArrayRef<Value> dims) -> Value {
    RowCursor cursor = operands.row(b, loc, input, dims, allFixed);
    if (width == 1 || !operands.dependsOn(input, columnDim))
      return operands.loadScalar(b, loc, cursor, dims[columnDim]);
    VectorType type = vectorOf(operands.elementType(input));
    Value value = vector::LoadOp::create(
        b, loc, type, operands.buffer(input), ValueRange{cursor.base},
        /*nontemporal=*/false,
        llvm::MaybeAlign(width * type.getElementTypeBitWidth() / 8));
    if (cursor.present)
      value = arith::SelectOp::create(
          b, loc, cursor.present, value,
          arith::ConstantOp::create(b, loc, b.getZeroAttr(type)));
    return value;
  };
  auto store = [&](unsigned out, ArrayRef<Value> dims, ArrayRef<Value> values) {
    RowCursor cursor = operands.row(b, loc, out, dims, allFixed);
    if (width == 1)
      return operands.storeScalar(b, loc, cursor, dims[columnDim],
                                  values.front());
    VectorType type = vectorOf(operands.elementType(out));
    vector::StoreOp::create(
        b, loc, vector::FromElementsOp::create(b, loc, type, values),
        operands.buffer(out), ValueRange{cursor.base}, /*nontemporal=*/false,
        llvm::MaybeAlign(width * type.getElementTypeBitWidth() / 8));
  };
  auto dimsAt = [&](Value row, Value column) {
    SmallVector<Value> dims = part.dims;
    dims[rowDim] = index(row);
    dims[columnDim] = index(column);
    return dims;
  };
  auto body = [&](Value first, ValueRange) {
    SmallVector<Work> work;
    for (int64_t i = 0; i < together; ++i) {
      Work e;
      Value number = mad(add(first, i), workers, worker);
      Value local =
          alongRows ? rem(number, chunk.rows) : div(number, columnPieces);
      Value column =
          alongRows ? div(number, chunk.rows) : rem(number, columnPieces);
      column = mul(column, width);
      if (!exact)
        local = minimum(local, c(chunk.rows - 1));
      Value group = mul(div(local, chunk.group), chunk.groupStep);
      Value row =
          add(mad(rem(local, chunk.group), chunk.step, group), chunk.first);
      e.row = add(part.rowBegin, row);
      e.column = add(part.columnBegin, column);
      e.valid = both(lessThan(e.row, part.rowEnd),
                     lessThan(e.column, part.columnEnd));
      if (!exact)
        e.valid = both(e.valid, lessThan(number, c(pieces)));
      e.row = minimum(e.row, add(part.rowEnd, -1));
      e.column = minimum(e.column, add(part.columnEnd, -width));
      Value place = add(this->place(local, column), offset);
      Type type = b.getF32Type();
      if (width > 1)
        type = vectorOf(type);
      e.sum = memory.load(b, loc, type, place);
      for (int64_t p = 1; p < parts; ++p)
        e.sum = arith::AddFOp::create(
            b, loc, e.sum,
            memory.load(b, loc, type, place, p * chunk.rows * stride() * 4));
      work.push_back(std::move(e));
    }
    for (Work &e : work) {
      e.arguments.assign(region.getNumArguments(), Value());
      e.arguments.back() = e.sum;
      SmallVector<Value> dims = dimsAt(e.row, e.column);
      for (unsigned input : inputs)
        if (input < operands.numInputs())
          e.arguments[input] = load(input, dims);
    }
    for (Work &e : work) {
      SmallVector<SmallVector<Value>> results(numOuts());
      for (int64_t j = 0; j < width; ++j) {
        SmallVector<Value> arguments;
        for (Value argument : e.arguments)
          arguments.push_back(argument ? at(argument, j) : Value());
        Lanes point{dimsAt(e.row, add(e.column, j)), columnDim, 0, {}};
        auto values = inlineRegion(b, region, arguments, point);
        if (mlir::failed(values)) {
          failed = true;
          return SmallVector<Value>();
        }
        for (auto [all, value] : llvm::zip_equal(results, *values))
          all.push_back(value);
      }
      emitIf(b, loc, e.valid, [&] {
        SmallVector<Value> dims = dimsAt(e.row, e.column);
        for (auto [o, values] : llvm::enumerate(results))
          store(outOf(o), dims, values);
      });
    }
    return SmallVector<Value>();
  };
  emitLoop(b, loc, c(0), c(perThread), c(together), {}, body);
}

} // namespace moec::gpu
