//===- Passes.cpp - The model phase's pipeline ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Model/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace moec::model {

void buildModelPipeline(OpPassManager &pm, PassPredicate wants) {
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  if (wants("unroute-shared"))
    pm.addNestedPass<func::FuncOp>(createUnrouteSharedPass());
  pm.addPass(createVerifyModelPass());
}

void registerModelPhase() {
  registerMoecModelPasses();
  registerPipeline("moec-model-pipeline",
                   "Clean up the model and check its entries",
                   buildModelPipeline);
}

} // namespace moec::model
