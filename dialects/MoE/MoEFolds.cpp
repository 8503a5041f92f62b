//===- MoEFolds.cpp - Folds and canonicalization of moe ops
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace moec::moe;

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

OpFoldResult AddOp::fold(FoldAdaptor) {
  auto isZero = [](Value value) {
    auto fill = value.getDefiningOp<FillOp>();
    return fill && fill.getValue().isZero();
  };
  if (isZero(getRhs()))
    return getLhs();
  if (isZero(getLhs()))
    return getRhs();
  return {};
}

OpFoldResult ScaleOp::fold(FoldAdaptor) {
  if (getFactor().isExactlyValue(1.0))
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

/// scale(scale(x, a), b) is scale(x, a * b).
struct ScaleOfScale : OpRewritePattern<ScaleOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScaleOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<ScaleOp>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "the input is no scale");
    rewriter.replaceOpWithNewOp<ScaleOp>(op, op.getType(), inner.getInput(),
                                         inner.getFactor() * op.getFactor());
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
    if (isa<RoutingType>(type))
      return rewriter.notifyMatchFailure(op, "a plan cannot be reshaped");
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
void ScaleOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                          MLIRContext *context) {
  patterns.add<ScaleOfScale>(context);
}
