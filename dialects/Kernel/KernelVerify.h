//===- KernelVerify.h - What verifiers of kernel ops share ---------*- C++
//-*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_KERNEL_KERNELVERIFY_H
#define MOEC_DIALECTS_KERNEL_KERNELVERIFY_H

#include "dialects/Kernel/KernelOps.h"

namespace moec::kernel {

inline mlir::Type elementTypeOf(mlir::Value value) {
  return mlir::cast<mlir::ShapedType>(value.getType()).getElementType();
}

/// Operands all tensors, with one result per out, or all memrefs, with none;
/// dense, of a size that addresses hold.
mlir::LogicalResult verifyOperands(mlir::Operation *op,
                                   mlir::OperandRange outs);

} // namespace moec::kernel

#endif // MOEC_DIALECTS_KERNEL_KERNELVERIFY_H
