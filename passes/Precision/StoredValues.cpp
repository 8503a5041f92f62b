//===- StoredValues.cpp - Which tensors are kept as bf16 ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Precision/StoredValues.h"
#include "dialects/MoE/MoEOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace moec;
using namespace moec::precision;

StoredValues::StoredValues(func::FuncOp func,
                           const llvm::SmallPtrSetImpl<Operation *> &ops)
    : multiplying(ops) {
  Block &body = func.getBody().front();
  joinBlock(body);
  pin(body.getArguments());
  func.walk([&](Operation *op) {
    if (auto kernel = dyn_cast<kernel::KernelOpInterface>(op)) {
      for (unsigned i = 0; i < kernel.getInputs().size(); ++i)
        read(kernel, i);
      for (OpResult result : op->getResults()) {
        auto rounding = kernel.getOutRounding(result.getResultNumber());
        Group &group = groupOf(result);
        group.pinned |= rounding == kernel::OutRounding::Never;
        group.isStatistic |= rounding == kernel::OutRounding::IfOnlyMultiplied;
      }
    } else if (auto repeat = dyn_cast<moe::RepeatOp>(op)) {
      pin(repeat.getCarried());
    } else if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp,
                    tensor::EmptyOp, moe::YieldOp, func::FuncOp>(op) &&
               !isa_and_nonnull<kernel::KernelOpInterface>(op->getParentOp())) {
      // Returned, or unknown here.
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
         !(group.isStatistic && group.computedOn);
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
    } else if (auto kernel = dyn_cast<kernel::KernelOpInterface>(op)) {
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

void StoredValues::read(kernel::KernelOpInterface op, unsigned input) {
  kernel::InputUse use = op.getInputUse(input);
  Group &group = groupOf(op.getInputs()[input]);
  group.multiplied |= use.multiplied;
  group.computedOn |= use.computedOn;
  // A contraction that multiplies in f32 needs its factors in f32.
  group.pinned |=
      !use.mayRound || (use.multiplied && !multiplying.contains(op));
}
