//===- MoEGradientsStructure.cpp - Vector-Jacobian products of structure ops
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"

using namespace mlir;
using namespace moec::moe;

SmallVector<Value> ReshapeOp::buildGradient(OpBuilder &builder,
                                            ValueRange grads) {
  return {ReshapeOp::create(builder, getLoc(), getInput().getType(), grads[0])};
}

SmallVector<Value> TransposeOp::buildGradient(OpBuilder &builder,
                                              ValueRange grads) {
  ArrayRef<int64_t> permutation = getPermutation();
  SmallVector<int64_t> inverse(permutation.size());
  for (auto [to, from] : llvm::enumerate(permutation))
    inverse[from] = to;
  return {TransposeOp::create(builder, getLoc(), getInput().getType(), grads[0],
                              inverse)};
}

SmallVector<Value> BroadcastOp::buildGradient(OpBuilder &builder,
                                              ValueRange grads) {
  return {ReduceOp::create(builder, getLoc(), getInput().getType(), grads[0],
                           getAxes())};
}

SmallVector<Value> ReduceOp::buildGradient(OpBuilder &builder,
                                           ValueRange grads) {
  return {BroadcastOp::create(builder, getLoc(), getInput().getType(), grads[0],
                              getAxes())};
}
