//===- LowerContractEpilogue.cpp - From sums to results -------------------===//
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

#include "passes/GPU/GPUContractEmitter.h"

using namespace mlir;

namespace moec::gpu {

/// Whether results are contiguous along m and not along n.
bool GPUContractEmitter::storesAlongM() {
  int64_t alongM = 0, alongN = 0;
  for (unsigned o = 0; o < operands.numOuts(); ++o) {
    unsigned number = operands.numInputs() + o;
    alongM += operands.along(number, mDim).kind == LaneKind::Unit;
    alongN += operands.along(number, nDim).kind == LaneKind::Unit;
  }
  return alongM > alongN;
}

Value GPUContractEmitter::epiloguePlace(Value row, Value column) {
  if (epilogueTrades())
    column = bitXor(column, mul(rem(div(row, 2), 2), 8));
  return mul(mad(row, epilogueStride(), column), 4);
}

/// Columns that a thread takes at a time, each operand in one access.
int64_t GPUContractEmitter::epilogueWidth() {
  constexpr int64_t width = 4;
  if (storesAlongM() || N % width)
    return 1;
  for (unsigned input : usedArguments(op.getEpilogue()))
    if (input < operands.numInputs() && !isRepeated(input, nDim) &&
        !isContiguous(input, nDim, width))
      return 1;
  for (unsigned o = 0; o < operands.numOuts(); ++o)
    if (!isContiguous(operands.numInputs() + o, nDim, width))
      return 1;
  return width;
}

void GPUContractEmitter::emitEpilogue(const BlockRange &range,
                                      const Chunk &chunk) {
  // Elements or vectors that a thread works on at a time: their loads overlap.
  constexpr int64_t most = 4;
  int64_t width = epilogueWidth();
  int64_t pieces = chunk.rows * nTile / width, columns = nTile / width;
  int64_t perThread = llvm::divideCeil(pieces, workers);
  int64_t together = std::min(perThread, most);
  while (perThread % together)
    --together;
  bool exact = pieces % workers == 0, alongM = storesAlongM();
  Region &region = op.getEpilogue();
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
    Value valid, sum, m, n;
    SmallVector<Value> arguments;
  };
  auto load = [&](unsigned input, ArrayRef<Value> dims) -> Value {
    RowCursor cursor = operands.row(b, loc, input, dims, allFixed);
    if (width == 1 || !operands.dependsOn(input, nDim))
      return operands.loadScalar(b, loc, cursor, dims[nDim]);
    VectorType type = vectorOf(operands.elementType(input));
    Value value = vector::LoadOp::create(
        b, loc, type, operands.buffer(input), ValueRange{cursor.base},
        /*nontemporal=*/false,
        llvm::MaybeAlign(width * type.getElementTypeBitWidth() / 8));
    if (cursor.present)
      value =
          arith::SelectOp::create(b, loc, cursor.present, value, zero(type));
    return value;
  };
  auto store = [&](unsigned out, ArrayRef<Value> dims, ArrayRef<Value> values) {
    RowCursor cursor = operands.row(b, loc, out, dims, allFixed);
    if (width == 1)
      return operands.storeScalar(b, loc, cursor, dims[nDim], values.front());
    VectorType type = vectorOf(operands.elementType(out));
    vector::StoreOp::create(
        b, loc, vector::FromElementsOp::create(b, loc, type, values),
        operands.buffer(out), ValueRange{cursor.base}, /*nontemporal=*/false,
        llvm::MaybeAlign(width * type.getElementTypeBitWidth() / 8));
  };
  loop(c(0), c(perThread), together, {}, [&](Value first, ValueRange) {
    SmallVector<Work> work;
    for (int64_t i = 0; i < together; ++i) {
      Work e;
      Value number = mad(add(first, i), workers, worker);
      Value local = alongM ? rem(number, chunk.rows) : div(number, columns);
      Value column = alongM ? div(number, chunk.rows) : rem(number, columns);
      column = mul(column, width);
      if (!exact)
        local = minimum(local, c(chunk.rows - 1));
      e.m = add(range.mBegin, chunk.rowOf(local));
      e.n = add(range.nBegin, column);
      e.valid = both(lessThan(e.m, range.mEnd), lessThan(e.n, range.nEnd));
      if (!exact)
        e.valid = both(e.valid, lessThan(number, c(pieces)));
      e.m = minimum(e.m, add(range.mEnd, -1));
      e.n = minimum(e.n, add(range.nEnd, -width));
      Value place = add(epiloguePlace(local, column), epilogueAt);
      Type type = b.getF32Type();
      if (width > 1)
        type = vectorOf(type);
      e.sum = sharedLoad(type, place);
      for (int64_t p = 1; p < kParts; ++p)
        e.sum = arith::AddFOp::create(
            b, loc, e.sum,
            sharedLoad(type, place, p * chunk.rows * epilogueStride() * 4));
      work.push_back(std::move(e));
    }
    for (Work &e : work) {
      e.arguments.assign(region.getNumArguments(), Value());
      e.arguments.back() = e.sum;
      SmallVector<Value> dims = pointOf(range, e.m, e.n, Value());
      for (unsigned input : inputs)
        if (input < operands.numInputs())
          e.arguments[input] = load(input, dims);
    }
    for (Work &e : work) {
      SmallVector<SmallVector<Value>> results(operands.numOuts());
      for (int64_t j = 0; j < width; ++j) {
        SmallVector<Value> arguments;
        for (Value argument : e.arguments)
          arguments.push_back(argument ? at(argument, j) : Value());
        Lanes point{pointOf(range, e.m, add(e.n, j), Value()), nDim, 0, {}};
        auto values = inlineRegion(b, region, arguments, point);
        if (failed(values)) {
          broken = true;
          return SmallVector<Value>();
        }
        for (auto [all, value] : llvm::zip_equal(results, *values))
          all.push_back(value);
      }
      when(e.valid, [&] {
        SmallVector<Value> dims = pointOf(range, e.m, e.n, Value());
        for (auto [o, values] : llvm::enumerate(results))
          store(operands.numInputs() + o, dims, values);
      });
    }
    return SmallVector<Value>();
  });
}

} // namespace moec::gpu
