//===- Passes.h - The precision phase --------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_PRECISION_PASSES_H
#define MOEC_PASSES_PRECISION_PASSES_H

#include "mlir/Pass/Pass.h"
#include "passes/Pipeline.h"

namespace moec::precision {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Precision/Passes.h.inc"

/// The types of what contractions multiply, as `moe.precision` of the module
/// asks for.
void buildPrecisionPipeline(mlir::OpPassManager &pm, PassPredicate wants);
void registerPrecisionPhase();
} // namespace moec::precision

#endif // MOEC_PASSES_PRECISION_PASSES_H
