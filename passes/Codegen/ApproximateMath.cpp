//===- ApproximateMath.cpp - Math functions as polynomials ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/Codegen/Passes.h"

using namespace mlir;

namespace moec::codegen {
#define GEN_PASS_DEF_APPROXIMATEMATHPASS
#include "passes/Codegen/Passes.h.inc"

namespace {
struct ApproximateMathPass
    : impl::ApproximateMathPassBase<ApproximateMathPass> {
  using ApproximateMathPassBase::ApproximateMathPassBase;

  void runOnOperation() override {
    // Divisions of the model stay exact. Those inside of the polynomials have
    // operands of moderate size, so that an estimated reciprocal with a Newton
    // step is as good and several times cheaper (LLVM wants ninf for that).
    UnitAttr exact = UnitAttr::get(&getContext());
    getOperation()->walk(
        [&](arith::DivFOp div) { div->setAttr(exactName, exact); });
    RewritePatternSet patterns(&getContext());
    // These lower to one instruction or a short sequence as they are.
    auto hasFunction = [&](StringRef name) {
      return !llvm::is_contained(keep, name) &&
             !llvm::is_contained({"math.sqrt", "math.absf", "math.floor",
                                  "math.ceil", "math.fma", "math.rsqrt"},
                                 name);
    };
    populateMathPolynomialApproximationPatterns(patterns, hasFunction);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    getOperation()->walk([&](arith::DivFOp div) {
      if (!div->removeAttr(exactName))
        div.setFastmath(div.getFastmath() | arith::FastMathFlags::arcp |
                        arith::FastMathFlags::ninf);
    });
  }

  static constexpr StringLiteral exactName = "moec.exact";
};
} // namespace
} // namespace moec::codegen
