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
//                      variant = "mma.sync", stages = 4> ...
//
// Shown by test/passes/Schedule/assign-gpu-schedule.mlir.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Remarks.h"
#include "passes/Codegen/OperandAccess.h"
#include "passes/Schedule/Passes.h"

using namespace mlir;

namespace moec::schedule {
#define GEN_PASS_DEF_ASSIGNGPUSCHEDULEPASS
#include "passes/Schedule/Passes.h.inc"

namespace {

/// Tiles of k are as deep as this, or less.
constexpr int64_t deepTile = 64;

/// Instructions of a region for one element: functions take about twenty.
double instructions(Region &region) {
  double count = 0;
  for (Operation &op : region.front().without_terminator())
    count += isa<arith::ConstantOp>(op) ? 0
             : isa<math::MathDialect>(op.getDialect()) && !isa<math::FmaOp>(op)
                 ? 20
                 : 1;
  return count;
}

/// Instructions that bring an element into shared memory, 0 if cp.async can:
/// the operand is plain bf16 in rows of whole pieces of 8.
double staging(kernel::ContractOp op, Region &region, unsigned rowDim) {
  SmallVector<unsigned> inputs = codegen::usedArguments(region);
  bool bf16 = region.front().getTerminator()->getOperand(0).getType().isBF16();
  if (bf16 && inputs.size() == 1 &&
      codegen::yieldsArgument(region, inputs.front())) {
    auto type = cast<ShapedType>(op.getInputs()[inputs.front()].getType());
    auto access = cast<kernel::StructuredKernelOpInterface>(op.getOperation());
    int64_t last = type.getRank() ? type.getShape().back() : 1;
    unsigned k = op.getKDim();
    for (unsigned lane : {rowDim, k})
      if (!isSlowAlong(op, inputs.front(), lane, lane == k ? deepTile : 1) &&
          access.getInputMap(inputs.front()).isFunctionOfDim(lane) &&
          last % 8 == 0 && op.getDims()[lane] % 8 == 0 &&
          op.getRaggedDim() != std::optional<uint64_t>(lane))
        return 0;
  }
  return 4 + 3 * double(inputs.size()) + instructions(region);
}

struct AssignGpuSchedulePass
    : impl::AssignGpuSchedulePassBase<AssignGpuSchedulePass> {
  using AssignGpuSchedulePassBase::AssignGpuSchedulePassBase;

  void runOnOperation() override {
    getOperation()->walk([&](kernel::ContractOp op) {
      if (op.getScheduleAttr())
        return;
      turnOverIfBetter(op);
      assign(op);
    });
  }

  void assign(kernel::ContractOp op) {
    GpuContractShape shape{1, op.getDims()[op.getMDim()],
                           op.getDims()[op.getNDim()],
                           op.getDims()[op.getKDim()]};
    shape.tensorCores =
        op.getLhs().front().getTerminator()->getOperand(0).getType().isBF16();
    shape.leftStaging = staging(op, op.getLhs(), op.getMDim());
    shape.rightStaging = staging(op, op.getRhs(), op.getNDim());
    shape.epilogue =
        6 + 2 * double(codegen::usedArguments(op.getEpilogue()).size()) +
        instructions(op.getEpilogue());
    for (int64_t extent : op.getDims().take_front(op.getNumGroupDims()))
      shape.groups *= extent;
    // A ragged dimension is shared out among the groups: the average counts.
    if (op.getRaggedDim()) {
      shape.raggedM = *op.getRaggedDim() == op.getMDim();
      int64_t &ragged = shape.raggedM ? shape.m : shape.k;
      ragged = std::max<int64_t>(1, ragged / op.getDims()[0]);
    }
    GpuMachine machine{multiprocessors, shared, wgmma};
    op.setScheduleAttr(chooseGpuSchedule(shape, machine).attr(op.getContext()));
    if (!shape.tensorCores)
      remark::missed(
          op.getLoc(),
          remark::RemarkOpts::name("NoTensorCores").category("Schedule"))
          << remark::reason("lhs and rhs yield f32, so the contraction runs on "
                            "f32 units")
          << remark::suggest("compile with --precision bf16");
  }
};
} // namespace
} // namespace moec::schedule
