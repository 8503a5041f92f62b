//===- KernelOps.h - The kernel dialect ------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_KERNEL_KERNELOPS_H
#define MOEC_DIALECTS_KERNEL_KERNELOPS_H

#include "dialects/KnownAttributes.h"
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
#include "dialects/Kernel/KernelMachine.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Kernel/KernelAttrs.h.inc"

namespace moec::kernel {

/// What the caller of a program gives, and what it takes: blocks with names.
constexpr bool isInput(BlockKind kind) {
  return kind == BlockKind::Field || kind == BlockKind::Host;
}
constexpr bool isOutput(BlockKind kind) {
  return kind == BlockKind::Output || kind == BlockKind::Metric;
}

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

/// Where a map that reads every element of an out may move to.
enum class OutFusion {
  Never,
  InPlace, ///< into the op, where its result is stored instead of the out
  Beside,  ///< as InPlace, or its results are stored beside the out, as last
  IfShared ///< as Beside, once it is known that others read the out too: an
           ///< op with one reader moves there instead
};

/// Bytes of all operands of `op`, each once.
int64_t getOperandBytes(mlir::Operation *op);

} // namespace moec::kernel

#include "dialects/Kernel/KernelInterfaces.h.inc"
#define GET_OP_CLASSES
#include "dialects/Kernel/KernelOps.h.inc"

namespace moec::kernel {

/// What the module around `op` (or `op` itself) is compiled for: its attribute
/// `kernel.machine`. Null where it does not say.
MachineInterface findMachine(mlir::Operation *op);
/// The same, with an error at `op` where it does not say.
MachineInterface getMachine(mlir::Operation *op);

namespace detail {
void reportMachine(mlir::Operation *op, llvm::StringRef expected,
                   MachineInterface found);
}

/// The machine, of the kind that a pass is for (`CpuAttr`, `GpuAttr`); null
/// after an error where it is another or not given.
template <typename Kind> Kind getMachine(mlir::Operation *op) {
  MachineInterface machine = getMachine(op);
  auto kind = llvm::dyn_cast_if_present<Kind>(machine);
  if (machine && !kind)
    detail::reportMachine(op, Kind::name, machine);
  return kind;
}

void setMachine(mlir::Operation *module, MachineInterface machine);

} // namespace moec::kernel

#endif // MOEC_DIALECTS_KERNEL_KERNELOPS_H
