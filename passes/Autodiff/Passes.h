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
#include "passes/Pipeline.h"

namespace moec::autodiff {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Autodiff/Passes.h.inc"

/// `moec-autodiff-pipeline`: the backward pass in place of each `moe.gradient`,
/// cleaned up and checked.
void buildAutodiffPipeline(mlir::OpPassManager &pm, PassPredicate wants);
void registerAutodiffPhase();
} // namespace moec::autodiff

#endif // MOEC_PASSES_AUTODIFF_PASSES_H
