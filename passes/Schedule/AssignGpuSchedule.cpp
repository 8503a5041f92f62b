//===- AssignGpuSchedule.cpp - Chooses GPU code for contractions ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   kernel.contract dims [6272, 192, 96] ins(%x, %w : ...) outs(%y : ...)
//     maps [...] lhs {... : bf16} rhs {... : bf16} epilogue {...}
// becomes
//   kernel.contract dims [6272, 192, 96] ... schedule
//     #kernel.schedule<tile = [128, 96, 32], micro = [64, 48],
//                      variant = mma.sync, stages = 4> ...
//
// Shown by test/passes/Schedule/assign-gpu-schedule.mlir.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Remarks.h"
#include "passes/Remarks.h"
#include "passes/Schedule/Passes.h"

using namespace mlir;

namespace moec::schedule {
#define GEN_PASS_DEF_ASSIGNGPUSCHEDULEPASS
#include "passes/Schedule/Passes.h.inc"

namespace {
struct AssignGpuSchedulePass
    : impl::AssignGpuSchedulePassBase<AssignGpuSchedulePass> {
  void runOnOperation() override {
    kernel::MachineInterface machine = kernel::getMachine(getOperation());
    if (!machine)
      return signalPassFailure();
    if (auto gpu = dyn_cast<kernel::GpuAttr>(machine))
      scheduleContractions(getOperation(),
                           [&](kernel::ContractOp op) { assign(op, gpu); });
  }

  void assign(kernel::ContractOp op, kernel::GpuAttr gpu) {
    GpuContractShape shape = describeForGpu(op);
    op.setScheduleAttr(chooseGpuSchedule(shape, gpu).attr(op.getContext()));
    if (!shape.tensorCores)
      remark::missed(op.getLoc(), remarkAbout(op, "NoTensorCores", "Schedule"))
          << remark::reason("lhs and rhs yield f32, so the contraction runs on "
                            "f32 units")
          << remark::suggest("compile with --precision bf16");
  }
};
} // namespace
} // namespace moec::schedule
