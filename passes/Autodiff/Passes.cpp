//===- Passes.cpp - The autodiff phase's pipeline -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Autodiff/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void moec::buildAutodiffPipeline(OpPassManager &manager) {
  manager.addPass(createAutodiffPass());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createVerifyAutodiffPass());
}

void moec::registerAutodiffPasses() {
  registerMoecAutodiffPasses();
  PassPipelineRegistration<>(
      "moec-autodiff-pipeline", "Replace moe.gradient by the backward pass",
      [](OpPassManager &manager) { buildAutodiffPipeline(manager); });
}
