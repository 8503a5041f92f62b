//===- Passes.h - What the backends share ----------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_CODEGEN_PASSES_H
#define MOEC_PASSES_CODEGEN_PASSES_H

#include "dialects/Kernel/KernelOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/Pass.h"

namespace moec::codegen {

#define GEN_PASS_DECL
#include "passes/Codegen/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "passes/Codegen/Passes.h.inc"

inline void registerCodegenPhase() { registerMoecCodegenPasses(); }

} // namespace moec::codegen

#endif // MOEC_PASSES_CODEGEN_PASSES_H
