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

/// Maps, gathers, ragged dimension and operands of `op`.
mlir::LogicalResult verifyStructure(StructuredKernelOpInterface op);

/// What a region, which ends with kernel.yield, yields.
inline mlir::OperandRange yielded(mlir::Region &region) {
  return region.front().back().getOperands();
}

// `name` is that of a region in messages.

/// The arguments of a region: one scalar per input, then `extra`; its end.
mlir::LogicalResult verifyArguments(StructuredKernelOpInterface op,
                                    llvm::StringRef name, mlir::Region &region,
                                    llvm::ArrayRef<mlir::Type> extra);

/// The regions getFactors(), with these names: arguments, and one value of one
/// type, f32 or bf16.
mlir::LogicalResult verifyFactors(StructuredKernelOpInterface op,
                                  llvm::ArrayRef<llvm::StringRef> names);

/// What a region reads at a point must not depend on `dim`.
mlir::LogicalResult verifyIndependent(StructuredKernelOpInterface op,
                                      llvm::StringRef name,
                                      mlir::Region &region, unsigned dim,
                                      llvm::StringRef dimName);

/// The values stored in the outs `first` .. are of their element types, and
/// their maps tell all points of the dimensions apart (as far as which
/// dimensions they use says so), but for those that are `reduced`.
mlir::LogicalResult verifyStores(StructuredKernelOpInterface op,
                                 llvm::StringRef name, mlir::TypeRange values,
                                 unsigned first,
                                 llvm::ArrayRef<unsigned> reduced);

} // namespace moec::kernel

#endif // MOEC_DIALECTS_KERNEL_KERNELVERIFY_H
