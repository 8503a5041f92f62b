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
#include "mlir/Pass/PassOptions.h"
#include "passes/Codegen/Passes.h"

namespace moec::cpu {

// What the backends share is at home here too.
using namespace codegen;

struct CPUPipelineOptions
    : public mlir::PassPipelineOptions<CPUPipelineOptions> {
  Option<int64_t> lanes{*this, "lanes",
                        llvm::cl::desc("f32 lanes of a hardware vector"),
                        llvm::cl::init(16)};
  Option<bool> nativeBF16{
      *this, "native-bf16",
      llvm::cl::desc("the CPU rounds to bf16 itself (avx512bf16)"),
      llvm::cl::init(false)};
};

/// Kernel functions to loops over vectors; sets `kernel.blocks` and
/// `kernel.scratch`.
void buildVectorPipeline(mlir::OpPassManager &pm,
                         const CPUPipelineOptions &options);

/// From there to the LLVM dialect with the kernel ABI.
void buildLLVMPipeline(mlir::OpPassManager &pm,
                       const CPUPipelineOptions &options);

/// From kernel functions on memrefs to the LLVM dialect: every kernel becomes
/// `void k(void *const *args, int64_t begin, int64_t end, void *scratch)` with
/// the attributes `kernel.blocks` and `kernel.scratch`.
void buildCPUPipeline(mlir::OpPassManager &pm,
                      const CPUPipelineOptions &options);

#define GEN_PASS_DECL
#include "passes/CPU/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "passes/CPU/Passes.h.inc"

/// Registers the passes of this phase and the pipeline `moec-cpu-pipeline`.
void registerCPUPhase();

} // namespace moec::cpu

#endif // MOEC_PASSES_CPU_PASSES_H
