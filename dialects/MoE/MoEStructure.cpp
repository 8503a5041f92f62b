//===- MoEStructure.cpp - Repeats and shapes ------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEVerify.h"
#include "mlir/IR/PatternMatch.h"
#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::moe;

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

LogicalResult IotaOp::verify() {
  return expectRank(*this, "a result", getResult(), 1);
}

/// The type of one slice of a stack of `count`; null if `type` is none.
static Type sliceOf(Type type, int64_t count) {
  if (auto plan = dyn_cast<RoutingType>(type))
    return plan.getStack() != count
               ? Type()
               : RoutingType::get(type.getContext(), plan.getItems(),
                                  plan.getExperts(), plan.getK(),
                                  plan.getCapacity(), 0);
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || tensor.getRank() == 0 || tensor.getDimSize(0) != count)
    return Type();
  return tensor.clone(tensor.getShape().drop_front());
}

LogicalResult RepeatOp::verify() {
  int64_t count = getCount();
  if (count < 1)
    return emitOpError("expected count >= 1, got ") << count;
  Block &body = getBody().front();
  unsigned carried = getCarried().size();
  if (body.getNumArguments() != carried + getStacked().size())
    return emitOpError("expected a block of ")
           << carried + getStacked().size() << " arguments, got "
           << body.getNumArguments();
  for (auto [i, argument] : llvm::enumerate(body.getArguments())) {
    Type expected;
    if (i < carried) {
      expected = getCarried()[i].getType();
    } else {
      Type stack = getStacked()[i - carried].getType();
      expected = sliceOf(stack, count);
      if (!expected)
        return emitOpError("stacked operand ")
               << i - carried << ": expected a stack of " << count << ", got "
               << stack;
    }
    if (argument.getType() != expected)
      return emitOpError("block argument ") << i << ": expected " << expected
                                            << ", got " << argument.getType();
  }
  Operation *yield = body.getTerminator();
  if (yield->getNumOperands() != getNumResults() || getNumResults() < carried)
    return emitOpError("expected a moe.yield of ")
           << getNumResults() << " values, at least the " << carried
           << " carried ones, got " << yield->getNumOperands();
  for (auto [i, value] : llvm::enumerate(yield->getOperands())) {
    Type result = getResult(i).getType();
    if (i < carried && result != getCarried()[i].getType())
      return emitOpError("result ")
             << i << ": expected the carried type " << getCarried()[i].getType()
             << ", got " << result;
    Type expected = i < carried ? result : sliceOf(result, count);
    if (!expected)
      return emitOpError("result ")
             << i << ": expected a stack of " << count << ", got " << result;
    if (value.getType() != expected)
      return emitOpError("yielded value ")
             << i << ": expected " << expected << ", got " << value.getType();
  }
  return success();
}

LogicalResult ReshapeOp::verify() {
  auto from = cast<RankedTensorType>(getInput().getType());
  auto to = cast<RankedTensorType>(getType());
  if (from.getNumElements() != to.getNumElements())
    return emitOpError("expected a result of ")
           << from.getNumElements() << " elements, got " << to.getNumElements();
  return expectSameElementType(*this);
}

LogicalResult TransposeOp::verify() {
  ArrayRef<int64_t> from = shapeOf(getInput()), order = getPermutation();
  SmallVector<int64_t> expected;
  SmallVector<bool> seen(from.size(), false);
  bool valid = order.size() == from.size();
  for (int64_t axis : order) {
    if (!valid || axis < 0 || axis >= int64_t(from.size()) || seen[axis]) {
      valid = false;
      break;
    }
    seen[axis] = true;
    expected.push_back(from[axis]);
  }
  if (!valid)
    return emitOpError("expected a permutation of the input's ")
           << from.size() << " axes, got " << shapeText(order);
  if (failed(expectShape(*this, "a result", getResult(), expected)))
    return failure();
  return expectOneElementType(*this);
}

/// `shape` without `axes`.
static SmallVector<int64_t> without(ArrayRef<int64_t> shape,
                                    ArrayRef<int64_t> axes) {
  SmallVector<int64_t> rest;
  for (auto [i, extent] : llvm::enumerate(shape))
    if (!llvm::is_contained(axes, int64_t(i)))
      rest.push_back(extent);
  return rest;
}

LogicalResult BroadcastOp::verify() {
  ArrayRef<int64_t> shape = shapeOf(getResult());
  if (failed(expectAxes(*this, getAxes(), shape.size())) ||
      failed(expectShape(*this, "an input", getInput(),
                         without(shape, getAxes()))))
    return failure();
  return expectSameElementType(*this);
}

