//===- KernelOps.h - The kernel dialect ------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_KERNEL_KERNELOPS_H
#define MOEC_DIALECTS_KERNEL_KERNELOPS_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/Kernel/KernelDialect.h.inc"
#include "dialects/Kernel/KernelEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Kernel/KernelAttrs.h.inc"

namespace moec::kernel {

/// What a kernel op does with an input.
struct InputUse {
  bool mayRound = true;    ///< may be kept as bf16, as far as this op goes
  bool multiplied = false; ///< is a factor, or part of one, of a contraction
  bool computedOn = false; ///< is read otherwise than as a factor as it is
  bool decides = false;    ///< a choice hangs on it, not only a value
};

/// When an out may be bf16.
enum class OutRounding {
  Never,
  IfOnlyMultiplied, ///< if contractions are all that reads it
  Always
};

/// Bytes of all operands of `op`, each once.
int64_t getOperandBytes(mlir::Operation *op);

} // namespace moec::kernel

#include "dialects/Kernel/KernelInterfaces.h.inc"
#define GET_OP_CLASSES
#include "dialects/Kernel/KernelOps.h.inc"

#endif // MOEC_DIALECTS_KERNEL_KERNELOPS_H
