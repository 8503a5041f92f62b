//===- LowerContract.cpp - kernel.contract to loops over vectors ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/CPU/KernelFunction.h"
#include "passes/CPU/OperandAccess.h"
#include "passes/CPU/Passes.h"

using namespace mlir;

namespace moec::cpu {
#define GEN_PASS_DEF_LOWERCONTRACTPASS
#include "passes/CPU/Passes.h.inc"

namespace {
struct LowerContractPass : impl::LowerContractPassBase<LowerContractPass> {
  using LowerContractPassBase::LowerContractPassBase;

  void runOnOperation() override {
    auto kernel = KernelFunction::match<kernel::ContractOp>(getOperation());
    if (failed(kernel))
      return signalPassFailure();
  }
};
} // namespace
} // namespace moec::cpu
