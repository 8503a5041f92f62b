//===- Cost.cpp - What kernels and their scalar ops cost ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/Cost.h"

using namespace mlir;
using namespace moec::kernel;

int64_t ContractOp::getFlops() {
  int64_t flops = 2;
  for (auto [dim, extent] : llvm::enumerate(getDims()))
    if (!getRaggedDim() || dim != 0)
      flops *= extent;
  return flops;
}

int64_t AttendOp::getFlops() {
  int64_t depth = getDims()[getDDim()] + getDims()[getEDim()];
  int64_t scores = getDims()[getTDim()] * llvm::product_of(getGrid());
  return 2 * scores * depth;
}

int64_t AttendGradOp::getFlops() {
  // Scores, the gradient of the weights, and the three sums.
  int64_t depth = 3 * getDims()[getDDim()] + 2 * getDims()[getEDim()];
  int64_t scores =
      getDims()[getSDim()] * getDims()[getTDim()] * llvm::product_of(getGrid());
  return 2 * scores * depth;
}

int64_t moec::kernel::getOperandBytes(Operation *op) {
  int64_t bytes = 0;
  llvm::SmallPtrSet<void *, 8> seen;
  for (Value operand : op->getOperands()) {
    auto type = dyn_cast<ShapedType>(operand.getType());
    if (type && type.hasStaticShape() &&
        seen.insert(operand.getAsOpaquePointer()).second)
      bytes += type.getNumElements() * (type.getElementTypeBitWidth() / 8);
  }
  return bytes;
}

ScalarCost moec::kernel::getScalarCost(Operation &op) {
  if (op.hasTrait<OpTrait::ConstantLike>() ||
      op.hasTrait<OpTrait::IsTerminator>())
    return ScalarCost::Free;
  if (!isa<math::MathDialect>(op.getDialect()) || isa<math::FmaOp>(op))
    return ScalarCost::Simple;
  if (isa<math::AbsFOp>(op))
    return ScalarCost::Magnitude;
  return isa<math::RsqrtOp, math::SqrtOp>(op) ? ScalarCost::Root
                                              : ScalarCost::Function;
}

ScalarWork moec::kernel::getScalarWork(Region &region) {
  ScalarWork work;
  for (Operation &op : region.front()) {
    ScalarCost cost = getScalarCost(op);
    work.simple += cost == ScalarCost::Simple;
    work.magnitudes += cost == ScalarCost::Magnitude;
    work.roots += cost == ScalarCost::Root;
    work.functions += cost == ScalarCost::Function;
  }
  return work;
}
