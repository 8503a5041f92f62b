//===- Passes.cpp - Pipeline of the Memory phase --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Memory/Passes.h"

using namespace mlir;

namespace moec::memory {

void buildMemoryPipeline(OpPassManager &pm, PassPredicate wants) {
  pm.addPass(createPlaceVariablesPass());
  pm.addPass(createPlanMemoryPass());
  // Only after planning do kernels of the same work look the same.
  if (wants("merge-kernels"))
    pm.addPass(createMergeKernelsPass());
  pm.addPass(createVerifyMemoryPass());
}

void registerMemoryPhase() {
  registerMoecMemoryPasses();
  registerPipeline("moec-memory-pipeline",
                   "Plan memory, outline and merge kernels",
                   buildMemoryPipeline);
}

} // namespace moec::memory
