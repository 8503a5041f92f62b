//===- OperandAccess.cpp - Loads and stores of kernel operands ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Codegen/OperandAccess.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <limits>

using namespace mlir;

namespace moec::codegen {

Value indexConstant(OpBuilder &b, Location loc, int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

Value laneMask(OpBuilder &b, Location loc, Value active, int64_t count) {
  return vector::CreateMaskOp::create(
      b, loc, VectorType::get({count}, b.getI1Type()), ValueRange{active});
}

Value toVector(OpBuilder &b, Location loc, Value value, int64_t count) {
  if (isa<VectorType>(value.getType()))
    return value;
  return vector::BroadcastOp::create(
      b, loc, VectorType::get({count}, value.getType()), value);
}

static Value zero(OpBuilder &b, Location loc, Type type) {
  return arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
}

FailureOr<KernelOperands>
KernelOperands::create(OpBuilder &b, kernel::StructuredKernelOpInterface op) {
  KernelOperands result;
  Location loc = op.getLoc();
  result.extents = llvm::to_vector(op.getDims());
  result.inputs = op.getInputs().size();
  SmallVector<Value> values = llvm::to_vector(op.getInputs());
  llvm::append_range(values, op.getOuts());
  for (auto [number, value] : llvm::enumerate(values)) {
    auto type = dyn_cast<MemRefType>(value.getType());
    if (!type || !type.hasStaticShape() || !type.getLayout().isIdentity())
      return op->emitOpError("operand #")
             << number << " must be a memref of static shape and identity "
             << "layout, got " << value.getType()
             << "; run the Memory phase first";
    Operand operand;
    AffineMap map = op.getInputMap(number);
    assert(map.getNumResults() == type.getRank() && "the verifier sees to it");
    operand.address = linearizeAccess(map, type.getShape(), result.extents);
    if (number < result.inputs)
      operand.gather = op.getGather(number);
    operand.rowStride = 1;
    for (int64_t extent : type.getShape().drop_front(type.getRank() ? 1 : 0))
      operand.rowStride *= extent;
    operand.buffer = value;
    if (type.getRank() != 1) {
      auto flat =
          MemRefType::get({type.getNumElements()}, type.getElementType());
      operand.buffer = memref::ReinterpretCastOp::create(
          b, loc, flat, value, /*offset=*/0,
          ArrayRef<int64_t>{type.getNumElements()}, ArrayRef<int64_t>{1});
    }
    result.operands.push_back(operand);
    if (op.getOffsets() && *op.getOffsets() == number) {
      result.offsets = number;
      result.numOffsets = result.extents[0] + 1;
      // The verifier allows no other dimension.
      result.offsetAddress =
          linearizeAccess(map, type.getShape(), result.numOffsets);
    }
  }
  return result;
}

void KernelOperands::setSpace(ArrayRef<int64_t> newExtents,
                              ArrayRef<AffineExpr> addresses) {
  extents.assign(newExtents.begin(), newExtents.end());
  for (auto [operand, address] : llvm::zip_equal(operands, addresses))
    operand.address = address;
}

Type KernelOperands::elementType(unsigned operand) const {
  return cast<MemRefType>(operands[operand].buffer.getType()).getElementType();
}

int64_t KernelOperands::numElements(unsigned operand) const {
  return cast<MemRefType>(operands[operand].buffer.getType()).getDimSize(0);
}

Value KernelOperands::groupOffset(OpBuilder &b, Location loc,
                                  Value group) const {
  assert(offsetAddress && "the op has no ragged dimension");
  Value at =
      expandExpr(b, loc, offsetAddress, group, numOffsets, b.getIndexType());
  return memref::LoadOp::create(b, loc, operands[offsets].buffer, at);
}

bool KernelOperands::dependsOn(unsigned number, unsigned dim) const {
  const Operand &operand = operands[number];
  return operand.address.isFunctionOfDim(dim) ||
         (operand.gather >= 0 && dependsOn(operand.gather, dim));
}

LaneInfo KernelOperands::along(unsigned number, unsigned dim) const {
  const Operand &operand = operands[number];
  if (operand.gather >= 0 && dependsOn(operand.gather, dim))
    return {LaneKind::Irregular, 0};
  return analyzeLane(operand.address, dim, dim == alignedDim ? alignment : 1);
}

int64_t KernelOperands::numApart(Region &region, unsigned dim) const {
  int64_t elements = 0;
  for (unsigned input : usedArguments(region)) {
    if (input >= numInputs())
      continue;
    LaneKind kind = along(input, dim).kind;
    if (kind == LaneKind::Strided || kind == LaneKind::Irregular)
      elements += numElements(input);
  }
  return elements;
}

RowCursor KernelOperands::row(OpBuilder &b, Location loc, unsigned number,
                              ValueRange dims, unsigned laneDim) const {
  const Operand &operand = operands[number];
  RowCursor cursor{number, laneDim, along(number, laneDim),
                   {},     {},      llvm::to_vector(dims)};
  if (cursor.lane.kind == LaneKind::Irregular ||
      cursor.lane.kind == LaneKind::Chunked)
    return cursor;
  AffineExpr start = kernel::simplifyWithExtents(
      operand.address.replace(b.getAffineDimExpr(laneDim),
                              b.getAffineConstantExpr(0)),
      extents);
  cursor.base = expandExpr(b, loc, start, dims, extents, b.getIndexType());
  if (operand.gather < 0)
    return cursor;
  RowCursor numbers = row(b, loc, operand.gather, dims, laneDim);
  Value row32 = loadScalar(b, loc, numbers, indexConstant(b, loc, 0));
  Value none = zero(b, loc, row32.getType());
  cursor.present =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, row32, none);
  // An absent row reads row 0 instead, which always exists.
  Value safe = arith::MaxSIOp::create(b, loc, row32, none);
  Value index = arith::IndexCastOp::create(b, loc, b.getIndexType(), safe);
  Value offset = arith::MulIOp::create(
      b, loc, index, indexConstant(b, loc, operand.rowStride));
  cursor.base = arith::AddIOp::create(b, loc, cursor.base, offset);
  return cursor;
}

static Value lanePosition(OpBuilder &b, Location loc, const RowCursor &row,
                          Value position) {
  switch (row.lane.kind) {
  case LaneKind::Invariant:
    return row.base;
  case LaneKind::Unit:
    return arith::AddIOp::create(b, loc, row.base, position);
  default:
    return arith::AddIOp::create(
        b, loc, row.base,
        arith::MulIOp::create(b, loc, position,
                              indexConstant(b, loc, row.lane.stride)));
  }
}

/// The row with its lane fixed too: along a dimension that the address does not
/// use (one past the last) nothing varies.
RowCursor KernelOperands::pointOf(OpBuilder &b, Location loc,
                                  const RowCursor &cursor,
                                  Value position) const {
  SmallVector<Value> dims = cursor.dims;
  dims[cursor.laneDim] = position;
  return row(b, loc, cursor.operand, dims, extents.size());
}

Value KernelOperands::loadScalar(OpBuilder &b, Location loc,
                                 const RowCursor &cursor,
                                 Value position) const {
  const Operand &operand = operands[cursor.operand];
  if (cursor.lane.kind == LaneKind::Irregular ||
      cursor.lane.kind == LaneKind::Chunked)
    return loadScalar(b, loc, pointOf(b, loc, cursor, position), position);
  Value address = lanePosition(b, loc, cursor, position);
  Value value = memref::LoadOp::create(b, loc, operand.buffer, address);
  if (cursor.present)
    value = arith::SelectOp::create(b, loc, cursor.present, value,
                                    zero(b, loc, value.getType()));
  return value;
}

/// Element offsets of all lanes, i64 where the operand has more elements than
/// an i32 counts, and the mask narrowed by gathered rows that do not exist.
Value KernelOperands::laneOffsets(OpBuilder &b, Location loc,
                                  const RowCursor &cursor, const Lanes &lanes,
                                  Value &mask) const {
  const Operand &operand = operands[cursor.operand];
  bool isWide =
      numElements(cursor.operand) > std::numeric_limits<int32_t>::max();
  IntegerType element = isWide ? b.getI64Type() : b.getI32Type();
  auto type = VectorType::get({lanes.count}, element);
  auto constant = [&](int64_t value) -> Value {
    auto attr = DenseElementsAttr::get(
        type, Attribute(b.getIntegerAttr(element, value)));
    return arith::ConstantOp::create(b, loc, attr);
  };
  auto splat = [&](Value index) {
    Value number = arith::IndexCastOp::create(b, loc, element, index);
    return toVector(b, loc, number, lanes.count);
  };
  SmallVector<Attribute> steps;
  for (int64_t i = 0; i < lanes.count; ++i)
    steps.push_back(b.getIntegerAttr(element, i));
  Value step =
      arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, steps));
  Value position =
      arith::AddIOp::create(b, loc, splat(lanes.values[cursor.laneDim]), step);
  if (cursor.lane.kind != LaneKind::Irregular) {
    return arith::AddIOp::create(
        b, loc, splat(cursor.base),
        arith::MulIOp::create(b, loc, position, constant(cursor.lane.stride)));
  }
  SmallVector<Value> dims(extents.size());
  for (unsigned d = 0; d < extents.size(); ++d)
    if (operand.address.isFunctionOfDim(d))
      dims[d] = d == cursor.laneDim ? position : splat(cursor.dims[d]);
  Value offset = expandExpr(b, loc, operand.address, dims, extents, type);
  if (operand.gather < 0)
    return offset;
  RowCursor numbers = row(b, loc, operand.gather, cursor.dims, cursor.laneDim);
  Value rows =
      toVector(b, loc, loadVector(b, loc, numbers, lanes), lanes.count);
  Value present = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, rows,
                                        zero(b, loc, rows.getType()));
  mask =
      mask ? arith::AndIOp::create(b, loc, mask, present).getResult() : present;
  if (isWide)
    rows = arith::ExtSIOp::create(b, loc, type, rows);
  return arith::AddIOp::create(
      b, loc, offset,
      arith::MulIOp::create(b, loc, rows, constant(operand.rowStride)));
}

