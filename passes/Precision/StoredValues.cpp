//===- StoredValues.cpp - Which tensors are kept as bf16 ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Precision/StoredValues.h"
#include "dialects/MoE/MoEOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace moec;
using namespace moec::precision;

/// True if `argument` is added to something, or handed on as it is.
static bool isTerm(BlockArgument argument) {
  return llvm::any_of(argument.getUses(), [](OpOperand &use) {
    Operation *user = use.getOwner();
    return isa<arith::AddFOp, arith::SubFOp, kernel::YieldOp>(user) ||
           (isa<math::FmaOp>(user) && use.getOperandNumber() == 2);
  });
}

static bool yieldsAsItIs(Region &region, unsigned input) {
  Operation *end = region.front().getTerminator();
  BlockArgument argument = region.getArgument(input);
  return argument.hasOneUse() && *argument.user_begin() == end;
}

StoredValues::StoredValues(func::FuncOp func,
                           const llvm::SmallPtrSetImpl<Operation *> &ops)
    : multiplying(ops) {
  Block &body = func.getBody().front();
  joinBlock(body);
  pin(body.getArguments());
  func.walk([&](Operation *op) {
    if (auto kernel = dyn_cast<kernel::StructuredKernelOpInterface>(op)) {
      for (unsigned i = 0; i < kernel.getInputs().size(); ++i)
        read(op, i);
      if (isa<kernel::RowsOp>(op))
        for (Value result : op->getResults())
          groupOf(result).fromRows = true;
    } else if (auto repeat = dyn_cast<moe::RepeatOp>(op)) {
      pin(repeat.getCarried());
    } else if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp,
                    tensor::EmptyOp, moe::YieldOp, func::FuncOp>(op) &&
               !isa_and_nonnull<kernel::StructuredKernelOpInterface>(
                   op->getParentOp())) {
      // Returned, routed by, or unknown here.
      pin(op->getOperands());
      pin(op->getResults());
    }
  });
}

bool StoredValues::contains(Value value) const {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.getElementType().isF32() || !groups.contains(value))
    return false;
  Group group = about.lookup(groups.getLeaderValue(value));
  return group.multiplied && !group.pinned &&
         !(group.fromRows && group.computedOn);
}

void StoredValues::join(Value a, Value b) { groups.unionSets(a, b); }

void StoredValues::pin(ValueRange values) {
  for (Value value : values)
    groupOf(value).pinned = true;
}

StoredValues::Group &StoredValues::groupOf(Value value) {
  return about[groups.getOrInsertLeaderValue(value)];
}

/// All groups are joined before anything is said about one.
void StoredValues::joinBlock(Block &block) {
  for (Operation &op : block) {
    if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op)) {
      join(op.getResult(0), op.getOperand(0));
    } else if (auto kernel =
                   dyn_cast<kernel::StructuredKernelOpInterface>(op)) {
      for (auto [result, out] : llvm::zip(op.getResults(), kernel.getOuts()))
        if (!out.getDefiningOp<tensor::EmptyOp>())
          join(result, out);
    } else if (isa<moe::RepeatOp>(op)) {
      joinRepeat(&op);
    }
  }
}

void StoredValues::joinRepeat(Operation *op) {
  auto repeat = cast<moe::RepeatOp>(op);
  Block &body = repeat.getBody().front();
  unsigned carried = repeat.getCarried().size();
  for (auto [operand, argument] :
       llvm::zip(repeat->getOperands(), body.getArguments()))
    join(operand, argument);
  for (auto [result, value] :
       llvm::zip(repeat.getResults(), body.getTerminator()->getOperands()))
    join(result, value);
  for (unsigned i = 0; i < carried; ++i)
    join(repeat.getResult(i), body.getArgument(i));
  joinBlock(body);
}

void StoredValues::read(Operation *op, unsigned input) {
  Group &group = groupOf(op->getOperand(input));
  bool fits = false;
  if (auto contract = dyn_cast<kernel::ContractOp>(op)) {
    fits = readByContract(contract, input, group);
  } else if (auto map = dyn_cast<kernel::MapOp>(op)) {
    fits = !isTerm(map.getBody().getArgument(input));
    group.computedOn |= !map.getBody().getArgument(input).use_empty();
  } else if (auto rows = dyn_cast<kernel::RowsOp>(op)) {
    // A plain sum over rows; anything else is statistics.
    fits = rows.getFinish().getArgument(input).use_empty() &&
           rows.getEmit().getArgument(input).use_empty();
    for (auto [phase, combiner] :
         llvm::zip(rows.getPhases(), rows.getCombiners()))
      fits &= phase.getArgument(input).use_empty() ||
              (yieldsAsItIs(phase, input) &&
               cast<kernel::CombinerAttr>(combiner).getValue() ==
                   kernel::Combiner::Add);
    group.computedOn = true;
  }
  group.pinned |= !fits;
}

bool StoredValues::readByContract(kernel::ContractOp op, unsigned input,
                                  Group &group) {
  for (unsigned side : {0, 1}) {
    Region &region = side == 0 ? op.getLhs() : op.getRhs();
    if (region.getArgument(input).use_empty())
      continue;
    // Beside the operand itself there are statistics, scales and weights.
    if (!multiplying.contains(op) ||
        (!yieldsAsItIs(region, input) && input != side))
      return false;
    group.multiplied = true;
    group.computedOn |= !yieldsAsItIs(region, input);
  }
  BlockArgument inEpilogue = op.getEpilogue().getArgument(input);
  group.computedOn |= !inEpilogue.use_empty();
  return !isTerm(inEpilogue);
}
