//===- ApproximateMath.cpp - Math functions as polynomials ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/CPU/Passes.h"

using namespace mlir;

namespace moec::cpu {
#define GEN_PASS_DEF_APPROXIMATEMATHPASS
#include "passes/CPU/Passes.h.inc"

namespace {
struct ApproximateMathPass
    : impl::ApproximateMathPassBase<ApproximateMathPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    // These lower to one instruction or a short sequence as they are.
    auto hasFunction = [](StringRef name) {
      return !llvm::is_contained({"math.sqrt", "math.absf", "math.floor",
                                  "math.ceil", "math.fma", "math.rsqrt"},
                                 name);
    };
    populateMathPolynomialApproximationPatterns(patterns, hasFunction);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
} // namespace moec::cpu