Value KernelOperands::loadVector(OpBuilder &b, Location loc,
                                 const RowCursor &cursor,
                                 const Lanes &lanes) const {
  const Operand &operand = operands[cursor.operand];
  Value position = lanes.values[cursor.laneDim];
  if (cursor.lane.kind == LaneKind::Invariant ||
      (cursor.lane.kind == LaneKind::Chunked && cursor.lane.stride == 0))
    return loadScalar(b, loc, cursor, position);
  if (cursor.lane.kind == LaneKind::Chunked) {
    // The chunk as a row of its own, which the vector reads from its start.
    RowCursor chunk = pointOf(b, loc, cursor, position);
    chunk.lane = {LaneKind::Unit, 1};
    chunk.laneDim = cursor.laneDim;
    Lanes inChunk = lanes;
    inChunk.values[chunk.laneDim] = indexConstant(b, loc, 0);
    return loadVector(b, loc, chunk, inChunk);
  }
  auto type = VectorType::get({lanes.count}, elementType(cursor.operand));
  Value mask = lanes.mask, value;
  if (cursor.lane.kind == LaneKind::Unit) {
    Value address = lanePosition(b, loc, cursor, position);
    value =
        mask ? vector::MaskedLoadOp::create(b, loc, type, operand.buffer,
                                            address, mask, zero(b, loc, type))
                   .getResult()
             : vector::LoadOp::create(b, loc, type, operand.buffer, address)
                   .getResult();
  } else {
    Value offsets = laneOffsets(b, loc, cursor, lanes, mask);
    if (!mask)
      mask = arith::ConstantOp::create(
          b, loc,
          DenseElementsAttr::get(VectorType::get({lanes.count}, b.getI1Type()),
                                 true));
    value = vector::GatherOp::create(b, loc, type, operand.buffer,
                                     ValueRange{indexConstant(b, loc, 0)},
                                     offsets, mask, zero(b, loc, type));
  }
  if (cursor.present)
    value = arith::SelectOp::create(b, loc, cursor.present, value,
                                    zero(b, loc, type));
  return value;
}