LogicalResult ReduceOp::verify() {
  ArrayRef<int64_t> shape = shapeOf(getInput());
  if (failed(expectAxes(*this, getAxes(), shape.size())) ||
      failed(expectShape(*this, "a result", getResult(),
                         without(shape, getAxes()))))
    return failure();
  return expectOneElementType(*this);
}

LogicalResult FillOp::verify() {
  double value = getValue().convertToDouble();
  bool isWhole = value == std::floor(value) && value >= -2147483648.0 &&
                 value <= 2147483647.0;
  if (getElementTypeOrSelf(getType()).isInteger() && !isWhole)
    return emitOpError("expected a whole number of 32 bits, got ")
           << numberText(getValue());
  return success();
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

SmallVector<Value> ReshapeOp::buildGradient(OpBuilder &builder,
                                            ValueRange grads) {
  return {ReshapeOp::create(builder, getLoc(), getInput().getType(), grads[0])};
}

SmallVector<Value> TransposeOp::buildGradient(OpBuilder &builder,
                                              ValueRange grads) {
  ArrayRef<int64_t> permutation = getPermutation();
  SmallVector<int64_t> inverse(permutation.size());
  for (auto [to, from] : llvm::enumerate(permutation))
    inverse[from] = to;
  return {TransposeOp::create(builder, getLoc(), getInput().getType(), grads[0],
                              inverse)};
}

SmallVector<Value> BroadcastOp::buildGradient(OpBuilder &builder,
                                              ValueRange grads) {
  return {ReduceOp::create(builder, getLoc(), getInput().getType(), grads[0],
                           getAxes())};
}

SmallVector<Value> ReduceOp::buildGradient(OpBuilder &builder,
                                           ValueRange grads) {
  return {BroadcastOp::create(builder, getLoc(), getInput().getType(), grads[0],
                              getAxes())};
}

//===----------------------------------------------------------------------===//
// Folds and canonicalization
//===----------------------------------------------------------------------===//

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  return {};
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  ArrayRef<int64_t> order = getPermutation();
  if (llvm::equal(order, llvm::seq<int64_t>(0, order.size())))
    return getInput();
  // Of a transpose: one with both permutations.
  auto inner = getInput().getDefiningOp<TransposeOp>();
  if (!inner)
    return {};
  SmallVector<int64_t> both;
  for (int64_t axis : order)
    both.push_back(inner.getPermutation()[axis]);
  getInputMutable().assign(inner.getInput());
  setPermutation(both);
  return getResult();
}

OpFoldResult BroadcastOp::fold(FoldAdaptor) {
  if (getAxes().empty())
    return getInput();
  return {};
}

OpFoldResult ReduceOp::fold(FoldAdaptor) {
  if (getAxes().empty())
    return getInput();
  return {};
}

namespace {
/// reshape(reshape(x)) is one reshape of x.
struct ReshapeOfReshape : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<ReshapeOp>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "the input is no reshape");
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), inner.getInput());
    return success();
  }
};
} // namespace

/// A repeat of one iteration is its body: slices are reshapes.
static LogicalResult inlineSingle(RepeatOp op, PatternRewriter &rewriter) {
  if (op.getCount() != 1)
    return rewriter.notifyMatchFailure(op, "it runs more than once");
  for (Type type :
       llvm::concat<Type>(SmallVector<Type>(op.getStacked().getTypes()),
                          SmallVector<Type>(op.getResultTypes())))
    if (auto tensor = dyn_cast<RankedTensorType>(type);
        !tensor || !isa<FloatType>(tensor.getElementType()))
      return rewriter.notifyMatchFailure(op,
                                         "a plan or a key cannot be reshaped");
  Block &body = op.getBody().front();
  Location loc = op.getLoc();
  auto reshape = [&](Value value, Type type) -> Value {
    return value.getType() == type
               ? value
               : ReshapeOp::create(rewriter, loc, type, value).getResult();
  };
  unsigned numCarried = op.getCarried().size();
  SmallVector<Value> args(op.getCarried());
  for (auto [i, value] : llvm::enumerate(op.getStacked()))
    args.push_back(reshape(value, body.getArgument(numCarried + i).getType()));
  Operation *yield = body.getTerminator();
  rewriter.inlineBlockBefore(&body, op, args);
  rewriter.setInsertionPoint(op);
  SmallVector<Value> results;
  for (auto [value, type] :
       llvm::zip(yield->getOperands(), op.getResultTypes()))
    results.push_back(reshape(value, type));
  rewriter.eraseOp(yield);
  rewriter.replaceOp(op, results);
  return success();
}

void RepeatOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *) {
  patterns.add(inlineSingle);
}

void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                            MLIRContext *context) {
  patterns.add<ReshapeOfReshape>(context);
}
