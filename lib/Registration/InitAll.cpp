//===- InitAll.cpp - Registers everything moec offers ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "moec/InitAll.h"
#include "dialects/Kernel/KernelOps.h"
#include "dialects/MoE/MoEOps.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/DLTI/DLTI.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Autodiff/Passes.h"
#include "passes/CPU/Passes.h"
#include "passes/Codegen/Passes.h"
#include "passes/Fusion/Passes.h"
#include "passes/GPU/Passes.h"
#include "passes/Memory/Passes.h"
#include "passes/Model/Passes.h"
#include "passes/Precision/Passes.h"
#include "passes/Schedule/Passes.h"

using namespace mlir;

void moec::registerAllDialects(DialectRegistry &registry) {
  registry.insert<moe::MoEDialect, kernel::KernelDialect, affine::AffineDialect,
                  arith::ArithDialect, cf::ControlFlowDialect, DLTIDialect,
                  func::FuncDialect, mlir::gpu::GPUDialect, LLVM::LLVMDialect,
                  math::MathDialect, memref::MemRefDialect, nvgpu::NVGPUDialect,
                  NVVM::NVVMDialect, scf::SCFDialect, tensor::TensorDialect,
                  vector::VectorDialect>();
}

void moec::registerAllPasses() {
  codegen::registerCodegenPhase();
  cpu::registerCPUPhase();
  gpu::registerGPUPhase();
  schedule::registerSchedulePhase();
  registerCanonicalizerPass();
  registerCSEPass();
  registerInlinerPass();
  registerSymbolDCEPass();
  fusion::registerFusionPhase();
  precision::registerPrecisionPhase();
  memory::registerMemoryPhase();
  model::registerModelPhase();
  autodiff::registerAutodiffPhase();
}
