//===- Passes.cpp - The autodiff phase's pipeline -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Autodiff/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace moec::autodiff {

void buildAutodiffPipeline(OpPassManager &pm, PassPredicate wants) {
  pm.addPass(createAutodiffPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createVerifyAutodiffPass());
}

void registerAutodiffPhase() {
  registerMoecAutodiffPasses();
  registerPipeline("moec-autodiff-pipeline",
                   "Replace moe.gradient by the backward pass",
                   buildAutodiffPipeline);
}

} // namespace moec::autodiff
