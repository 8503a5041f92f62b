//===- Passes.h - The CPU phase --------------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_CPU_PASSES_H
#define MOEC_PASSES_CPU_PASSES_H

#include "dialects/Kernel/KernelOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/Pass.h"
#include "passes/Codegen/Passes.h"
#include "passes/Pipeline.h"

namespace moec::cpu {

// What the backends share is at home here too.
using namespace codegen;

/// Kernel functions on memrefs to loops over vectors of the module's machine, a
/// `#kernel.cpu`; sets `kernel.blocks` and `kernel.scratch`.
void buildCPUPipeline(mlir::OpPassManager &pm, PassPredicate wants);

/// From there to the LLVM dialect: every kernel becomes
/// `void k(void *const *args, int64_t begin, int64_t end, void *scratch)`.
void buildLLVMPipeline(mlir::OpPassManager &pm, PassPredicate wants);

#define GEN_PASS_DECL
#include "passes/CPU/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "passes/CPU/Passes.h.inc"

/// Registers the passes of this phase and the pipelines `moec-cpu-pipeline` and
/// `moec-llvm-pipeline`.
void registerCPUPhase();

} // namespace moec::cpu

#endif // MOEC_PASSES_CPU_PASSES_H
