//===- Passes.h - The autodiff phase ---------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_AUTODIFF_PASSES_H
#define MOEC_PASSES_AUTODIFF_PASSES_H

#include "dialects/MoE/MoEOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace moec {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Autodiff/Passes.h.inc"

/// `moec-autodiff-pipeline`: the backward pass in place of each `moe.gradient`,
/// cleaned up and checked.
void buildAutodiffPipeline(mlir::OpPassManager &manager);
/// Registers the passes and the pipeline of the phase.
void registerAutodiffPasses();
} // namespace moec

#endif // MOEC_PASSES_AUTODIFF_PASSES_H
