//===- Passes.h - From moe to fused kernels ---------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_FUSION_PASSES_H
#define MOEC_PASSES_FUSION_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "passes/Pipeline.h"
#include <memory>

namespace moec::fusion {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Fusion/Passes.h.inc"

/// moe to fused kernel ops on tensors. Optional: fuse-*, join-*.
void buildFusionPipeline(mlir::OpPassManager &pm, PassPredicate wants);
void registerFusionPhase();
} // namespace moec::fusion

#endif // MOEC_PASSES_FUSION_PASSES_H
