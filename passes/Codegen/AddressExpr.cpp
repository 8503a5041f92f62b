//===- AddressExpr.cpp - Affine addresses of kernel operands --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Codegen/AddressExpr.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace moec::codegen {

using kernel::rangeOf;
using kernel::simplifyWithExtents;

AffineExpr linearizeAccess(AffineMap map, ArrayRef<int64_t> shape,
                           ArrayRef<int64_t> dims) {
  AffineExpr address = getAffineConstantExpr(0, map.getContext());
  for (auto [result, extent] : llvm::zip_equal(map.getResults(), shape))
    address = address * extent + result;
  return simplifyWithExtents(address, dims);
}

LaneInfo analyzeLane(AffineExpr address, unsigned dim, int64_t alignment) {
  if (!address.isFunctionOfDim(dim))
    return {LaneKind::Invariant, 0};
  bool chunked = false;
  // An aligned vector does not cross a multiple of the divisor; rounding up
  // changes behind it, within the vector.
  auto inChunk = [&](AffineBinaryOpExpr bin) -> std::optional<int64_t> {
    auto divisor = dyn_cast<AffineConstantExpr>(bin.getRHS());
    if (!divisor || alignment <= 1 || divisor.getValue() % alignment != 0 ||
        !isa<AffineDimExpr>(bin.getLHS()) ||
        bin.getKind() == AffineExprKind::CeilDiv)
      return std::nullopt;
    chunked = true;
    return bin.getKind() == AffineExprKind::Mod ? 1 : 0;
  };
  std::optional<int64_t> stride = kernel::getSlope(address, dim, inChunk);
  if (!stride)
    return {LaneKind::Irregular, 0};
  if (chunked)
    return *stride == 0 || *stride == 1 ? LaneInfo{LaneKind::Chunked, *stride}
                                        : LaneInfo{LaneKind::Irregular, 0};
  return {*stride == 1 ? LaneKind::Unit : LaneKind::Strided, *stride};
}

Value expandExpr(OpBuilder &b, Location loc, AffineExpr expr, ValueRange values,
                 ArrayRef<int64_t> dims, Type type) {
  if (auto d = dyn_cast<AffineDimExpr>(expr))
    return values[d.getPosition()];
  auto constant = [&](int64_t value) -> Value {
    Type element = getElementTypeOrSelf(type);
    // Modulo 2^32 in an i32.
    APInt bits =
        APInt(64, value, /*isSigned=*/true)
            .trunc(element.isIndex() ? 64 : element.getIntOrFloatBitWidth());
    auto attr = b.getIntegerAttr(element, bits);
    if (auto shaped = dyn_cast<ShapedType>(type))
      return arith::ConstantOp::create(
          b, loc, DenseElementsAttr::get(shaped, Attribute(attr)));
    return arith::ConstantOp::create(b, loc, attr);
  };
  if (auto c = dyn_cast<AffineConstantExpr>(expr))
    return constant(c.getValue());
  auto bin = cast<AffineBinaryOpExpr>(expr);
  Value l = expandExpr(b, loc, bin.getLHS(), values, dims, type);
  Value r = expandExpr(b, loc, bin.getRHS(), values, dims, type);
  bool natural = rangeOf(bin.getLHS(), dims).low >= 0;
  switch (bin.getKind()) {
  case AffineExprKind::Add:
    return arith::AddIOp::create(b, loc, l, r);
  case AffineExprKind::Mul:
    return arith::MulIOp::create(b, loc, l, r);
  case AffineExprKind::Mod: {
    if (natural)
      return arith::RemUIOp::create(b, loc, l, r);
    Value q = arith::FloorDivSIOp::create(b, loc, l, r);
    return arith::SubIOp::create(b, loc, l,
                                 arith::MulIOp::create(b, loc, q, r));
  }
  case AffineExprKind::FloorDiv:
    if (natural)
      return arith::DivUIOp::create(b, loc, l, r);
    return arith::FloorDivSIOp::create(b, loc, l, r);
  default:
    return arith::CeilDivSIOp::create(b, loc, l, r);
  }
}

} // namespace moec::codegen
