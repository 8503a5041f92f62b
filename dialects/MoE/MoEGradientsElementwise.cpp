//===- MoEGradientsElementwise.cpp - Vector-Jacobian products of element-wise
// ops
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"

using namespace mlir;
using namespace moec::moe;

SmallVector<Value> AddOp::buildGradient(OpBuilder &builder, ValueRange grads) {
  return {grads[0], grads[0]};
}

SmallVector<Value> SubOp::buildGradient(OpBuilder &builder, ValueRange grads) {
  return {grads[0], ScaleOp::create(builder, getLoc(), getType(), grads[0],
                                    builder.getF64FloatAttr(-1.0))};
}

SmallVector<Value> MulOp::buildGradient(OpBuilder &builder, ValueRange grads) {
  return {
      MulOp::create(builder, getLoc(), getType(), grads[0], getRhs()),
      MulOp::create(builder, getLoc(), getType(), grads[0], getLhs()),
  };
}

SmallVector<Value> ScaleOp::buildGradient(OpBuilder &builder,
                                          ValueRange grads) {
  return {
      ScaleOp::create(builder, getLoc(), getType(), grads[0], getFactorAttr())};
}

SmallVector<Value> GeluOp::buildGradient(OpBuilder &builder, ValueRange grads) {
  return {GeluGradOp::create(builder, getLoc(), getType(), getInput(), grads[0],
                             getTanhAttr())};
}
