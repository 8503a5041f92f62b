//===- KernelOps.cpp - What tablegen writes, and effects ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelOps.h"

using namespace mlir;
using namespace moec::kernel;

#define GET_OP_CLASSES
#include "dialects/Kernel/KernelOps.cpp.inc"

/// On memrefs a kernel reads its inputs and writes its outs; on tensors it is
/// pure.
static void
addEffects(OperandRange inputs, OperandRange outs, Operation *op,
           SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
               &effects) {
  auto add = [&](OpOperand &operand, MemoryEffects::Effect *effect) {
    if (isa<MemRefType>(operand.get().getType()))
      effects.emplace_back(effect, &operand);
  };
  for (OpOperand &operand : op->getOpOperands()) {
    bool isOut = operand.getOperandNumber() >= inputs.size();
    add(operand, isOut ? static_cast<MemoryEffects::Effect *>(
                             MemoryEffects::Write::get())
                       : MemoryEffects::Read::get());
  }
}

#define KERNEL_EFFECTS(OP)                                                     \
  void OP::getEffects(                                                         \
      SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>      \
          &effects) {                                                          \
    addEffects(getInputs(), getOuts(), *this, effects);                        \
  }
KERNEL_EFFECTS(ContractOp)
KERNEL_EFFECTS(RowsOp)
KERNEL_EFFECTS(MapOp)

void RouteOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  addEffects((*this)->getOperands().take_front(1),
             (*this)->getOperands().drop_front(1), *this, effects);
}
