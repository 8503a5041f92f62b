//===- Passes.cpp - Pipeline of the Precision phase -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Precision/Passes.h"

using namespace mlir;

namespace moec::precision {

void buildPrecisionPipeline(OpPassManager &pm, PassPredicate wants) {
  pm.addPass(createAssignPrecisionPass());
  pm.addPass(createVerifyPrecisionPass());
}

void registerPrecisionPhase() {
  registerMoecPrecisionPasses();
  registerPipeline("moec-precision-pipeline",
                   "Say in the types what is multiplied and kept in bf16",
                   buildPrecisionPipeline);
}

} // namespace moec::precision
