//===- VerifyContract.cpp - What was left without a schedule ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Schedule/Passes.h"

using namespace mlir;

namespace moec::schedule {
#define GEN_PASS_DEF_VERIFYSCHEDULEPASS
#include "passes/Schedule/Passes.h.inc"

namespace {
struct VerifySchedulePass : impl::VerifySchedulePassBase<VerifySchedulePass> {
  void runOnOperation() override {
    auto check = [](kernel::StructuredKernelOpInterface op) {
      if (op.getFactors().empty() || op.getScheduleAttr())
        return WalkResult::advance();
      op->emitOpError("has no schedule: no pass of this phase is for the "
                      "machine of the module, ")
          << kernel::findMachine(op);
      return WalkResult::interrupt();
    };
    if (getOperation()->walk(check).wasInterrupted())
      return signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
} // namespace moec::schedule
