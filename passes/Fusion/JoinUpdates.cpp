//===- JoinUpdates.cpp - One launch for the update of many parameters -----===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An optimizer does the same for every element of every parameter. The lists of
// an update become flat tensors, joined by tensor.concat; the planner lays the
// parts side by side, so that joining and taking apart moves nothing.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelBuilder.h"
#include "dialects/MoE/MoEOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Fusion/Passes.h"
#include <numeric>

namespace moec::fusion {
#define GEN_PASS_DEF_JOINUPDATESPASS
#include "passes/Fusion/Passes.h.inc"
} // namespace moec::fusion

using namespace mlir;
using namespace moec;

namespace {

RankedTensorType flatType(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return RankedTensorType::get({tensor.getNumElements()},
                               tensor.getElementType());
}

/// Joins the lists of one update, all in the same order.
class Joiner {
public:
  Joiner(Operation *update, TypeRange types)
      : update(update), b(update), loc(update->getLoc()) {
    this->types.assign(types.begin(), types.end());
    order.resize(types.size());
    std::iota(order.begin(), order.end(), 0);
    // Parts lie without gaps: as long as every part is a multiple of a cache
    // line, the next one begins on one. The others go to the end, the most
    // aligned first, so that each begins where its own size asks for.
    llvm::stable_sort(order, [&](unsigned i, unsigned j) {
      return alignment(i) > alignment(j);
    });
  }

  Value join(ValueRange list) {
    SmallVector<Value> parts;
    for (unsigned i : order)
      parts.push_back(
          kernel::reshape(b, loc, list[i], flatType(types[i]).getShape()));
    return tensor::ConcatOp::create(b, loc, /*dim=*/0, parts);
  }

  /// Replaces the results `list` by the parts of `joined`.
  void split(Value joined, ValueRange list) {
    int64_t offset = 0;
    for (unsigned i : order) {
      int64_t elements = flatType(types[i]).getNumElements();
      Value part = tensor::ExtractSliceOp::create(
          b, loc, flatType(types[i]), joined, ValueRange(), ValueRange(),
          ValueRange(), ArrayRef(offset), ArrayRef(elements),
          ArrayRef<int64_t>(1));
      list[i].replaceAllUsesWith(kernel::reshape(
          b, loc, part, cast<RankedTensorType>(types[i]).getShape()));
      offset += elements;
    }
  }

  Operation *update;
  OpBuilder b;
  Location loc;

private:
  int64_t alignment(unsigned i) const {
    int64_t elements = flatType(types[i]).getNumElements();
    return std::min<int64_t>(16, elements & -elements);
  }

  SmallVector<Type> types;
  SmallVector<unsigned> order;
};

/// Joins the gradients of an update. The norm of all gradients, which comes
/// before, reads them joined, too.
Value joinGradients(Joiner &joiner, ValueRange grads) {
  SmallVector<moe::ClipScaleOp> clips;
  bool different = llvm::all_of(
      grads, [&](Value value) { return llvm::count(grads, value) == 1; });
  for (Operation *user : grads[0].getUsers())
    if (auto clip = dyn_cast<moe::ClipScaleOp>(user);
        clip && different && llvm::all_of(grads, [&](Value value) {
          return llvm::count(clip.getGrads(), value) == 1;
        }))
      clips.push_back(clip);
  if (clips.size() != 1 || clips[0]->getBlock() != joiner.update->getBlock() ||
      !clips[0]->isBeforeInBlock(joiner.update))
    return joiner.join(grads);

  moe::ClipScaleOp clip = clips[0];
  OpBuilder::InsertionGuard guard(joiner.b);
  joiner.b.setInsertionPoint(clip);
  Value joined = joiner.join(grads);
  SmallVector<Value> operands;
  for (Value gradient : clip.getGrads())
    if (gradient == grads[0])
      operands.push_back(joined);
    else if (!llvm::is_contained(grads, gradient))
      operands.push_back(gradient);
  clip.getGradsMutable().assign(operands);
  return joined;
}

/// Only what stands in an entry itself: parts lie side by side there. An update
/// that sums over a parameter has to know where it ends.
bool canJoin(moe::OptimizerOpInterface update) {
  return update.getNumSums() == 0 && update.getNumParams() > 1 &&
         isa<func::FuncOp>(update->getParentOp()) &&
         llvm::all_of(
             update->getResults().take_front(update.getNumParams()).getTypes(),
             [](Type type) {
               return cast<RankedTensorType>(type).getNumElements() > 0;
             });
}

void join(moe::OptimizerOpInterface op) {
  unsigned count = op.getNumParams(), kinds = 1 + op.getNumMoments();
  auto operands = [&](unsigned list) {
    return op->getOperands().slice(list * count, count);
  };
  Joiner joiner(op, operands(0).getTypes());
  // Parameters, gradients, moments; the gradients last, where they are read.
  SmallVector<Value> joined(kinds + 1);
  for (unsigned list = 0; list <= kinds; ++list)
    if (list != 1)
      joined[list] = joiner.join(operands(list));
  joined[1] = joinGradients(joiner, operands(1));
  llvm::append_range(joined, op->getOperands().drop_front((kinds + 1) * count));
  SmallVector<Type> types(kinds, joined[0].getType());
  OperationState state(joiner.loc, op->getName(), joined, types,
                       op->getAttrs());
  Operation *update = joiner.b.create(state);
  for (unsigned kind = 0; kind < kinds; ++kind)
    joiner.split(update->getResult(kind),
                 op->getResults().slice(kind * count, count));
  op->erase();
}

struct JoinUpdatesPass : fusion::impl::JoinUpdatesPassBase<JoinUpdatesPass> {
  void runOnOperation() override {
    SmallVector<moe::OptimizerOpInterface> updates;
    getOperation().walk([&](moe::OptimizerOpInterface op) {
      if (canJoin(op))
        updates.push_back(op);
    });
    llvm::for_each(updates, join);
  }
};

} // namespace
