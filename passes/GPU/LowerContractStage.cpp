//===- LowerContractStage.cpp - Operands into shared memory ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Positions past the end of the rows or of k read the last element that there
// is, so that no load needs a branch. What that gives in rows is not stored by
// the epilogue; past the end of k both operands become 0.
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/GPUContractEmitter.h"

using namespace mlir;

namespace moec::gpu {

Value GPUContractEmitter::globalPointer(unsigned input) {
  // The descriptor that moec-gpu-to-nvvm makes of the flat buffer: index is i32
  // there, so only a pointer holds a whole address.
  Type i32 = b.getI32Type();
  auto array = LLVM::LLVMArrayType::get(i32, 1);
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  auto descriptor = LLVM::LLVMStructType::getLiteral(
      b.getContext(), {pointer, pointer, i32, array, array});
  Value cast = UnrealizedConversionCastOp::create(b, loc, descriptor,
                                                  operands.buffer(input))
                   .getResult(0);
  Value generic = LLVM::ExtractValueOp::create(b, loc, cast, 1);
  return LLVM::AddrSpaceCastOp::create(
      b, loc, LLVM::LLVMPointerType::get(b.getContext(), 1), generic);
}

Value GPUContractEmitter::addressOf(const RowCursor &cursor, Value k) {
  if (cursor.lane.kind == LaneKind::Invariant)
    return cursor.base;
  Value position = index(k);
  if (cursor.lane.kind == LaneKind::Strided)
    position = arith::MulIOp::create(b, loc, position,
                                     indexConstant(b, loc, cursor.lane.stride));
  return arith::AddIOp::create(b, loc, cursor.base, position);
}

/// The cursor with its address as far as it is known without k; one that
/// depends on k in an irregular way is made anew for every tile.
RowCursor GPUContractEmitter::cursorAt(const Panel &panel, const Piece &piece,
                                       unsigned slot, Value k) {
  const RowCursor &cursor = piece.cursors[slot];
  if (cursor.lane.kind != LaneKind::Irregular &&
      cursor.lane.kind != LaneKind::Chunked)
    return cursor;
  SmallVector<Value> dims = cursor.dims;
  dims[kDim] = index(k);
  return operands.row(b, loc, panel.inputs[slot], dims, dims.size());
}

/// A vector if the piece has several elements that differ for this input.
Type GPUContractEmitter::loadedType(const Panel &panel, unsigned slot) {
  unsigned input = panel.inputs[slot];
  unsigned lane = panel.alongK ? kDim : panel.rowDim;
  Type type = operands.elementType(input);
  if (panel.width == 1 || isRepeated(input, lane))
    return type;
  return VectorType::get({panel.width}, type);
}

Value GPUContractEmitter::loadInput(const Panel &panel, const Piece &piece,
                                    unsigned slot, Value k) {
  unsigned input = panel.inputs[slot];
  RowCursor cursor = cursorAt(panel, piece, slot, k);
  Value address = addressOf(cursor, k), value;
  Value buffer = operands.buffer(input);
  Type type = loadedType(panel, slot);
  if (auto vector = dyn_cast<VectorType>(type))
    value = vector::LoadOp::create(
        b, loc, vector, buffer, ValueRange{address}, /*nontemporal=*/false,
        llvm::MaybeAlign(panel.width * vector.getElementTypeBitWidth() / 8));
  else
    value = memref::LoadOp::create(b, loc, buffer, address);
  if (cursor.present)
    value = arith::SelectOp::create(b, loc, cursor.present, value,
                                    zero(value.getType()));
  return value;
}

Value GPUContractEmitter::swizzled(const Panel &panel, Value row, Value k) {
  if (warpgroups && !panel.alongK) {
    // Blocks of 64 rows, [block][k][64], as wgmma wants them.
    Value line = mad(div(row, 64), kTile, k), in = rem(row, 64);
    Value chunk = bitXor(div(in, 8), rem(k, 8));
    return add(mad(line, 128, mul(chunk, 16)), mul(rem(in, 8), 2));
  }
  int64_t length = panel.alongK ? kTile : panel.rows, chunks = length / 8;
  Value line = panel.alongK ? row : k, position = panel.alongK ? k : row;
  Value chunk = div(position, 8);
  // Eight chunks fill all banks. Where lines are shorter, those that lie in one
  // row of banks keep their places.
  int64_t turns = std::min<int64_t>(chunks & -chunks, 8);
  Value turn = rem(div(line, 8 / turns), turns);
  chunk = bitXor(chunk, turn);
  return add(mad(line, length * 2, mul(chunk, 16)), mul(rem(position, 8), 2));
}

SmallVector<Piece> GPUContractEmitter::pieces(const Panel &panel,
                                              const BlockRange &range) {
  // tid + more, divided by `by`, in a form of which the constant part is plain.
  auto split = [&](Value value, int64_t more, int64_t by, Value &rest) {
    if (more % by == 0) {
      rest = rem(value, by);
      return add(div(value, by), more / by);
    }
    value = add(value, more);
    rest = rem(value, by);
    return div(value, by);
  };
  bool isLeft = panel.rowDim == mDim;
  Value begin = isLeft ? range.mBegin : range.nBegin;
  Value end = isLeft ? range.mEnd : range.nEnd;
  bool whole = isLeft ? !raggedM && M % mTile == 0 : N % nTile == 0;
  SmallVector<Piece> all;
  for (int64_t i = 0; i < panel.pieces; ++i) {
    Piece piece;
    Value row;
    if (tensorCores) {
      int64_t length = panel.alongK ? kTile : panel.rows;
      Value position;
      Value line = split(worker, i * workers, length / panel.width, position);
      position = mul(position, panel.width);
      row = panel.alongK ? line : position;
      piece.k = panel.alongK ? position : line;
      piece.place = add(swizzled(panel, row, piece.k), panel.offset);
    } else {
      if (panel.alongK) {
        // A warp takes 8 elements of 4 rows: whole sectors in memory, and with
        // a stride of 4 modulo 8 all banks of shared memory.
        Value lane = rem(tid, 32), rest;
        row = split(div(tid, 32), i * threads / 32, kTile / 8, rest);
        row = mad(row, 4, div(lane, 8));
        piece.k = mad(rest, 8, rem(lane, 8));
      } else {
        piece.k = split(tid, i * threads, panel.rows, row);
      }
      piece.place = add(mul(mad(piece.k, panel.stride, row), 4), panel.offset);
    }
    piece.row = add(begin, row);
    if (!whole)
      piece.row =
          minimum(piece.row, add(end, panel.alongK ? -1 : -panel.width));
    SmallVector<Value> dims = pointOf(range, isLeft ? piece.row : Value(),
                                      isLeft ? Value() : piece.row, Value());
    for (auto [slot, input] : llvm::enumerate(panel.inputs)) {
      piece.cursors.push_back(operands.row(b, loc, input, dims, kDim));
      piece.fixed.push_back(operands.dependsOn(input, kDim)
                                ? Value()
                                : loadInput(panel, piece, slot, Value()));
    }
    all.push_back(std::move(piece));
  }
  return all;
}

/// Null where k never ends inside of a tile.
Value GPUContractEmitter::insideK(const BlockRange &range, Value k) {
  return raggedK || K % kTile ? lessThan(k, range.kEnd) : Value();
}

Value GPUContractEmitter::clampedK(const Panel &panel, const BlockRange &range,
                                   Value k) {
  if (!raggedK && K % kTile == 0)
    return k;
  Value last = add(range.kEnd, panel.alongK ? -panel.width : -1);
  return minimum(k, raggedK ? maximum(last, c(0)) : last);
}

SmallVector<Value> GPUContractEmitter::load(const Panel &panel,
                                            const BlockRange &range,
                                            ArrayRef<Piece> pieces,
                                            Value kBegin) {
  SmallVector<Value> values;
  for (const Piece &piece : pieces) {
    Value k = clampedK(panel, range, add(kBegin, piece.k));
    for (unsigned slot = 0; slot < panel.inputs.size(); ++slot)
      if (!piece.fixed[slot])
        values.push_back(loadInput(panel, piece, slot, k));
  }
  return values;
}

void GPUContractEmitter::store(const Panel &panel, const BlockRange &range,
                               ArrayRef<Piece> pieces, Value kBegin,
                               ValueRange loaded, Value stage) {
  bool usesIndex = false;
  panel.region->walk([&](kernel::IndexOp) { usesIndex = true; });
  bool isLeft = panel.rowDim == mDim;
  auto next = loaded.begin();
  for (const Piece &piece : pieces) {
    Value k = add(kBegin, piece.k);
    SmallVector<Value> inputs;
    for (Value fixed : piece.fixed)
      inputs.push_back(fixed ? fixed : *next++);
    SmallVector<Value> elements;
    for (int64_t j = 0; j < panel.width; ++j) {
      SmallVector<Value> arguments(operands.numInputs());
      for (auto [slot, input] : llvm::enumerate(panel.inputs)) {
        Value value = inputs[slot];
        if (isa<VectorType>(value.getType()))
          value =
              vector::ExtractOp::create(b, loc, value, ArrayRef<int64_t>{j});
        arguments[input] = value;
      }
      Lanes point{range.group, kDim, 0, {}};
      point.values.append(3, Value());
      if (usesIndex) {
        point.values[isLeft ? mDim : nDim] =
            index(add(piece.row, panel.alongK ? 0 : j));
        point.values[kDim] =
            index(add(clampedK(panel, range, k), panel.alongK ? j : 0));
      }
      auto values = inlineRegion(b, *panel.region, arguments, point);
      if (failed(values)) {
        broken = true;
        return;
      }
      Value value = values->front();
      if (value.getType() != elementType)
        value = arith::ExtFOp::create(b, loc, elementType, value);
      elements.push_back(value);
    }
    Value value = elements.front();
    if (panel.width > 1)
      value = vector::FromElementsOp::create(
          b, loc, VectorType::get({panel.width}, elementType), elements);
    if (Value inside = insideK(range, k))
      value =
          arith::SelectOp::create(b, loc, inside, value, zero(value.getType()));
    sharedStore(value, add(stage, piece.place));
  }
}

void GPUContractEmitter::copyAsync(const Panel &panel, const BlockRange &range,
                                   ArrayRef<Piece> pieces, Value kBegin,
                                   Value stage) {
  for (const Piece &piece : pieces) {
    Value k = add(kBegin, piece.k);
    Value safe = clampedK(panel, range, k);
    RowCursor cursor = cursorAt(panel, piece, 0, safe);
    Value address = arith::IndexCastUIOp::create(b, loc, b.getI32Type(),
                                                 addressOf(cursor, safe));
    Value from =
        LLVM::GEPOp::create(b, loc, panel.pointer.getType(), elementType,
                            panel.pointer, ArrayRef<LLVM::GEPArg>{address});
    // What is not there is written as 0 and not read.
    Value there = insideK(range, k);
    if (cursor.present)
      there = there ? both(there, cursor.present) : cursor.present;
    Value bytes;
    if (there)
      bytes = arith::SelectOp::create(b, loc, there, c(16), c(0));
    NVVM::CpAsyncOp::create(b, loc, sharedAt(add(stage, piece.place)), from, 16,
                            NVVM::LoadCacheModifierKind::CG, bytes);
  }
}

} // namespace moec::gpu
