//===- VerifyContract.cpp - What must hold after the autodiff phase -------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "passes/Autodiff/Passes.h"

namespace moec::autodiff {
#define GEN_PASS_DEF_VERIFYAUTODIFFPASS
#include "passes/Autodiff/Passes.h.inc"
} // namespace moec::autodiff

using namespace mlir;
using namespace moec;

namespace {
struct VerifyAutodiffPass
    : public moec::autodiff::impl::VerifyAutodiffPassBase<VerifyAutodiffPass> {
  using VerifyAutodiffPassBase::VerifyAutodiffPassBase;

  void runOnOperation() override {
    WalkResult walk = getOperation().walk([](moe::GradientOp gradient) {
      gradient.emitOpError("is left after autodiff; run moec-autodiff first");
      return WalkResult::interrupt();
    });
    if (walk.wasInterrupted())
      return signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
