//===- BlockCode.cpp - What code of a block says often --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/BlockCode.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace moec;
using namespace moec::gpu;
using arith::CmpIPredicate;

BlockCode::BlockCode(ImplicitLocOpBuilder &b, int64_t threads)
    : b(b), thread(threadId(b, b.getLoc())), threads(threads) {
  warp = arith::DivUIOp::create(b, thread, index(warpSize));
  lane = arith::RemUIOp::create(b, thread, index(warpSize));
}

Value BlockCode::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}
Value BlockCode::i32(int64_t value) {
  return arith::ConstantOp::create(b, b.getI32IntegerAttr(value));
}
Value BlockCode::toIndex(Value value) {
  return arith::IndexCastOp::create(b, b.getIndexType(), value);
}
Value BlockCode::toI32(Value value) {
  return arith::IndexCastOp::create(b, b.getI32Type(), value);
}
Value BlockCode::load(Value buffer, Value at) {
  return memref::LoadOp::create(b, buffer, at);
}
void BlockCode::store(Value value, Value buffer, Value at) {
  memref::StoreOp::create(b, value, buffer, at);
}
Value BlockCode::compare(CmpIPredicate how, Value l, Value r) {
  return arith::CmpIOp::create(b, how, l, r);
}
Value BlockCode::select(Value condition, Value yes, Value no) {
  return arith::SelectOp::create(b, condition, yes, no);
}
void BlockCode::syncWarp() { NVVM::SyncWarpOp::create(b, i32(-1)); }

Value BlockCode::lanesBefore(Value mask) {
  Value below = NVVM::LaneMaskLtOp::create(b, b.getI32Type());
  return countBits(arith::AndIOp::create(b, mask, below));
}
Value BlockCode::countBits(Value mask) {
  return LLVM::CtPopOp::create(b, b.getI32Type(), mask);
}

void BlockCode::loop(Value lo, Value hi, Value step,
                     llvm::function_ref<void(Value)> body) {
  emitLoop(b, b.getLoc(), lo, hi, step, {}, [&](Value at, ValueRange) {
    body(at);
    return SmallVector<Value>();
  });
}

void BlockCode::when(Value condition, llvm::function_ref<void()> body) {
  emitIf(b, b.getLoc(), condition, body);
}

void BlockCode::forAll(int64_t elements, llvm::function_ref<void(Value)> body) {
  loop(thread, index(elements), index(threads), body);
}

Value BlockCode::bits(Value value, Type type) {
  return arith::BitcastOp::create(b, type, value);
}

Value BlockCode::flat(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  if (type.getRank() == 1)
    return buffer;
  int64_t count = type.getNumElements();
  return memref::ReinterpretCastOp::create(
      b, MemRefType::get({count}, type.getElementType()), buffer,
      /*offset=*/0, ArrayRef<int64_t>{count}, ArrayRef<int64_t>{1});
}

Value BlockCode::orderKey(Value gate) {
  Value zero = arith::ConstantOp::create(b, b.getF32FloatAttr(0));
  Value word = bits(arith::AddFOp::create(b, gate, zero), b.getI32Type());
  Value low = i32(0x7fffffff);
  Value sign = arith::ShRSIOp::create(b, word, i32(31));
  Value key =
      arith::XOrIOp::create(b, word, arith::AndIOp::create(b, sign, low));
  Value isNaN = compare(CmpIPredicate::ugt, arith::AndIOp::create(b, word, low),
                        i32(0x7f800000));
  return select(isNaN, i32(std::numeric_limits<int32_t>::min()), key);
}

SmallVector<Value> moec::gpu::emitLoop(
    OpBuilder &b, Location loc, Value from, Value to, Value step,
    ValueRange values,
    llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(b, loc, from, to, step, values);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> next =
      body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!values.empty())
    scf::YieldOp::create(b, loc, next);
  return loop.getResults();
}

void moec::gpu::emitIf(OpBuilder &b, Location loc, Value condition,
                       llvm::function_ref<void()> body) {
  auto branch = scf::IfOp::create(b, loc, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  body();
}

LogicalResult moec::gpu::verifyStaticOperands(Operation *op) {
  for (Value operand : op->getOperands()) {
    auto type = dyn_cast<MemRefType>(operand.getType());
    if (type && type.hasStaticShape() && type.getLayout().isIdentity())
      continue;
    return op->emitOpError("operands must be memrefs of static shape and "
                           "identity layout, got ")
           << operand.getType() << "; run the Memory phase first";
  }
  return success();
}
