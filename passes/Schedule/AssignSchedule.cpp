//===- AssignSchedule.cpp - Chooses tiles for products of matrices --------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/Cost.h"
#include "dialects/Kernel/KernelTuning.h"
#include "passes/Codegen/AddressExpr.h"
#include "passes/Codegen/ContractBlocks.h"
#include "passes/Codegen/OperandAccess.h"
#include "passes/Schedule/FixedVariables.h"
#include "passes/Schedule/Passes.h"
#include "passes/Schedule/StoredFactor.h"
#include "passes/Schedule/TunedShape.h"

using namespace mlir;

namespace moec::schedule {
#define GEN_PASS_DEF_ASSIGNSCHEDULEPASS
#include "passes/Schedule/Passes.h.inc"

namespace {

/// Whether vectors along k are made of more than a few pieces.
bool isSlowAlongK(kernel::ContractOp op, unsigned input) {
  // The packing loops start at multiples of the lanes.
  return isSlowAlong(op, input, op.getKDim(), 16);
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

/// Whether the right operand may be multiplied where it lies, if its last
/// vector of columns ends within its memory.
bool isInPlace(kernel::ContractOp op, int64_t lanes) {
  if (!isPlainFactor(op, op.getRhs()))
    return false;
  unsigned input = codegen::usedArguments(op.getRhs()).front();
  codegen::LaneInfo steps = laneAlong(op, input, op.getKDim());
  int64_t depth = op.getRaggedDim() == std::optional<uint64_t>(op.getKDim())
                      ? raggedDepth
                      : op.getDims()[op.getKDim()];
  return !isSlowAlong(op, input, op.getNDim()) &&
         steps.kind == codegen::LaneKind::Strided &&
         codegen::canReadStrip(lanes, depth, steps.stride);
}

} // namespace

ContractShape describe(kernel::ContractOp op, kernel::CpuAttr machine,
                       const FixedVariables *fixed) {
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
  shape.leftStride = leftStride(op);
  if (fixed && canPackLeft(op, *fixed)) {
    shape.leftStride = shape.k;
    shape.leftAlongK = true;
    shape.leftMap = 0;
  }
  shape.rightInPlace = isInPlace(op, machine.getLanes());
  for (int64_t extent : op.getDims().take_front(op.getNumGroupDims()))
    shape.groups *= extent;
  // A ragged dimension is shared out among the groups: the average counts.
  if (op.getRaggedDim()) {
    int64_t &ragged = *op.getRaggedDim() == op.getMDim() ? shape.m : shape.k;
    ragged = std::max<int64_t>(1, ragged / op.getDims()[0]);
  }
  if (fixed)
    shape.rightInStrips =
        canPackRight(op, *fixed) ||
        (canStoreRight(op) && isStoredInStrips(shape, machine));
  return shape;
}

namespace {
struct AssignSchedulePass : impl::AssignSchedulePassBase<AssignSchedulePass> {
  using AssignSchedulePassBase::AssignSchedulePassBase;

  void runOnOperation() override {
    kernel::MachineInterface machine = kernel::getMachine(getOperation());
    if (!machine)
      return signalPassFailure();
    auto cpu = dyn_cast<kernel::CpuAttr>(machine);
    if (!cpu)
      return;
    tuning = kernel::attr::tuning.get(getOperation());
    if (failed(checkTuning(cpu)))
      return signalPassFailure();
    if (auto module = dyn_cast<ModuleOp>(getOperation());
        module && packsOperands)
      fixed.emplace(module);
    scheduleContractions(getOperation(),
                         [&](kernel::ContractOp op) { assign(op, cpu); });
    fixed.reset();
    getOperation()->walk([&](kernel::AttendOp op) { assign(op, cpu); });
    getOperation()->walk([&](kernel::AttendGradOp op) { assign(op, cpu); });
  }

  /// Refuses schedules that are none for their shape or the machine.
  LogicalResult checkTuning(kernel::CpuAttr cpu) {
    if (tuning)
      for (NamedAttribute entry : tuning)
        if (std::string why = whyNoSchedule(
                entry.getName(), cast<kernel::ScheduleAttr>(entry.getValue()),
                cpu);
            !why.empty())
          return emitError(UnknownLoc::get(&getContext()))
                 << "the tuned schedule of '" << entry.getName().getValue()
                 << "' does not fit: " << why
                 << "; fix: tune the model again, with moec tune";
    return success();
  }

  void assign(kernel::AttendOp op, kernel::CpuAttr cpu) {
    AttendShape shape = describe(op);
    if (op.getScheduleAttr() || useTuned(shape, op))
      return;
    AttendSchedule s = chooseSchedule(shape, cpu);
    setSchedule(shape, op, {s.sTile, s.tTile}, {s.rows, s.columns});
  }

  void assign(kernel::AttendGradOp op, kernel::CpuAttr cpu) {
    if (op.getScheduleAttr())
      return;
    AttendSchedule s = chooseGradSchedule(describe(op), cpu);
    op.setScheduleAttr(kernel::ScheduleAttr::get(
        op.getContext(), {s.sTile, s.tTile}, {s.rows, s.columns}));
  }

  void assign(kernel::ContractOp op, kernel::CpuAttr cpu) {
    ContractShape shape = describe(op, cpu, fixed ? &*fixed : nullptr);
    if (useTuned(shape, op))
      return;
    ContractSchedule s = chooseSchedule(shape, cpu);
    if (op.getRaggedDim() && *op.getRaggedDim() == op.getKDim())
      s.kTile = raggedDepth;
    setSchedule(shape, op, {s.mTile, s.nTile, s.kTile}, {s.rows, s.columns});
  }

  /// The schedule of a tuning file, if it has one for the shape.
  template <typename Shape, typename Op>
  bool useTuned(const Shape &shape, Op op) {
    if (!tuning)
      return false;
    std::string name = nameShape(shape, op);
    auto tuned = tuning.getAs<kernel::ScheduleAttr>(name);
    if (!tuned)
      return false;
    setSchedule(shape, op, tuned.getTile(), tuned.getMicro());
    return true;
  }

  template <typename Shape, typename Op>
  void setSchedule(const Shape &shape, Op op, ArrayRef<int64_t> tile,
                   ArrayRef<int64_t> micro) {
    op.setScheduleAttr(kernel::ScheduleAttr::get(op.getContext(), tile, micro));
    if (tuning)
      op->setLoc(kernel::withShape(op.getLoc(), nameShape(shape, op)));
  }

  std::optional<FixedVariables> fixed; ///< if weights are going to be packed
  DictionaryAttr tuning;               ///< schedules by shape, if any are given
};
} // namespace
} // namespace moec::schedule
