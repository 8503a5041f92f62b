//===- Passes.cpp - The pipeline of the CPU phase -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/CPU/Passes.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace moec::cpu {

void buildVectorPipeline(OpPassManager &pm, const CPUPipelineOptions &options) {
  pm.addPass(createExtractBuiltinsPass());
  LowerContractPassOptions contract;
  contract.lanes = options.lanes;
  pm.addNestedPass<func::FuncOp>(createLowerContractPass(contract));
  LowerRowsPassOptions rows;
  rows.lanes = options.lanes;
  pm.addNestedPass<func::FuncOp>(createLowerRowsPass(rows));
  LowerMapPassOptions map;
  map.lanes = options.lanes;
  pm.addNestedPass<func::FuncOp>(createLowerMapPass(map));
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createCSEPass());
  pm.addNestedPass<func::FuncOp>(createApproximateMathPass());
  pm.addNestedPass<func::FuncOp>(createLoopInvariantCodeMotionPass());
}

void buildLLVMPipeline(OpPassManager &pm, const CPUPipelineOptions &options) {
  ExpandBF16PassOptions bf16;
  bf16.native = options.nativeBF16;
  pm.addNestedPass<func::FuncOp>(createExpandBF16Pass(bf16));
  // Upstream's way to the LLVM dialect; nested passes run on a thread a kernel.
  pm.addNestedPass<func::FuncOp>(arith::createArithExpandOpsPass());
  pm.addNestedPass<func::FuncOp>(createSCFToControlFlowPass());
  pm.addNestedPass<func::FuncOp>(createConvertVectorToLLVMPass());
  pm.addNestedPass<func::FuncOp>(createConvertMathToLLVMPass());
  pm.addNestedPass<func::FuncOp>(createArithToLLVMConversionPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  ConvertFuncToLLVMPassOptions function;
  function.useBarePtrCallConv = true;
  pm.addPass(createConvertFuncToLLVMPass(function));
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createKernelABIPass());
}

void buildCPUPipeline(OpPassManager &pm, const CPUPipelineOptions &options) {
  buildVectorPipeline(pm, options);
  buildLLVMPipeline(pm, options);
}

void registerCPUPhase() {
  registerMoecCPUPasses();
  PassPipelineRegistration<CPUPipelineOptions>(
      "moec-cpu-pipeline", "Lower kernel functions to the LLVM dialect",
      buildCPUPipeline);
}

} // namespace moec::cpu
