//===- AssignSchedule.cpp - Chooses tiles for products of matrices --------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/Cost.h"
#include "passes/Codegen/AddressExpr.h"
#include "passes/Codegen/OperandAccess.h"
#include "passes/Schedule/FixedVariables.h"
#include "passes/Schedule/Passes.h"

using namespace mlir;

namespace moec::schedule {
#define GEN_PASS_DEF_ASSIGNSCHEDULEPASS
#include "passes/Schedule/Passes.h.inc"

namespace {

/// Whether vectors along k are made of more than a few pieces.
bool isSlowAlongK(kernel::ContractOp op, unsigned input) {
  unsigned k = op.getKDim();
  auto shape = cast<ShapedType>(op.getInputs()[input].getType()).getShape();
  auto access = cast<kernel::StructuredKernelOpInterface>(op.getOperation());
  AffineExpr address =
      codegen::linearizeAccess(access.getInputMap(input), shape, op.getDims());
  // The packing loops start at multiples of the lanes.
  codegen::LaneKind kind = codegen::analyzeLane(address, k, 16).kind;
  return kind == codegen::LaneKind::Strided ||
         kind == codegen::LaneKind::Irregular;
}

bool dependsOnGroup(kernel::ContractOp op, Region &region) {
  auto access = cast<kernel::StructuredKernelOpInterface>(op.getOperation());
  for (unsigned input : codegen::usedArguments(region))
    for (int32_t i = input; i >= 0; i = access.getGather(i))
      for (unsigned g = 0; g < op.getNumGroupDims(); ++g)
        if (access.getInputMap(i).isFunctionOfDim(g))
          return true;
  return false;
}

/// Cycles of one vector through an operand's map: two simple ops run in one.
double mapCost(Region &map) {
  return kernel::getScalarWork(map).total(/*perSimple=*/0.5);
}

/// Whether the right operand may be multiplied where it lies (the columns of
/// the register tile permitting).
bool isInPlace(kernel::ContractOp op) {
  auto access = cast<kernel::StructuredKernelOpInterface>(op.getOperation());
  SmallVector<unsigned> used = codegen::usedArguments(op.getRhs());
  return used.size() == 1 &&
         codegen::yieldsArgument(op.getRhs(), used.front()) &&
         access.getGather(used.front()) < 0 &&
         op.getRhs().getArgument(used.front()).getType().isF32() &&
         !isSlowAlong(op, used.front(), op.getNDim());
}

struct AssignSchedulePass : impl::AssignSchedulePassBase<AssignSchedulePass> {
  using AssignSchedulePassBase::AssignSchedulePassBase;

  void runOnOperation() override {
    kernel::MachineInterface machine = kernel::getMachine(getOperation());
    if (!machine)
      return signalPassFailure();
    auto cpu = dyn_cast<kernel::CpuAttr>(machine);
    if (!cpu)
      return;
    if (auto module = dyn_cast<ModuleOp>(getOperation());
        module && packsWeights)
      fixed.emplace(module);
    scheduleContractions(getOperation(),
                         [&](kernel::ContractOp op) { assign(op, cpu); });
    fixed.reset();
    getOperation()->walk(
        [&](kernel::AttendOp op) { assignAttend(op, chooseSchedule, cpu); });
    getOperation()->walk([&](kernel::AttendGradOp op) {
      assignAttend(op, chooseGradSchedule, cpu);
    });
  }

  template <typename OpT>
  void assignAttend(OpT op,
                    AttendSchedule choose(const AttendShape &, kernel::CpuAttr),
                    kernel::CpuAttr cpu) {
    if (op.getScheduleAttr())
      return;
    AttendSchedule s = choose(describe(op), cpu);
    op.setScheduleAttr(kernel::ScheduleAttr::get(
        op.getContext(), {s.sTile, s.tTile}, {s.rows, s.columns}));
  }

  void assign(kernel::ContractOp op, kernel::CpuAttr cpu) {
    ContractShape shape{1,
                        op.getDims()[op.getMDim()],
                        op.getDims()[op.getNDim()],
                        op.getDims()[op.getKDim()],
                        dependsOnGroup(op, op.getLhs()),
                        dependsOnGroup(op, op.getRhs()),
                        mapCost(op.getLhs()),
                        mapCost(op.getRhs())};
    for (unsigned input : codegen::usedArguments(op.getLhs()))
      shape.leftAlongK &= !isSlowAlongK(op, input);
    shape.rightInPlace = isInPlace(op);
    shape.rightInStrips = fixed && canPackWeight(op, *fixed);
    for (int64_t extent : op.getDims().take_front(op.getNumGroupDims()))
      shape.groups *= extent;
    // A ragged dimension is shared out among the groups: the average counts.
    if (op.getRaggedDim()) {
      int64_t &ragged = *op.getRaggedDim() == op.getMDim() ? shape.m : shape.k;
      ragged = std::max<int64_t>(1, ragged / op.getDims()[0]);
    }
    ContractSchedule s = chooseSchedule(shape, cpu);
    if (op.getRaggedDim() && *op.getRaggedDim() == op.getKDim())
      s.kTile = 384;
    op.setScheduleAttr(kernel::ScheduleAttr::get(
        op.getContext(), {s.mTile, s.nTile, s.kTile}, {s.rows, s.columns}));
  }

  std::optional<FixedVariables> fixed; ///< if weights are going to be packed
};
} // namespace
} // namespace moec::schedule
