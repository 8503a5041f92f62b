//===- Cost.cpp - Work of a kernel ----------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/Cost.h"
#include "dialects/Kernel/KernelOps.h"

using namespace mlir;
using namespace moec;

int64_t kernel::getFlops(Operation *op) {
  auto contract = dyn_cast<kernel::ContractOp>(op);
  if (!contract)
    return 0;
  int64_t flops = 2;
  for (auto [dim, extent] : llvm::enumerate(contract.getDims()))
    if (!contract.getRaggedDim() || dim != 0)
      flops *= extent;
  return flops;
}

int64_t kernel::getBytes(Operation *op) {
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
