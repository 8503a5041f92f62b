//===- Autodiff.cpp - moec-autodiff: gradients in their place -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEConventions.h"
#include "dialects/MoE/MoEWork.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"
#include "passes/Autodiff/Passes.h"
#include "passes/Autodiff/ReverseSweep.h"

namespace moec::autodiff {
#define GEN_PASS_DEF_AUTODIFFPASS
#include "passes/Autodiff/Passes.h.inc"
} // namespace moec::autodiff

using namespace mlir;
using namespace moec;
using namespace moec::autodiff;

/// What messages call a value that gradients are taken by.
static std::string nameOf(Value value, unsigned index) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    if (auto func = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp()))
      if (auto name =
              moe::attr::variable.ofArgument(func, argument.getArgNumber()))
        return ("@" + name.getValue()).str();
  return "value " + std::to_string(index);
}

/// Builds the backward pass of `gradient` ahead of it and takes it away.
static LogicalResult expand(moe::GradientOp gradient,
                            Recomputation &recomputation) {
  Block &block = *gradient->getBlock();
  if (!isa<func::FuncOp>(block.getParentOp()))
    return gradient.emitOpError(
        "expected in the body of a function, not in a region of an op");
  // What follows reads the forward pass, and must not be differentiated.
  ReverseSweep sweep(recomputation);
  for (Value root : gradient.getWrt())
    sweep.addRoot(root);
  sweep.analyze(block.begin(), gradient->getIterator());

  OpBuilder builder(gradient);
  Value loss = gradient.getLoss();
  GradientMap gradients;
  gradients.set(loss, buildFill(builder, loss.getLoc(), loss.getType(), 1.0));
  if (failed(sweep.run(block.begin(), gradient->getIterator(), gradients,
                       builder)))
    return failure();
  for (auto [i, root, result] :
       llvm::enumerate(gradient.getWrt(), gradient.getGradients())) {
    Value found = gradients.lookup(root);
    if (!found) {
      gradient.emitWarning()
          << "the loss does not depend on " << nameOf(root, unsigned(i))
          << "; its gradient is zero";
      found = buildFill(builder, gradient.getLoc(), root.getType(), 0.0);
    }
    result.replaceAllUsesWith(found);
  }
  gradient.erase();
  return success();
}

namespace {
struct AutodiffPass
    : public moec::autodiff::impl::AutodiffPassBase<AutodiffPass> {
  using AutodiffPassBase::AutodiffPassBase;

  void runOnOperation() override {
    SmallVector<moe::GradientOp> gradients;
    getOperation().walk([&](moe::GradientOp op) { gradients.push_back(op); });
    FloatAttr price = moe::attr::recompute.get(getOperation());
    Recomputation recomputation(price ? price.getValueAsDouble() : 0);
    for (moe::GradientOp gradient : gradients)
      if (failed(expand(gradient, recomputation)))
        return signalPassFailure();
    if (price && recomputation.getNext())
      moe::attr::recomputeNext.set(
          getOperation(),
          Builder(&getContext()).getF64FloatAttr(recomputation.getNext()));
    // Only now: a gradient that nobody asks for is dead, but was in the list.
    for (auto function : getOperation().getOps<func::FuncOp>())
      for (Block &block : function.getBody())
        eraseDeadOps(block);
  }
};
} // namespace
