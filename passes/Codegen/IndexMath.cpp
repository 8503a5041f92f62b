//===- IndexMath.cpp - Arithmetic on positions ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Codegen/IndexMath.h"

using namespace mlir;

namespace moec::codegen {

Value IndexMath::c(int64_t value) {
  if (positions.isIndex())
    return arith::ConstantIndexOp::create(b, loc, value);
  APInt bits(positions.getIntOrFloatBitWidth(), value, /*isSigned=*/true);
  return arith::ConstantOp::create(b, loc, b.getIntegerAttr(positions, bits));
}
Value IndexMath::add(Value x, Value y) {
  return arith::AddIOp::create(b, loc, x, y);
}
Value IndexMath::sub(Value x, Value y) {
  return arith::SubIOp::create(b, loc, x, y);
}
Value IndexMath::mul(Value x, int64_t y) {
  return y == 1 ? x : arith::MulIOp::create(b, loc, x, c(y)).getResult();
}
Value IndexMath::div(Value x, int64_t y) {
  return y == 1 ? x : arith::DivUIOp::create(b, loc, x, c(y)).getResult();
}
Value IndexMath::rem(Value x, int64_t y) {
  return y == 1 ? c(0) : arith::RemUIOp::create(b, loc, x, c(y)).getResult();
}
Value IndexMath::ceilDiv(Value x, int64_t y) { return div(add(x, y - 1), y); }
Value IndexMath::minimum(Value x, Value y) {
  return arith::MinSIOp::create(b, loc, x, y);
}
Value IndexMath::maximum(Value x, Value y) {
  return arith::MaxSIOp::create(b, loc, x, y);
}
Value IndexMath::lessThan(Value x, Value y) {
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, x, y);
}
Value IndexMath::both(Value x, Value y) {
  return arith::AndIOp::create(b, loc, x, y);
}
Value IndexMath::pick(Value condition, Value yes, Value no) {
  return arith::SelectOp::create(b, loc, condition, yes, no);
}
Value IndexMath::index(Value position) {
  return positions.isIndex()
             ? position
             : arith::IndexCastUIOp::create(b, loc, b.getIndexType(), position)
                   .getResult();
}
Value IndexMath::position(Value loaded) {
  return positions.isIndex()
             ? arith::IndexCastOp::create(b, loc, positions, loaded).getResult()
             : loaded;
}

} // namespace moec::codegen
