//===- Passes.cpp - The model phase's pipeline ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Model/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void moec::buildModelPipeline(OpPassManager &manager) {
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createVerifyModelPass());
}

void moec::registerModelPasses() {
  registerMoecModelPasses();
  PassPipelineRegistration<>(
      "moec-model-pipeline", "Clean up the model and check its entries",
      [](OpPassManager &manager) { buildModelPipeline(manager); });
}
