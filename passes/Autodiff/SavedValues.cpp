//===- SavedValues.cpp - What a backward repeat reads ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Autodiff/SavedValues.h"

using namespace mlir;
using namespace moec;
using namespace moec::autodiff;

/// The type of `count` values of `type`, or null where there is none.
static Type getStackType(Type type, int64_t count) {
  if (auto plan = dyn_cast<moe::RoutingType>(type))
    return plan.getStack()
               ? Type()
               : moe::RoutingType::get(type.getContext(), plan.getItems(),
                                       plan.getExperts(), plan.getK(),
                                       plan.getCapacity(), count);
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return Type();
  SmallVector<int64_t> shape = {count};
  llvm::append_range(shape, tensor.getShape());
  return RankedTensorType::get(shape, tensor.getElementType());
}

static bool isView(Operation *op) {
  return isa<moe::ReshapeOp, moe::TransposeOp, moe::BroadcastOp>(op);
}

static bool isRecomputable(Operation *op) {
  return op->hasTrait<moe::CheapToRecompute>() || isa<moe::FillOp>(op);
}

bool SavedValues::isSlice(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  return argument && argument.getArgNumber() >= forward.getCarried().size();
}

bool SavedValues::isAvailable(Value value) {
  return !isInForward(value) || isSlice(value) || source.kept.contains(value) ||
         source.recomputed.contains(value);
}

void SavedValues::collectLeaves(Value value, SetVector<Value> &leaves) {
  if (isAvailable(value))
    return;
  Operation *op = value.getDefiningOp();
  if (!op || !isRecomputable(op)) {
    leaves.insert(value);
    return;
  }
  for (Value operand : op->getOperands())
    collectLeaves(operand, leaves);
}

void SavedValues::require(Value value) {
  if (isAvailable(value))
    return;
  Operation *op = value.getDefiningOp();
  if (!op || !isRecomputable(op)) {
    source.kept.insert(value);
    return;
  }
  if (!isView(op)) {
    SetVector<Value> leaves;
    collectLeaves(value, leaves);
    int64_t bits = 0;
    for (Value leaf : leaves)
      bits += getBits(leaf);
    if (bits >= getBits(value)) {
      source.kept.insert(value);
      return;
    }
  }
  for (Value operand : op->getOperands())
    require(operand);
  source.recomputed.insert(value);
}

LogicalResult SavedValues::yieldKept() {
  auto yield = cast<moe::YieldOp>(forwardBody.getTerminator());
  size_t carried = forward.getCarried().size();
  SmallVector<Type> types(forward.getResultTypes());
  SmallVector<Value> added;
  // Where each kept value's stack is among the results.
  SmallVector<std::pair<Value, size_t>> places;
  for (Value value : source.kept) {
    auto stacksSoFar = yield.getValues().drop_front(carried);
    auto found = llvm::find(stacksSoFar, value);
    if (found != stacksSoFar.end()) {
      places.emplace_back(value, carried + (found - stacksSoFar.begin()));
      continue;
    }
    Type type = getStackType(value.getType(), forward.getCount());
    if (!type) {
      InFlightDiagnostic diag =
          forward.emitError()
          << "the backward pass needs a value of type " << value.getType()
          << " from every iteration, which cannot be stacked";
      diag.attachNote(value.getLoc())
          << "this one; routing inside nested repeats is not supported: "
             "write the outer repeat out";
      return failure();
    }
    places.emplace_back(value, types.size());
    types.push_back(type);
    added.push_back(value);
  }

  if (!added.empty()) {
    yield.getValuesMutable().append(added);
    OpBuilder builder(forward);
    auto augmented = moe::RepeatOp::create(
        builder, forward.getLoc(), types, forward.getCountAttr(),
        forward.getCarried(), forward.getStacked(), forward.getReverseAttr());
    augmented->setDiscardableAttrs(forward->getDiscardableAttrDictionary());
    augmented.getBody().takeBody(forward.getBody());
    forward->replaceAllUsesWith(
        augmented.getResults().take_front(forward.getNumResults()));
    forward->erase();
    forward = augmented;
  }
  for (auto [value, place] : places)
    stacks.map(value, forward.getResult(place));
  return success();
}

Value SavedValues::materialize(Value value, Operation *before,
                               SmallVectorImpl<Value> &stacked) {
  if (!isInForward(value))
    return value;
  if (Value known = mapping.lookupOrNull(value))
    return known;
  if (isSlice(value) || source.kept.contains(value)) {
    Value stack = stacks.lookupOrNull(value);
    if (!stack)
      stack = forward.getStacked()[cast<BlockArgument>(value).getArgNumber() -
                                   forward.getCarried().size()];
    stacked.push_back(stack);
    Value argument = backward.addArgument(value.getType(), value.getLoc());
    mapping.map(value, argument);
    return argument;
  }
  Operation *op = value.getDefiningOp();
  for (Value operand : op->getOperands())
    materialize(operand, before, stacked);
  OpBuilder builder(before);
  builder.clone(*op, mapping);
  return mapping.lookup(value);
}

moe::RepeatOp SavedValues::apply(SmallVectorImpl<Value> &stacked) {
  // The values that the backward block reads, earlier ones first: what is kept
  // for one may serve to compute a later one.
  SmallVector<OpOperand *> uses;
  SetVector<Value> needed;
  backward.walk<WalkOrder::PreOrder>([&](Operation *op) {
    for (OpOperand &use : op->getOpOperands())
      if (isInForward(use.get())) {
        uses.push_back(&use);
        needed.insert(use.get());
      }
  });
  for (BlockArgument argument : forwardBody.getArguments())
    if (needed.contains(argument))
      require(argument);
  for (Operation &op : forwardBody)
    for (Value result : op.getResults())
      if (needed.contains(result))
        require(result);
  recomputation.trade(forward, source);

  if (failed(yieldKept()))
    return {};

  // In program order, so that what is computed again for the first use stands
  // before all others.
  for (OpOperand *use : uses)
    use->set(materialize(
        use->get(), backward.findAncestorOpInBlock(*use->getOwner()), stacked));
  return forward;
}
