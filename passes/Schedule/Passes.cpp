//===- Passes.cpp - Pipeline of the Schedule phase ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Schedule/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace moec::schedule {

/// What the cost models of passes know of the GPU.
template <typename Options>
static Options forGpu(const SchedulePipelineOptions &target) {
  Options options;
  options.multiprocessors = target.threads;
  options.shared = target.shared;
  options.wgmma = target.wgmma;
  return options;
}

void buildSchedulePipeline(OpPassManager &pm,
                           const SchedulePipelineOptions &options,
                           PassPredicate wants) {
  if (options.gpu && wants("materialize-operands")) {
    pm.addPass(createMaterializeOperandsPass(
        forGpu<MaterializeOperandsPassOptions>(options)));
    pm.addPass(createCSEPass());
  }
  SplitReductionPassOptions parts;
  parts.threads = options.threads;
  if (wants("split-reduction"))
    pm.addPass(createSplitReductionPass(parts));
  if (options.gpu) {
    pm.addPass(createAssignGpuSchedulePass(
        forGpu<AssignGpuSchedulePassOptions>(options)));
    return;
  }
  AssignSchedulePassOptions schedule;
  schedule.lanes = options.lanes;
  schedule.threads = options.threads;
  schedule.registers = options.registers;
  pm.addPass(createAssignSchedulePass(schedule));
}

void registerSchedulePhase() {
  registerMoecSchedulePasses();
  PassPipelineRegistration<SchedulePipelineOptions>(
      "moec-schedule-pipeline", "Choose how every contraction is tiled",
      [](OpPassManager &pm, const SchedulePipelineOptions &options) {
        buildSchedulePipeline(
            pm, options, [&](StringRef name) { return options.wants(name); });
      });
}

} // namespace moec::schedule
