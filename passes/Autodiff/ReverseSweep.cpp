//===- ReverseSweep.cpp - Gradients of a block of moe ops -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Autodiff/ReverseSweep.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace moec;
using namespace moec::autodiff;

void GradientMap::add(OpBuilder &builder, Location loc, Value value,
                      Value gradient) {
  assert(value.getType() == gradient.getType() && "gradient of another type");
  Value &sum = gradients[value];
  if (!sum)
    sum = gradient;
  else
    sum = moe::AddOp::create(builder, loc, sum.getType(), sum, gradient);
}

Value autodiff::buildFill(OpBuilder &builder, Location loc, Type type,
                          double value) {
  return moe::FillOp::create(builder, loc, type,
                             builder.getF64FloatAttr(value));
}

void autodiff::eraseDeadOps(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

static bool isFloatTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && isa<FloatType>(tensor.getElementType());
}

void ReverseSweep::analyze(Block::iterator begin, Block::iterator end) {
  for (Operation &op : llvm::make_range(begin, end)) {
    if (auto repeat = dyn_cast<moe::RepeatOp>(op)) {
      analyzeRepeat(repeat);
      continue;
    }
    if (!llvm::any_of(op.getOperands(), [&](Value v) { return isVaried(v); }))
      continue;
    for (Value result : op.getResults())
      if (isFloatTensor(result.getType()))
        varied.insert(result);
  }
}

void ReverseSweep::analyzeRepeat(moe::RepeatOp op) {
  Block &body = op.getBody().front();
  ValueRange yielded = body.getTerminator()->getOperands();
  size_t carried = op.getCarried().size();
  for (auto [slice, stack] :
       llvm::zip(body.getArguments().drop_front(carried), op.getStacked()))
    if (isVaried(stack))
      varied.insert(slice);
  for (auto [argument, operand] :
       llvm::zip(body.getArguments(), op.getCarried()))
    if (isVaried(operand))
      varied.insert(argument);
  // What one iteration makes depend on a root, the next one is given.
  bool changed = true;
  while (changed) {
    analyze(body.begin(), body.end());
    changed = false;
    for (auto [argument, next] :
         llvm::zip(body.getArguments().take_front(carried), yielded))
      if (isVaried(next))
        changed |= varied.insert(argument).second;
  }
  for (auto [index, result] : llvm::enumerate(op.getResults()))
    if (isVaried(yielded[index]) ||
        (index < carried && isVaried(body.getArgument(index))))
      varied.insert(result);
}

LogicalResult ReverseSweep::run(Block::iterator begin, Block::iterator end,
                                GradientMap &gradients, OpBuilder &builder) {
  // The builder may insert at the end, and repeats are replaced.
  SmallVector<Operation *> ops;
  for (Operation &op : llvm::make_range(begin, end))
    ops.push_back(&op);

  for (Operation *op : llvm::reverse(ops)) {
    SmallVector<Value> resultGrads;
    for (Value result : op->getResults())
      resultGrads.push_back(gradients.lookup(result));
    if (llvm::none_of(resultGrads, [](Value v) { return bool(v); }) ||
        llvm::none_of(op->getOperands(), [&](Value v) { return isVaried(v); }))
      continue;
    if (auto repeat = dyn_cast<moe::RepeatOp>(op)) {
      if (failed(runRepeat(repeat, gradients, builder)))
        return failure();
      continue;
    }
    auto differentiable = dyn_cast<moe::DifferentiableOpInterface>(op);
    if (!differentiable)
      return op->emitError()
             << "the loss depends on parameters through '" << op->getName()
             << "', which has no gradient; use its result only as a metric or "
                "an output";
    SmallVector<Value> operandGrads =
        differentiable.buildGradient(builder, resultGrads);
    assert(operandGrads.size() == op->getNumOperands() &&
           "one gradient for each operand");
    for (auto [operand, gradient] : llvm::zip(op->getOperands(), operandGrads))
      if (gradient && isVaried(operand))
        gradients.add(builder, op->getLoc(), operand, gradient);
  }
  return success();
}
