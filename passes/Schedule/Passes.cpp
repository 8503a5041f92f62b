//===- Passes.cpp - Pipeline of the Schedule phase ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Schedule/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace moec::schedule {

void buildSchedulePipeline(OpPassManager &pm, PassPredicate wants) {
  // Packing pays where it is not a part of the step.
  bool hoists = wants("hoist-parameters");
  bool packs = wants("pack-operands") && hoists;
  if (wants("hoist-from-repeats") && hoists) {
    pm.addPass(createHoistFromRepeatsPass());
    // What it moved is a variable for the passes that follow.
    pm.addPass(createHoistParametersPass());
  }
  if (wants("split-batch"))
    pm.addNestedPass<func::FuncOp>(createSplitBatchPass());
  if (wants("materialize-operands")) {
    pm.addPass(createMaterializeOperandsPass());
    pm.addPass(createCSEPass());
  }
  if (wants("split-reduction"))
    pm.addPass(createSplitReductionPass());
  // Each is for one kind of machine.
  pm.addPass(createAssignSchedulePass({/*packsOperands=*/packs}));
  pm.addPass(createAssignGpuSchedulePass());
  if (packs)
    pm.addPass(createPackOperandsPass());
  if (hoists)
    pm.addPass(createHoistParametersPass());
  pm.addPass(createVerifySchedulePass());
}

void registerSchedulePhase() {
  registerMoecSchedulePasses();
  registerPipeline("moec-schedule-pipeline",
                   "Choose how every contraction is tiled",
                   buildSchedulePipeline);
}

} // namespace moec::schedule
