//===- HoistFromRepeats.cpp - Computes all layers of a kernel at once -----===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   moe.repeat 6 carry(..) stacked(%w : tensor<6x384x128xf32>) {
//   ^bb0(%c: .., %wi: tensor<384x128xf32>):
//     %n = kernel.rows dims [128, 384] ins(%wi) ..
// becomes, if %w is a variable that no entry changes,
//   %ns = kernel.rows dims [6, 128, 384] ins(%w) ..
//   moe.repeat 6 carry(..) stacked(%w, %ns : .., tensor<6x128xf32>) {
//   ^bb0(%c: .., %wi: tensor<384x128xf32>, %n: tensor<128xf32>):
//
// so that moec-hoist-parameters can take it out of the step.
//
// Shown by test/passes/Schedule/hoist-from-repeats.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/IndexingMaps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Schedule/FixedVariables.h"
#include "passes/Schedule/Passes.h"
#include "passes/Schedule/RepeatSlices.h"

using namespace mlir;

namespace moec::schedule {
#define GEN_PASS_DEF_HOISTFROMREPEATSPASS
#include "passes/Schedule/Passes.h.inc"

namespace {
using kernel::StructuredKernelOpInterface;

/// The kernels of one repeat.
class RepeatHoister {
public:
  RepeatHoister(moe::RepeatOp repeat, const FixedVariables &fixed)
      : repeat(repeat), fixed(fixed), b(repeat) {}

  /// Whether it has changed anything.
  bool run() {
    Block &body = repeat.getBody().front();
    unsigned count = body.getNumArguments();
    for (Operation &op : llvm::make_early_inc_range(body))
      if (isa<kernel::MapOp, kernel::RowsOp>(op) &&
          canMove(cast<StructuredKernelOpInterface>(op)))
        move(cast<StructuredKernelOpInterface>(op));
    if (body.getNumArguments() == count)
      return false;
    dropUnusedSlices(repeat);
    return true;
  }

private:
  /// The stack that `value` is a slice of, if that follows from variables.
  Value stackOf(Value value) {
    auto argument = dyn_cast<BlockArgument>(kernel::getViewRoot(value));
    if (!argument || argument.getOwner() != &repeat.getBody().front() ||
        argument.getArgNumber() < repeat.getCarried().size())
      return nullptr;
    Value stack = repeat->getOperand(argument.getArgNumber());
    return moved.contains(stack) || fixed.find(value) ? stack : Value();
  }

  bool canMove(StructuredKernelOpInterface op) {
    if (op.getRaggedDim() || op.getInputs().empty() ||
        llvm::any_of(op.getGathers(), [](int32_t g) { return g >= 0; }))
      return false;
    for (Value out : op.getOuts())
      if (!out.getDefiningOp<tensor::EmptyOp>() || !canBeDerived(out.getType()))
        return false;
    return llvm::all_of(op.getInputs(),
                        [&](Value input) { return bool(stackOf(input)); });
  }

  void move(StructuredKernelOpInterface op) {
    int64_t count = repeat.getCount();
    SmallVector<int64_t> dims = {count};
    llvm::append_range(dims, op.getDims());
    AffineExpr iteration = b.getAffineDimExpr(0);
    unsigned numInputs = op.getInputs().size();
    auto copy = cast<StructuredKernelOpInterface>(b.clone(*op));
    SmallVector<AffineMap> maps;
    for (auto [i, input] : llvm::enumerate(op.getInputs())) {
      AffineMap map = kernel::getViewMap(input)
                          .compose(op.getInputMap(i))
                          .shiftDims(1)
                          .insertResult(iteration, 0);
      maps.push_back(kernel::simplifyMap(map, dims));
      copy->setOperand(i, stackOf(input));
    }
    for (auto [i, out] : llvm::enumerate(op.getOuts())) {
      maps.push_back(op.getOutMap(i).shiftDims(1).insertResult(iteration, 0));
      SmallVector<int64_t> shape = {count};
      llvm::append_range(shape, cast<ShapedType>(out.getType()).getShape());
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPoint(copy);
      Value stack = tensor::EmptyOp::create(
          b, op.getLoc(), shape, getElementTypeOrSelf(out.getType()));
      copy->setOperand(numInputs + i, stack);
      copy->getResult(i).setType(stack.getType());
    }
    auto extend = [&](auto kernel) {
      kernel.setDims(dims);
      kernel.setIndexingMapsAttr(b.getAffineMapArrayAttr(maps));
    };
    if (auto map = dyn_cast<kernel::MapOp>(*copy))
      extend(map);
    else
      extend(cast<kernel::RowsOp>(*copy));
    copy->walk([](kernel::IndexOp index) {
      index.setExpr(
          index.getExpr().shiftDims(index.getPosition().getNumDims(), 1));
    });
    for (auto [result, stack] :
         llvm::zip_equal(op->getResults(), copy->getResults())) {
      moved.insert(stack);
      result.replaceAllUsesWith(passInto(repeat, stack, op.getLoc()));
    }
    op->erase();
  }

  moe::RepeatOp repeat;
  const FixedVariables &fixed;
  OpBuilder b; ///< ahead of the repeat
  llvm::DenseSet<Value> moved;
};

struct HoistFromRepeatsPass
    : impl::HoistFromRepeatsPassBase<HoistFromRepeatsPass> {
  void runOnOperation() override {
    FixedVariables fixed(getOperation());
    // Of a repeat in a repeat it moves to the outer one first, which comes
    // later.
    SmallVector<moe::RepeatOp> repeats;
    getOperation()->walk([&](moe::RepeatOp op) { repeats.push_back(op); });
    bool changed = false;
    for (moe::RepeatOp repeat : repeats)
      changed |= RepeatHoister(repeat, fixed).run();
    if (!changed)
      markAllAnalysesPreserved();
  }
};
} // namespace
} // namespace moec::schedule
