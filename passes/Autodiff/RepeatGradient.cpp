//===- RepeatGradient.cpp - The backward moe.repeat -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The backward repeat runs the iterations from the last to the first and
// carries the gradients of the carried values, then those of values from
// outside of the body that the body uses. It reads what the forward iterations
// left in stacks, and stacks the gradients of the stacked operands.
//
//===----------------------------------------------------------------------===//

#include "passes/Autodiff/ReverseSweep.h"
#include "passes/Autodiff/SavedValues.h"

using namespace mlir;
using namespace moec;
using namespace moec::autodiff;

namespace {
/// One carried value of the backward repeat: the gradient of `of`.
struct GradientCarry {
  Value of, initial, next;
};
} // namespace

LogicalResult ReverseSweep::runRepeat(moe::RepeatOp op, GradientMap &gradients,
                                      OpBuilder &builder) {
  Location loc = op.getLoc();
  Block &body = op.getBody().front();
  size_t carried = op.getCarried().size();
  auto yielded = cast<moe::YieldOp>(body.getTerminator()).getValues();

  Region region;
  auto *backward = new Block();
  region.push_back(backward);
  OpBuilder inner(op.getContext());
  inner.setInsertionPointToEnd(backward);
  GradientMap local;

  // Seeds: the gradients of the carried values, then those of the stacks.
  SmallVector<GradientCarry> carries;
  for (size_t i = 0; i < carried; ++i) {
    if (!isVaried(body.getArgument(i)))
      continue;
    Type type = op.getCarried()[i].getType();
    Value initial = gradients.lookup(op.getResult(i));
    if (!initial)
      initial = buildFill(builder, loc, type, 0.0);
    carries.push_back({op.getCarried()[i], initial, Value()});
    Value argument = backward->addArgument(type, loc);
    if (isVaried(yielded[i]))
      local.add(inner, loc, yielded[i], argument);
  }
  SmallVector<Value> stacked;
  for (size_t i = carried; i < op.getNumResults(); ++i) {
    Value stack = gradients.lookup(op.getResult(i));
    if (!stack)
      continue;
    stacked.push_back(stack);
    Value slice = backward->addArgument(yielded[i].getType(), loc);
    local.add(inner, loc, yielded[i], slice);
  }

  if (failed(run(body.begin(), body.end(), local, inner)))
    return failure();

  // What the next iteration is given.
  GradientCarry *carry = carries.begin();
  for (BlockArgument argument : body.getArguments().take_front(carried)) {
    if (!isVaried(argument))
      continue;
    carry->next = local.lookup(argument);
    if (!carry->next)
      carry->next = buildFill(inner, loc, argument.getType(), 0.0);
    ++carry;
  }
  size_t ownCarries = carries.size();
  for (auto [value, gradient] : local) {
    if (value.getParentBlock() == &body)
      continue;
    // Goes on from the gradient that the value has already.
    Value initial = gradients.lookup(value);
    if (!initial)
      initial = buildFill(builder, loc, value.getType(), 0.0);
    Value sum = backward->insertArgument(carries.size(), value.getType(), loc);
    carries.push_back(
        {value, initial,
         moe::AddOp::create(inner, loc, value.getType(), sum, gradient)});
  }
  SmallVector<Value> initials, results;
  for (GradientCarry &each : carries) {
    initials.push_back(each.initial);
    results.push_back(each.next);
  }
  SmallVector<Type> types(ValueRange(initials).getTypes());
  SmallVector<Value> stackedOperands;
  for (auto [slice, stack] :
       llvm::zip(body.getArguments().drop_front(carried), op.getStacked()))
    if (Value gradient = local.lookup(slice)) {
      results.push_back(gradient);
      types.push_back(stack.getType());
      stackedOperands.push_back(stack);
    }
  moe::YieldOp::create(inner, loc, results);
  eraseDeadOps(*backward);

  // From here on the gradients of the results are not asked for any more, so
  // the forward repeat may be replaced.
  SmallVector<Value> asked;
  for (Value result : op.getResults()) {
    varied.erase(result);
    asked.push_back(gradients.lookup(result));
    gradients.erase(result);
  }
  moe::RepeatOp forward =
      SavedValues(op, *backward, recomputation).apply(stacked);
  if (!forward)
    return failure();
  // But the caller may want those by a result.
  for (auto [result, found] : llvm::zip(forward.getResults(), asked))
    if (found)
      gradients.set(result, found);
  auto gradient = moe::RepeatOp::create(
      builder, loc, types, forward.getCountAttr(), initials, stacked,
      forward.getReverse() ? UnitAttr() : builder.getUnitAttr());
  gradient.getBody().takeBody(region);

  for (size_t i = ownCarries; i < carries.size(); ++i)
    gradients.set(carries[i].of, gradient.getResult(i));
  for (size_t i = 0; i < ownCarries; ++i)
    if (isVaried(carries[i].of))
      gradients.add(builder, loc, carries[i].of, gradient.getResult(i));
  for (auto [i, stack] : llvm::enumerate(stackedOperands))
    gradients.add(builder, loc, stack, gradient.getResult(carries.size() + i));
  return success();
}
