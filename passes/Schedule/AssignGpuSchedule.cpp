//===- AssignGpuSchedule.cpp - Chooses GPU code for products of matrices --===//
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
    auto gpu = dyn_cast<kernel::GpuAttr>(machine);
    if (!gpu)
      return;
    scheduleContractions(getOperation(),
                         [&](kernel::ContractOp op) { assign(op, gpu); });
    getOperation()->walk([&](kernel::AttendOp op) {
      assign(op, gpu, [](auto... of) { return chooseGpuSchedule(of...); });
    });
    getOperation()->walk([&](kernel::AttendGradOp op) {
      assign(op, gpu, chooseGpuGradSchedule);
    });
  }

  template <typename OpT, typename Choose>
  void assign(OpT op, kernel::GpuAttr gpu, Choose choose) {
    if (op.getScheduleAttr())
      return;
    Operation *end = op.getQuery().front().getTerminator();
    bool tensorCores = end->getOperand(0).getType().isBF16();
    op.setScheduleAttr(
        choose(describe(op), tensorCores, gpu).attr(op.getContext()));
    if (!tensorCores)
      noTensorCores(op, "query, key and value yield f32, so attention runs on "
                        "f32 units");
  }

  static void noTensorCores(Operation *op, StringRef reason) {
    remark::missed(op->getLoc(), remarkAbout(op, "NoTensorCores", "Schedule"))
        << remark::reason("{0}", reason)
        << remark::suggest("compile with --precision bf16");
  }

  void assign(kernel::ContractOp op, kernel::GpuAttr gpu) {
    GpuContractShape shape = describeForGpu(op);
    op.setScheduleAttr(chooseGpuSchedule(shape, gpu).attr(op.getContext()));
    if (!shape.tensorCores)
      noTensorCores(op, "lhs and rhs yield f32, so the contraction runs on f32 "
                        "units");
  }
};
} // namespace
} // namespace moec::schedule
