//===- Passes.h - Memory phase ----------------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_MEMORY_PASSES_H
#define MOEC_PASSES_MEMORY_PASSES_H

#include "mlir/Pass/Pass.h"
#include "passes/Pipeline.h"

namespace moec::memory {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Memory/Passes.h.inc"

/// Plans memory and merges what is the same: from kernel on tensors to
/// programs and kernel functions. Optional: merge-kernels.
void buildMemoryPipeline(mlir::OpPassManager &pm, PassPredicate wants);
void registerMemoryPhase();
} // namespace moec::memory

#endif // MOEC_PASSES_MEMORY_PASSES_H