Value KernelOperands::load(OpBuilder &b, Location loc, const RowCursor &cursor,
                           const Lanes &lanes) const {
  return lanes.count ? loadVector(b, loc, cursor, lanes)
                     : loadScalar(b, loc, cursor, lanes.values[cursor.laneDim]);
}

void KernelOperands::storeScalar(OpBuilder &b, Location loc,
                                 const RowCursor &cursor, Value position,
                                 Value value) const {
  if (cursor.lane.kind == LaneKind::Irregular) {
    SmallVector<Value> dims = cursor.dims;
    dims[cursor.laneDim] = position;
    RowCursor point = row(b, loc, cursor.operand, dims, extents.size());
    return storeScalar(b, loc, point, position, value);
  }
  memref::StoreOp::create(b, loc, value, operands[cursor.operand].buffer,
                          lanePosition(b, loc, cursor, position));
}

void KernelOperands::storeVector(OpBuilder &b, Location loc,
                                 const RowCursor &cursor, const Lanes &lanes,
                                 Value value) const {
  Value buffer = operands[cursor.operand].buffer;
  Value position = lanes.values[cursor.laneDim];
  if (cursor.lane.kind == LaneKind::Invariant) {
    // Out maps are injective, so the lane dimension has one element.
    if (isa<VectorType>(value.getType()))
      value = vector::ExtractOp::create(b, loc, value, ArrayRef<int64_t>{0});
    return storeScalar(b, loc, cursor, position, value);
  }
  value = toVector(b, loc, value, lanes.count);
  Value mask = lanes.mask;
  if (cursor.lane.kind == LaneKind::Unit) {
    Value address = lanePosition(b, loc, cursor, position);
    if (mask)
      vector::MaskedStoreOp::create(b, loc, buffer, address, mask, value);
    else
      vector::StoreOp::create(b, loc, value, buffer, address);
    return;
  }
  Value offsets = laneOffsets(b, loc, cursor, lanes, mask);
  if (!mask)
    mask = arith::ConstantOp::create(
        b, loc,
        DenseElementsAttr::get(VectorType::get({lanes.count}, b.getI1Type()),
                               true));
  vector::ScatterOp::create(b, loc, /*resultType=*/Type(), buffer,
                            ValueRange{indexConstant(b, loc, 0)}, offsets, mask,
                            value);
}

