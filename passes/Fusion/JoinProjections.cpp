//===- JoinProjections.cpp - Queries, keys and values at once -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Queries, keys and values are the same tokens times three matrices. Side by
// side they are one matrix, whose columns fill register tiles that those of a
// narrow head do not, and the tokens are read, and normalised, once:
//
//   %q = moe.linear %x, %wq axis 2
//   %k = moe.linear %x, %wk axis 2
//   %v = moe.linear %x, %wv axis 2
//   .. moe.attention (reshapes of %q, %k, %v)
// becomes, if no entry changes these variables,
//   %w = moe.concat %wq, %wk, %wv axis 1
//   %p = moe.linear %x, %w axis 2
//   %q = moe.slice %p axis 2 begin 0, ..
//
// moec-hoist-parameters joins them when they are loaded, and
// moec-fuse-operands lets attention read its parts where they lie. Where a step
// changes variables, it would have to join them in each.
//
// Shown by test/passes/Fusion/join-projections.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEConventions.h"
#include "dialects/MoE/MoEOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Fusion/Passes.h"
#include "passes/Remarks.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

namespace moec::fusion {
#define GEN_PASS_DEF_JOINPROJECTIONSPASS
#include "passes/Fusion/Passes.h.inc"
} // namespace moec::fusion

using namespace mlir;
using namespace moec;

namespace {

using Projections = llvm::SetVector<Operation *>;

/// `value` but for what changes its shape, where nobody else reads it.
Value getUnshaped(Value value) {
  while (auto reshape = value.getDefiningOp<moe::ReshapeOp>()) {
    if (!value.hasOneUse())
      return nullptr;
    value = reshape.getInput();
  }
  return value.hasOneUse() ? value : Value();
}

struct JoinProjectionsPass
    : fusion::impl::JoinProjectionsPassBase<JoinProjectionsPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      for (unsigned i = 0; i < function.getNumResults(); ++i)
        if (auto name = moe::attr::variable.ofResult(function, i))
          changed.insert(name);
    SmallVector<moe::AttentionOp> ops;
    getOperation().walk([&](moe::AttentionOp op) { ops.push_back(op); });
    for (moe::AttentionOp op : ops) {
      llvm::MapVector<Value, Projections> ofInput;
      for (Value operand : {op.getQuery(), op.getKey(), op.getValue()}) {
        Value projected = getUnshaped(operand);
        auto linear = projected ? projected.getDefiningOp<moe::LinearOp>()
                                : moe::LinearOp();
        if (linear && linear->getBlock() == op->getBlock() &&
            isFixed(linear.getWeight(), op->getBlock()) &&
            (!linear.getBias() || isFixed(linear.getBias(), op->getBlock())))
          ofInput[linear.getInput()].insert(linear);
      }
      for (auto &[input, projections] : ofInput)
        join(projections);
    }
    changed.clear();
  }

  /// Whether `value` is a variable that no entry changes, or a layer of one, in
  /// whatever shape. All of it in `block`: what is joined there of parts from
  /// outside of a repeat would stay in it.
  bool isFixed(Value value, Block *block) {
    while (auto reshape = value.getDefiningOp<moe::ReshapeOp>()) {
      if (reshape->getBlock() != block)
        return false;
      value = reshape.getInput();
    }
    auto argument = dyn_cast<BlockArgument>(value);
    if (!argument || argument.getOwner() != block)
      return false;
    Operation *parent = argument.getOwner()->getParentOp();
    if (auto repeat = dyn_cast<moe::RepeatOp>(parent))
      return argument.getArgNumber() >= repeat.getCarried().size() &&
             isFixed(repeat->getOperand(argument.getArgNumber()),
                     repeat->getBlock());
    auto function = dyn_cast<func::FuncOp>(parent);
    auto name =
        function
            ? moe::attr::variable.ofArgument(function, argument.getArgNumber())
            : FlatSymbolRefAttr();
    return name && !changed.contains(name);
  }

  static void join(const Projections &projections) {
    auto first = cast<moe::LinearOp>(projections.front());
    SmallVector<Value> weights, biases;
    SmallVector<Location> locations;
    for (Operation *op : projections) {
      auto linear = cast<moe::LinearOp>(op);
      if (linear.getAxis() != first.getAxis() ||
          bool(linear.getBias()) != bool(first.getBias()))
        return;
      if (linear->isBeforeInBlock(first))
        first = linear;
      weights.push_back(linear.getWeight());
      if (linear.getBias())
        biases.push_back(linear.getBias());
      locations.push_back(linear.getLoc());
    }
    auto isLate = [&](Value part) {
      Operation *op = part.getDefiningOp();
      return op && !op->isBeforeInBlock(first);
    };
    if (weights.size() < 2 || llvm::any_of(weights, isLate) ||
        llvm::any_of(biases, isLate))
      return;
    OpBuilder b(first);
    Location loc = b.getFusedLoc(locations);
    auto concat = [&](ValueRange parts, int64_t axis) -> Value {
      auto type = cast<RankedTensorType>(parts.front().getType());
      SmallVector<int64_t> shape(type.getShape());
      shape[axis] = 0;
      for (Value part : parts)
        shape[axis] += cast<RankedTensorType>(part.getType()).getDimSize(axis);
      return moe::ConcatOp::create(b, loc, type.clone(shape), parts, axis);
    };
    int64_t axis = first.getAxis();
    Value weight = concat(weights, 1);
    Value bias = biases.empty() ? Value() : concat(biases, 0);
    SmallVector<int64_t> shape(first.getType().getShape());
    shape[axis] = cast<RankedTensorType>(weight.getType()).getDimSize(1);
    Value joined = moe::LinearOp::create(b, loc, first.getType().clone(shape),
                                         first.getInput(), weight, bias, axis);
    int64_t begin = 0;
    for (Operation *op : projections) {
      auto linear = cast<moe::LinearOp>(op);
      linear.getResult().replaceAllUsesWith(moe::SliceOp::create(
          b, linear.getLoc(), linear.getType(), joined, axis, begin));
      begin += linear.getType().getDimSize(axis);
    }
    remark::passed(
        loc, remarkAbout(joined.getDefiningOp(), "JoinProjections", "Fusion"))
        << std::to_string(weights.size()) +
               " matrices that multiply the same are one";
    for (Operation *op : projections)
      op->erase();
  }

  llvm::DenseSet<Attribute> changed; ///< variables, by name
};
} // namespace
