//===- UnrouteShared.cpp - Shared projections of experts, once an item ----===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Before: k rows of each item
//   %r = moe.dispatch %x, %plan
//   %a = activation of moe.expert_linear %r ..
//   %u = moe.linear %r, %v, %bv axis 1
//   %h = moe.mul %a, %u
//   %o = moe.linear %h, %w2, %b2 axis 1
//   %y = moe.combine %o, %plan, %weights
//
// After: one row of each item, but for the gate
//   %c = moe.combine %a, %plan, %weights
//   %u = moe.linear %x, %v, %bv axis 1
//   %h = moe.mul %c, %u
//   %y = moe.linear %h, %w2, %b2 axis 1
//
// sum_j w_j ((a_j * u) W2 + b2) is (sum_j w_j a_j * u) W2 + b2, because u is
// the same for all rows of an item and the w_j sum to 1.
//
// Test: test/passes/Model/unroute-shared.mlir
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/Model/Passes.h"

namespace moec::model {
#define GEN_PASS_DEF_UNROUTESHAREDPASS
#include "passes/Model/Passes.h.inc"
} // namespace moec::model

using namespace mlir;
using namespace moec;

namespace {

/// Whether each item has all of its k rows and their weights sum to 1.
bool weightsSumToOne(moe::CombineOp combine) {
  auto route = combine.getWeights()
                   ? combine.getWeights().getDefiningOp<moe::TopKRouteOp>()
                   : moe::TopKRouteOp();
  if (!route || route.getPlan() != combine.getPlan())
    return false;
  auto plan = cast<moe::RoutingType>(route.getPlan().getType());
  auto softmax = route.getGates().getDefiningOp<moe::TopKSoftmaxOp>();
  return softmax && softmax.getK() == route.getK() &&
         plan.getCapacity() >= plan.getItems();
}

moe::LinearOp overChannels(Value value) {
  auto linear = value.getDefiningOp<moe::LinearOp>();
  return linear && linear.getAxis() == 1 ? linear : moe::LinearOp();
}

struct UnrouteShared : OpRewritePattern<moe::CombineOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(moe::CombineOp combine,
                                PatternRewriter &rewriter) const override {
    if (!weightsSumToOne(combine))
      return rewriter.notifyMatchFailure(combine, "weights that sum to 1");
    moe::LinearOp down = overChannels(combine.getRows());
    auto product =
        down ? down.getInput().getDefiningOp<moe::MulOp>() : moe::MulOp();
    if (!product)
      return rewriter.notifyMatchFailure(combine, "a layer of a product");
    for (auto [gated, other] :
         {std::pair(product.getLhs(), product.getRhs()),
          std::pair(product.getRhs(), product.getLhs())}) {
      moe::LinearOp up = overChannels(other);
      auto dispatch = up ? up.getInput().getDefiningOp<moe::DispatchOp>()
                         : moe::DispatchOp();
      if (!dispatch || dispatch.getWeights() ||
          dispatch.getPlan() != combine.getPlan())
        continue;
      rewrite(combine, down, gated, up, dispatch.getInput(), rewriter);
      return success();
    }
    return rewriter.notifyMatchFailure(combine, "a layer of dispatched items");
  }

  static void rewrite(moe::CombineOp combine, moe::LinearOp down, Value gated,
                      moe::LinearOp up, Value items,
                      PatternRewriter &rewriter) {
    auto rows = cast<RankedTensorType>(gated.getType());
    int64_t count = cast<RankedTensorType>(items.getType()).getDimSize(0);
    auto type = rows.clone({count, rows.getDimSize(1)});
    Value sum = moe::CombineOp::create(rewriter, combine.getLoc(), type, gated,
                                       combine.getPlan(), combine.getWeights());
    Value widened =
        moe::LinearOp::create(rewriter, up.getLoc(), type, items,
                              up.getWeight(), up.getBias(), up.getAxisAttr());
    Value product =
        moe::MulOp::create(rewriter, combine.getLoc(), type, sum, widened);
    rewriter.replaceOpWithNewOp<moe::LinearOp>(
        combine, combine.getType(), product, down.getWeight(), down.getBias(),
        down.getAxisAttr());
  }
};

struct UnrouteSharedPass
    : model::impl::UnrouteSharedPassBase<UnrouteSharedPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<UnrouteShared>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
