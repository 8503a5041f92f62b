//===- Passes.h - The GPU phase --------------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_GPU_PASSES_H
#define MOEC_PASSES_GPU_PASSES_H

#include "dialects/Kernel/KernelOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/Pass.h"
#include "passes/Codegen/Passes.h"
#include "passes/Pipeline.h"

namespace moec::gpu {

// What the backends share is at home here too.
using namespace codegen;

/// Kernel functions, for the module's machine, a `#kernel.gpu`, to a
/// `gpu.module @kernels` whose functions carry the attributes of LaunchShape.
void buildGPUPipeline(mlir::OpPassManager &pm, PassPredicate wants);

/// From there to the LLVM and NVVM dialects.
void buildNVVMPipeline(mlir::OpPassManager &pm, PassPredicate wants);

#define GEN_PASS_DECL
#include "passes/GPU/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "passes/GPU/Passes.h.inc"

/// Registers the passes of this phase and the pipelines `moec-gpu-pipeline` and
/// `moec-nvvm-pipeline`.
void registerGPUPhase();

} // namespace moec::gpu

#endif // MOEC_PASSES_GPU_PASSES_H
