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
#include "mlir/Pass/PassOptions.h"
#include <memory>

namespace moec::fusion {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Fusion/Passes.h.inc"

struct FusionPipelineOptions
    : public mlir::PassPipelineOptions<FusionPipelineOptions> {
  ListOption<std::string> disabled{
      *this, "disable",
      llvm::cl::desc("Fusion passes to leave out, by flag without 'moec-'")};
};

/// moe to fused kernel ops on tensors.
void buildFusionPipeline(mlir::OpPassManager &pm,
                         const FusionPipelineOptions &options);
void registerFusionPhase();
} // namespace moec::fusion

#endif // MOEC_PASSES_FUSION_PASSES_H
