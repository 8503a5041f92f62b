//===- Passes.cpp - Pipeline of the Memory phase --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Memory/Passes.h"
#include "mlir/Pass/PassManager.h"

void moec::memory::buildMemoryPipeline(mlir::OpPassManager &pm) {
  pm.addPass(createPlanMemoryPass());
  // Only after planning do kernels of the same work look the same.
  pm.addPass(createMergeKernelsPass());
  pm.addPass(createMergeProgramsPass());
}
