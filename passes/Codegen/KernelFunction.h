//===- KernelFunction.h - A kernel outlined in a function ------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_CODEGEN_KERNELFUNCTION_H
#define MOEC_PASSES_CODEGEN_KERNELFUNCTION_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace moec::codegen {

/// What the Memory phase makes of one launch: a function with the attribute
/// `kernel.function`, arguments (operands..., %begin: index, %end: index,
/// %scratch: memref<?xi8>) and a body of one kernel op and a return.
struct KernelFunction {
  mlir::func::FuncOp func;
  mlir::Operation *op; ///< the kernel op
  mlir::Value begin, end, scratch;

  /// Calls `lower(op, kernel)` if `func` is the function of a kernel whose op
  /// is an `Op`; its result, else success. An error at `func` if it is marked
  /// as a kernel but not of that form.
  template <typename Op, typename Lower>
  static mlir::LogicalResult lower(mlir::func::FuncOp func, Lower lower) {
    auto kernel = match(func);
    if (mlir::failed(kernel))
      return mlir::failure();
    auto op = *kernel ? llvm::dyn_cast<Op>((*kernel)->op) : Op();
    return op ? lower(op, **kernel) : mlir::success();
  }

  /// Erases the op, whose work stands before it now, and records the grid
  /// (`kernel.blocks`) and the bytes that a thread needs (`kernel.scratch`;
  /// also the static size of %scratch, so that it becomes a bare pointer).
  void finish(int64_t blocks, int64_t scratchBytes);

private:
  static mlir::FailureOr<std::optional<KernelFunction>>
  match(mlir::func::FuncOp func);
};

/// Hands out pieces of %scratch, each aligned to 64 bytes.
class ScratchAllocator {
public:
  explicit ScratchAllocator(mlir::Value scratch) : scratch(scratch) {}
  /// A buffer of `count` elements as memref<count x type>.
  mlir::Value allocate(mlir::OpBuilder &b, mlir::Location loc, int64_t count,
                       mlir::Type type);
  int64_t bytes() const { return used; }

private:
  mlir::Value scratch;
  int64_t used = 0;
};

} // namespace moec::codegen

#endif // MOEC_PASSES_CODEGEN_KERNELFUNCTION_H