SmallVector<unsigned> usedArguments(Region &region) {
  SmallVector<unsigned> used;
  for (BlockArgument argument : region.getArguments())
    if (!argument.use_empty())
      used.push_back(argument.getArgNumber());
  return used;
}

bool yieldsArgument(Region &region, unsigned number) {
  Operation *end = region.front().getTerminator();
  return end->getNumOperands() == 1 &&
         end->getOperand(0) == region.getArgument(number);
}

/// What `kernel.index` of `expr`, a function of the dimensions of `lanes`,
/// gives: an i32, or a vector of them where it varies along the lanes.
static Value emitPosition(OpBuilder &b, Location loc, AffineExpr expr,
                          ArrayRef<int64_t> extents, const Lanes &lanes) {
  // Sums and products may wrap. What is divided may not: loops that joined run
  // further than an i32 counts.
  bool isWide = false;
  expr.walk([&](AffineExpr part) {
    auto bin = dyn_cast<AffineBinaryOpExpr>(part);
    if (bin && bin.getKind() != AffineExprKind::Add &&
        bin.getKind() != AffineExprKind::Mul)
      isWide |= kernel::rangeOf(bin.getLHS(), extents).high >
                std::numeric_limits<int32_t>::max();
  });
  Type i32 = b.getI32Type(), type = isWide ? Type(b.getI64Type()) : i32;
  bool varies = lanes.count && lanes.laneDim < extents.size() &&
                lanes.values[lanes.laneDim] &&
                expr.isFunctionOfDim(lanes.laneDim);
  auto vectorOf = [&](Type element) {
    return VectorType::get({lanes.count}, element);
  };
  auto steps = [&](int64_t step) {
    SmallVector<Attribute> all;
    unsigned width = type.getIntOrFloatBitWidth();
    for (int64_t lane = 0; lane < lanes.count; ++lane)
      all.push_back(b.getIntegerAttr(
          type, APInt(64, lane * step, /*isSigned=*/true).trunc(width)));
    return arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(vectorOf(type), all));
  };
  // One that advances evenly is that of the first lane and a constant vector.
  std::optional<int64_t> slope =
      varies ? kernel::getSlope(expr, lanes.laneDim) : std::nullopt;
  bool asVector = varies && !slope;
  SmallVector<Value> at(lanes.values.size());
  for (unsigned d = 0; d < at.size(); ++d) {
    if (!expr.isFunctionOfDim(d))
      continue;
    at[d] = arith::IndexCastOp::create(b, loc, type, lanes.values[d]);
    if (!asVector)
      continue;
    at[d] = toVector(b, loc, at[d], lanes.count);
    if (d == lanes.laneDim)
      at[d] = arith::AddIOp::create(b, loc, at[d], steps(1));
  }
  Value result = expandExpr(b, loc, expr, at, extents,
                            asVector ? Type(vectorOf(type)) : type);
  if (slope)
    result = arith::AddIOp::create(
        b, loc, toVector(b, loc, result, lanes.count), steps(*slope));
  if (isWide)
    result = arith::TruncIOp::create(b, loc, varies ? Type(vectorOf(i32)) : i32,
                                     result);
  return result;
}

