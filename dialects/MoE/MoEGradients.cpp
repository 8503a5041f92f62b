//===- MoEGradients.cpp - Vector-Jacobian products
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
  return {};
}
SmallVector<Value> TransposeOp::buildGradient(OpBuilder &builder,
                                              ValueRange grads) {
  return {};
}
SmallVector<Value> BroadcastOp::buildGradient(OpBuilder &builder,
                                              ValueRange grads) {
  return {};
}
SmallVector<Value> ReduceOp::buildGradient(OpBuilder &builder,
                                           ValueRange grads) {
  return {};
}
SmallVector<Value> LinearOp::buildGradient(OpBuilder &builder,
                                           ValueRange grads) {
  return {};
}
SmallVector<Value> EinsumOp::buildGradient(OpBuilder &builder,
                                           ValueRange grads) {
  return {};
}
SmallVector<Value> LayerNormOp::buildGradient(OpBuilder &builder,
                                              ValueRange grads) {
  return {};
}
SmallVector<Value> L2NormalizeOp::buildGradient(OpBuilder &builder,
                                                ValueRange grads) {
  return {};
}
SmallVector<Value> SoftmaxOp::buildGradient(OpBuilder &builder,
                                            ValueRange grads) {
  return {};
}
SmallVector<Value> AddOp::buildGradient(OpBuilder &builder, ValueRange grads) {
  return {};
}
SmallVector<Value> SubOp::buildGradient(OpBuilder &builder, ValueRange grads) {
  return {};
}
SmallVector<Value> MulOp::buildGradient(OpBuilder &builder, ValueRange grads) {
  return {};
}
SmallVector<Value> ScaleOp::buildGradient(OpBuilder &builder,
                                          ValueRange grads) {
  return {};
}
SmallVector<Value> GeluOp::buildGradient(OpBuilder &builder, ValueRange grads) {
  return {};
}
SmallVector<Value> TopKRouteOp::buildGradient(OpBuilder &builder,
                                              ValueRange grads) {
  return {};
}
SmallVector<Value> DispatchOp::buildGradient(OpBuilder &builder,
                                             ValueRange grads) {
  return {};
}
SmallVector<Value> CombineOp::buildGradient(OpBuilder &builder,
                                            ValueRange grads) {
  return {};
}
SmallVector<Value> ExpertLinearOp::buildGradient(OpBuilder &builder,
                                                 ValueRange grads) {
  return {};
}
SmallVector<Value> SoftmaxCrossEntropyOp::buildGradient(OpBuilder &builder,
                                                        ValueRange grads) {
  return {};
}
SmallVector<Value> CvSquaredOp::buildGradient(OpBuilder &builder,
                                              ValueRange grads) {
  return {};
}
SmallVector<Value> LoadProbabilityOp::buildGradient(OpBuilder &builder,
                                                    ValueRange grads) {
  return {};
}
