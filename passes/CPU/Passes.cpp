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
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace moec::cpu {

void buildCPUPipeline(OpPassManager &pm, PassPredicate wants) {
  pm.addPass(createExtractBuiltinsPass());
  pm.addNestedPass<func::FuncOp>(createLowerContractPass());
  pm.addNestedPass<func::FuncOp>(createLowerAttendPass());
  pm.addNestedPass<func::FuncOp>(createLowerAttendGradPass());
  pm.addNestedPass<func::FuncOp>(createLowerRowsPass());
  pm.addNestedPass<func::FuncOp>(createLowerMapPass());
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createCSEPass());
  pm.addNestedPass<func::FuncOp>(createSplitMaskedStoresPass());
  pm.addNestedPass<func::FuncOp>(createApproximateMathPass());
  pm.addNestedPass<func::FuncOp>(createLoopInvariantCodeMotionPass());
  pm.addPass(createVerifyCPUPass());
}

void buildLLVMPipeline(OpPassManager &pm, PassPredicate wants) {
  pm.addNestedPass<func::FuncOp>(createExpandBF16Pass());
  pm.addPass(createOutlineLoopsPass());
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
  pm.addPass(createVerifyLLVMPass());
}

void registerCPUPhase() {
  registerMoecCPUPasses();
  registerPipeline("moec-cpu-pipeline",
                   "Lower kernel functions to loops over vectors",
                   buildCPUPipeline);
  registerPipeline("moec-llvm-pipeline",
                   "Lower loops over vectors to the LLVM dialect",
                   buildLLVMPipeline);
}

} // namespace moec::cpu
