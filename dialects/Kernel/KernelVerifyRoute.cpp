//===- KernelVerifyRoute.cpp - Verifier of kernel.route
//-----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelVerify.h"

using namespace mlir;
using namespace moec::kernel;

LogicalResult RouteOp::verify() {
  auto shape = [](Value value) {
    return cast<ShapedType>(value.getType()).getShape();
  };
  if (failed(verifyOperands(*this, (*this)->getOperands().drop_front(1))))
    return failure();
  if (shape(getGates()).size() != 2 || !elementTypeOf(getGates()).isF32())
    return emitOpError("expected gates [items, experts] of f32, got ")
           << getGates().getType();
  int64_t items = getItems(), experts = getExperts();
  int64_t k = getK(), capacity = getCapacity();
  if (k < 1 || k > experts)
    return emitOpError("expected 1 <= k <= ") << experts << ", got " << k;
  if (capacity < 0)
    return emitOpError("expected capacity >= 0, got ") << capacity;
  if (shape(getWeights()) != ArrayRef<int64_t>{items, k} ||
      !elementTypeOf(getWeights()).isF32())
    return emitOpError("expected weights [")
           << items << ", " << k << "] of f32, got " << getWeights().getType();
  int64_t size = getPlanSize();
  if (shape(getPlan()) != ArrayRef<int64_t>{size} ||
      !elementTypeOf(getPlan()).isInteger(32))
    return emitOpError("expected a plan [")
           << size << "] of i32, got " << getPlan().getType();
  return success();
}
