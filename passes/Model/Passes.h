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
#include "passes/Pipeline.h"

namespace moec::model {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Model/Passes.h.inc"

/// `moec-model-pipeline`: canonical moe ops, variables and entries that fit
/// each other. Optional: unroute-shared.
void buildModelPipeline(mlir::OpPassManager &pm, PassPredicate wants);
void registerModelPhase();
} // namespace moec::model

#endif // MOEC_PASSES_MODEL_PASSES_H
