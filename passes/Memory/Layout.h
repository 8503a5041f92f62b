//===- Layout.h - Views, and the memory of variables -----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Views are ops that make no data: reshapes, slices of flat tensors, and
// tensor.concat of flat tensors, whose parts lie side by side.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_MEMORY_LAYOUT_H
#define MOEC_PASSES_MEMORY_LAYOUT_H

#include "dialects/Kernel/KernelOps.h"
#include "dialects/MoE/MoEOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/StringMap.h"

namespace moec::memory {

/// Bytes of a statically shaped tensor.
int64_t getTensorBytes(mlir::Type type);

/// A value is `bytes` of `base` from `offset` on (in bytes).
struct View {
  mlir::Value base;
  int64_t offset = 0;
  bool sliced = false; ///< may be less than all of the base
};
/// Through reshapes and slices, but not into the parts of a tensor.concat.
View getView(mlir::Value value);

/// An op that reads and writes no memory: what getView() looks through, and
/// tensor.concat.
bool isView(mlir::Operation *op);

/// Kernels read inputs and write what results are tied to.
bool isKernel(mlir::Operation *op);
/// The destination that a kernel's result is tied to.
mlir::Value getDestination(mlir::OpResult result);
/// Operands before the destinations.
unsigned getNumInputs(mlir::Operation *kernel);

/// True if `write` is a result of the point-wise kernel of `use`, which reads
/// each element of that operand at the point where it writes it.
bool readsWhereItWrites(mlir::OpOperand &use, mlir::OpResult write);

/// The name of the variable whose value an argument of an entry is, or "".
llvm::StringRef variableOf(mlir::Value value);

/// The role and the first byte of every variable, from moec-place-variables.
struct Place {
  moe::Role role;
  int64_t offset = 0, bytes = 0;
};
using Layout = llvm::StringMap<Place>;

/// The block of the variables of `role`.
kernel::BlockAttr blockOf(mlir::MLIRContext *context, moe::Role role);

/// The place of a tensor.concat of variables that lie side by side.
std::optional<Place> joinedPlace(mlir::tensor::ConcatOp concat,
                                 const Layout &layout);

/// A kernel that copies `value` into a tensor of its own.
mlir::Value buildCopy(mlir::OpBuilder &b, mlir::Location loc,
                      mlir::Value value);

} // namespace moec::memory

#endif // MOEC_PASSES_MEMORY_LAYOUT_H
