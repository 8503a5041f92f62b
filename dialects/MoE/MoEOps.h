//===- MoEOps.h - The moe dialect ------------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_MOE_MOEOPS_H
#define MOEC_DIALECTS_MOE_MOEOPS_H

#include "dialects/KnownAttributes.h"
#include "dialects/MoE/MoEUpdate.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace moec::moe {
/// Marks ops that the backward pass computes again instead of keeping their
/// results.
template <typename ConcreteType>
class CheapToRecompute
    : public mlir::OpTrait::TraitBase<ConcreteType, CheapToRecompute> {};
} // namespace moec::moe

#include "dialects/MoE/MoEDialect.h.inc"
#include "dialects/MoE/MoEEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/MoE/MoEAttrs.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/MoE/MoEInterfaces.h.inc"
#include "dialects/MoE/MoETypes.h.inc"
#define GET_OP_CLASSES
#include "dialects/MoE/MoEOps.h.inc"

#endif // MOEC_DIALECTS_MOE_MOEOPS_H
