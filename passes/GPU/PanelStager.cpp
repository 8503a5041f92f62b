//===- PanelStager.cpp - Operands into shared memory ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Positions past the end of the rows or of the depth read the last element that
// there is, so that no load needs a branch. What that gives in rows is not
// stored by the epilogue; past the end of the depth both operands become 0.
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/PanelStager.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moec::gpu {

bool isRepeated(const KernelOperands &operands, unsigned operand,
                unsigned lane) {
  LaneInfo info = operands.along(operand, lane);
  return !operands.dependsOn(operand, lane) ||
         (info.kind == LaneKind::Chunked && info.stride == 0);
}

bool isContiguous(const KernelOperands &operands, unsigned operand,
                  unsigned lane, int64_t width) {
  LaneInfo info = operands.along(operand, lane);
  if (info.stride != 1)
    return false;
  // A slice of a stack begins where the one before ends.
  if (operands.numElements(operand) % width)
    return false;
  bool rows =
      operands.gather(operand) < 0 || operands.rowStride(operand) % width == 0;
  SmallVector<int64_t> vectors(operands.dims());
  vectors[lane] = llvm::divideCeil(vectors[lane], width);
  MLIRContext *context = operands.address(operand).getContext();
  AffineExpr dim = getAffineDimExpr(lane, context);
  AffineExpr start = kernel::simplifyWithExtents(
      operands.address(operand).replace(dim, dim * width), vectors);
  return rows && start.isMultipleOf(width);
}

bool PanelStager::canVectorize(const Panel &panel, int64_t width) const {
  unsigned lane = panel.lane();
  std::optional<uint64_t> ragged =
      kernel::StructuredKernelOpInterface(op).getRaggedDim();
  if (operands.dims()[lane] % width || ragged == uint64_t(lane))
    return false;
  return llvm::all_of(panel.inputs, [&](unsigned input) {
    return isRepeated(operands, input, lane) ||
           isContiguous(operands, input, lane, width);
  });
}

void PanelStager::plan(Panel &panel) const {
  for (unsigned input : usedArguments(*panel.region))
    if (input < operands.numInputs())
      panel.inputs.push_back(input);
  int64_t elements = panel.rows * panel.depth;
  if (panel.layout == PanelLayout::Steps) {
    // Rows of 4 modulo 8 floats: see pieces().
    panel.stride =
        panel.alongDepth ? llvm::alignTo(panel.rows, 8) + 4 : panel.rows;
    panel.bytes = llvm::alignTo(panel.stride * panel.depth * 4, 128);
  } else {
    bool narrow = true;
    for (unsigned input : panel.inputs)
      narrow &= operands.elementType(input).getIntOrFloatBitWidth() <= 16;
    for (int64_t width : {8, 4, 2}) {
      bool fits = elements % (workers * width) == 0;
      if (panel.width == 1 && fits && (narrow || width <= 4) &&
          canVectorize(panel, width))
        panel.width = width;
    }
    panel.async =
        panel.width == 8 && panel.inputs.size() == 1 &&
        yieldsArgument(*panel.region, panel.inputs.front()) &&
        operands.elementType(panel.inputs.front()).isBF16() &&
        isContiguous(operands, panel.inputs.front(), panel.lane(), panel.width);
    panel.bytes = llvm::alignTo(
        elements * 2, panel.layout == PanelLayout::Blocks ? 1024 : 128);
  }
  panel.pieces = elements / (workers * panel.width);
}

Value PanelStager::zero(Type type) {
  return arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
}

Value PanelStager::globalPointer(OpBuilder &at, unsigned input) {
  follow(at);
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

Value PanelStager::addressOf(const RowCursor &cursor, Value k) {
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
RowCursor PanelStager::cursorAt(const Panel &panel, const Piece &piece,
                                unsigned slot, Value k) {
  const RowCursor &cursor = piece.cursors[slot];
  if (cursor.lane.kind != LaneKind::Irregular &&
      cursor.lane.kind != LaneKind::Chunked)
    return cursor;
  SmallVector<Value> dims = cursor.dims;
  dims[panel.depthDim] = index(k);
  return operands.row(b, loc, panel.inputs[slot], dims, dims.size());
}

Type PanelStager::loadedType(const Panel &panel, unsigned slot) const {
  unsigned input = panel.inputs[slot];
  Type type = operands.elementType(input);
  if (panel.width == 1 || isRepeated(operands, input, panel.lane()))
    return type;
  return VectorType::get({panel.width}, type);
}

Value PanelStager::loadInput(const Panel &panel, const Piece &piece,
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

Value PanelStager::swizzled(OpBuilder &at, const Panel &panel, Value row,
                            Value k) {
  follow(at);
  return place(panel, row, k);
}

Value PanelStager::place(const Panel &panel, Value row, Value k) {
  if (panel.layout == PanelLayout::Blocks && !panel.alongDepth) {
    // Blocks of 64 rows, [block][k][64], as wgmma wants them.
    Value line = mad(div(row, 64), panel.depth, k), in = rem(row, 64);
    Value chunk = arith::XOrIOp::create(b, loc, div(in, 8), rem(k, 8));
    return add(mad(line, 128, mul(chunk, 16)), mul(rem(in, 8), 2));
  }
  int64_t length = panel.alongDepth ? panel.depth : panel.rows,
          chunks = length / 8;
  Value line = panel.alongDepth ? row : k,
        position = panel.alongDepth ? k : row;
  Value chunk = div(position, 8);
  // Eight chunks fill all banks. Where lines are shorter, those that lie in one
  // row of banks keep their places.
  int64_t turns = std::min<int64_t>(chunks & -chunks, 8);
  Value turn = rem(div(line, 8 / turns), turns);
  chunk = arith::XOrIOp::create(b, loc, chunk, turn);
  return add(mad(line, length * 2, mul(chunk, 16)), mul(rem(position, 8), 2));
}

SmallVector<Piece> PanelStager::pieces(OpBuilder &at, const Panel &panel,
                                       const PanelPart &part) {
  follow(at);
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
  SmallVector<Piece> all;
  for (int64_t i = 0; i < panel.pieces; ++i) {
    Piece piece;
    Value row;
    if (panel.layout != PanelLayout::Steps) {
      int64_t length = panel.alongDepth ? panel.depth : panel.rows;
      Value position;
      Value line = split(worker, i * workers, length / panel.width, position);
      position = mul(position, panel.width);
      row = panel.alongDepth ? line : position;
      piece.k = panel.alongDepth ? position : line;
      piece.place = add(place(panel, row, piece.k), panel.offset);
    } else {
      if (panel.alongDepth) {
        // A warp takes 8 elements of 4 rows: whole sectors in memory, and with
        // a stride of 4 modulo 8 all banks of shared memory.
        Value lane = rem(worker, 32), rest;
        row = split(div(worker, 32), i * workers / 32, panel.depth / 8, rest);
        row = mad(row, 4, div(lane, 8));
        piece.k = mad(rest, 8, rem(lane, 8));
      } else {
        piece.k = split(worker, i * workers, panel.rows, row);
      }
      piece.place = add(mul(mad(piece.k, panel.stride, row), 4), panel.offset);
    }
    piece.row = add(part.rowBegin, row);
    if (part.cutsRows)
      piece.row = minimum(
          piece.row, add(part.rowEnd, panel.alongDepth ? -1 : -panel.width));
    SmallVector<Value> dims = part.dims;
    dims[panel.rowDim] = index(piece.row);
    for (auto [slot, input] : llvm::enumerate(panel.inputs)) {
      piece.cursors.push_back(
          operands.row(b, loc, input, dims, panel.depthDim));
      piece.fixed.push_back(operands.dependsOn(input, panel.depthDim)
                                ? Value()
                                : loadInput(panel, piece, slot, Value()));
    }
    all.push_back(std::move(piece));
  }
  return all;
}

/// Null where the depth never ends inside of a tile.
Value PanelStager::insideDepth(const PanelPart &part, Value k) {
  return part.cutsDepth ? lessThan(k, part.depthEnd) : Value();
}

Value PanelStager::clampedDepth(const Panel &panel, const PanelPart &part,
                                Value k) {
  if (!part.cutsDepth)
    return k;
  Value last = add(part.depthEnd, panel.alongDepth ? -panel.width : -1);
  return minimum(k, part.mayBeEmpty ? maximum(last, c(0)) : last);
}

SmallVector<Value> PanelStager::load(OpBuilder &at, const Panel &panel,
                                     const PanelPart &part,
                                     ArrayRef<Piece> pieces, Value kBegin) {
  follow(at);
  SmallVector<Value> values;
  for (const Piece &piece : pieces) {
    Value k = clampedDepth(panel, part, add(kBegin, piece.k));
    for (unsigned slot = 0; slot < panel.inputs.size(); ++slot)
      if (!piece.fixed[slot])
        values.push_back(loadInput(panel, piece, slot, k));
  }
  return values;
}

void PanelStager::store(OpBuilder &at, const Panel &panel,
                        const PanelPart &part, ArrayRef<Piece> pieces,
                        Value kBegin, ValueRange loaded, Value stage) {
  follow(at);
  bool usesIndex = false;
  panel.region->walk([&](kernel::IndexOp) { usesIndex = true; });
  Type elementType = this->elementType(panel);
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
      Lanes point{part.dims, panel.depthDim, 0, {}};
      if (usesIndex) {
        point.values[panel.rowDim] =
            index(add(piece.row, panel.alongDepth ? 0 : j));
        point.values[panel.depthDim] =
            index(add(clampedDepth(panel, part, k), panel.alongDepth ? j : 0));
      }
      auto values = inlineRegion(b, *panel.region, arguments, point);
      if (mlir::failed(values)) {
        failed = true;
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
    if (Value inside = insideDepth(part, k))
      value =
          arith::SelectOp::create(b, loc, inside, value, zero(value.getType()));
    memory.store(b, loc, value, add(stage, piece.place));
  }
}

void PanelStager::copyAsync(OpBuilder &at, const Panel &panel,
                            const PanelPart &part, ArrayRef<Piece> pieces,
                            Value kBegin, Value stage) {
  follow(at);
  for (const Piece &piece : pieces) {
    Value k = add(kBegin, piece.k);
    Value safe = clampedDepth(panel, part, k);
    RowCursor cursor = cursorAt(panel, piece, 0, safe);
    Value address = arith::IndexCastUIOp::create(b, loc, b.getI32Type(),
                                                 addressOf(cursor, safe));
    Value from =
        LLVM::GEPOp::create(b, loc, panel.pointer.getType(), elementType(panel),
                            panel.pointer, ArrayRef<LLVM::GEPArg>{address});
    // What is not there is written as 0 and not read.
    Value there = insideDepth(part, k);
    if (cursor.present)
      there = there ? both(there, cursor.present) : cursor.present;
    Value bytes;
    if (there)
      bytes = arith::SelectOp::create(b, loc, there, c(16), c(0));
    NVVM::CpAsyncOp::create(b, loc, memory.at(b, loc, add(stage, piece.place)),
                            from, 16, NVVM::LoadCacheModifierKind::CG, bytes);
  }
}

} // namespace moec::gpu
