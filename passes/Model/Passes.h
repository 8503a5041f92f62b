//===- Passes.h - The model phase ------------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_MODEL_PASSES_H
#define MOEC_PASSES_MODEL_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace moec {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Model/Passes.h.inc"

/// `moec-model-pipeline`: canonical moe ops and the parameter table.
void buildModelPipeline(mlir::OpPassManager &manager);
/// Registers the passes and the pipeline of the phase.
void registerModelPasses();
} // namespace moec

#endif // MOEC_PASSES_MODEL_PASSES_H
