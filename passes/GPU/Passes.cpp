//===- Passes.cpp - The pipelines of the GPU phase ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/Passes.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Codegen/Passes.h"

using namespace mlir;

namespace moec::gpu {

void buildGPUPipeline(OpPassManager &pm, PassPredicate wants) {
  pm.addNestedPass<func::FuncOp>(createLowerContractPass());
  pm.addNestedPass<func::FuncOp>(createLowerAttendPass());
  pm.addNestedPass<func::FuncOp>(createLowerAttendGradPass());
  pm.addNestedPass<func::FuncOp>(createLowerMapPass());
  pm.addNestedPass<func::FuncOp>(createLowerRowsPass());
  pm.addNestedPass<func::FuncOp>(createLowerRoutePass());
  pm.addNestedPass<func::FuncOp>(createLowerExpertRoutePass());
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createCSEPass());
  codegen::ApproximateMathPassOptions math;
  math.keepExp = true;
  pm.addNestedPass<func::FuncOp>(codegen::createApproximateMathPass(math));
  pm.addNestedPass<func::FuncOp>(createSpecialFunctionsPass());
  pm.addNestedPass<func::FuncOp>(createLoopInvariantCodeMotionPass());
  pm.addPass(createOutlinePass());
  pm.addPass(createVerifyGPUPass());
}

void buildNVVMPipeline(OpPassManager &pm, PassPredicate wants) {
  OpPassManager &kernels = pm.nest<mlir::gpu::GPUModuleOp>();
  kernels.addPass(arith::createArithExpandOpsPass());
  kernels.addPass(createSCFToControlFlowPass());
  kernels.addPass(createToNVVMPass());
  kernels.addPass(createConvertNVVMToLLVMPass()); // wgmma is inline PTX
  kernels.addPass(createReconcileUnrealizedCastsPass());
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
  pm.addPass(createVerifyNVVMPass());
}

void registerGPUPhase() {
  registerMoecGPUPasses();
  registerPipeline("moec-gpu-pipeline",
                   "Lower kernel functions to a gpu.module", buildGPUPipeline);
  registerPipeline("moec-nvvm-pipeline",
                   "Lower a gpu.module to the NVVM dialect", buildNVVMPipeline);
}

} // namespace moec::gpu