FailureOr<SmallVector<Value>> inlineRegion(OpBuilder &b, Region &region,
                                           ValueRange arguments,
                                           const Lanes &lanes,
                                           const LoopSpace *space) {
  IRMapping mapping;
  for (auto [argument, value] :
       llvm::zip_equal(region.getArguments(), arguments))
    if (value)
      mapping.map(argument, value);
  for (Operation &op : region.front().without_terminator()) {
    if (auto index = dyn_cast<kernel::IndexOp>(op)) {
      AffineExpr expr = index.getExpr();
      ArrayRef<int64_t> extents;
      if (space) {
        extents = space->extents;
        expr =
            kernel::simplifyWithExtents(expr.replaceDims(space->dims), extents);
      } else {
        extents =
            cast<kernel::StructuredKernelOpInterface>(region.getParentOp())
                .getDims();
      }
      mapping.map(index.getResult(),
                  emitPosition(b, op.getLoc(), expr, extents, lanes));
      continue;
    }
    if (isa<arith::ConstantOp>(op)) {
      b.clone(op, mapping);
      continue;
    }
    if (!OpTrait::hasElementwiseMappableTraits(&op))
      return op.emitOpError(
          "cannot stand in a region of a kernel op: it is not "
          "element-wise");
    bool varies = llvm::any_of(op.getOperands(), [&](Value v) {
      return isa<VectorType>(mapping.lookupOrDefault(v).getType());
    });
    if (!varies) {
      b.clone(op, mapping);
      continue;
    }
    SmallVector<Value> operands;
    for (Value v : op.getOperands())
      operands.push_back(
          toVector(b, op.getLoc(), mapping.lookupOrDefault(v), lanes.count));
    SmallVector<Type> types;
    for (Type type : op.getResultTypes())
      types.push_back(VectorType::get({lanes.count}, type));
    OperationState state(op.getLoc(), op.getName().getStringRef(), operands,
                         types, op.getAttrs());
    Operation *vectorOp = b.create(state);
    mapping.map(op.getResults(), vectorOp->getResults());
  }
  SmallVector<Value> results;
  for (Value v : region.front().getTerminator()->getOperands())
    results.push_back(mapping.lookupOrDefault(v));
  return results;
}

} // namespace moec::codegen
