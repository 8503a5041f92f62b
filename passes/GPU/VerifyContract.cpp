//===- VerifyContract.cpp - What a GPU can launch -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "passes/Codegen/Promises.h"
#include "passes/GPU/Passes.h"

using namespace mlir;

namespace moec::gpu {
#define GEN_PASS_DEF_VERIFYGPUPASS
#include "passes/GPU/Passes.h.inc"

namespace {
struct VerifyGPUPass : impl::VerifyGPUPassBase<VerifyGPUPass> {
  void runOnOperation() override {
    auto modules = getOperation().getOps<mlir::gpu::GPUModuleOp>();
    Operation *table = modules.empty() ? nullptr : *modules.begin();
    auto gpu = dyn_cast_if_present<kernel::GpuAttr>(
        kernel::findMachine(getOperation()));
    auto check = [&](kernel::LaunchOp launch, Operation *kernel) {
      int64_t threads = kernel ? kernel::attr::threads.number(kernel) : 0;
      int64_t shared = kernel ? kernel::attr::shared.number(kernel) : 0;
      constexpr int64_t maxThreads = 1024;
      if (!threads || !kernel::attr::grid.number(kernel))
        return notLowered(launch);
      if (threads > maxThreads)
        return LogicalResult(kernel->emitOpError("wants ")
                             << threads << " threads a block, at most "
                             << maxThreads << " are possible");
      if (gpu && shared > gpu.getSharedBytes())
        return LogicalResult(kernel->emitOpError("wants ")
                             << shared << " bytes of shared memory, "
                             << gpu.getSharedBytes() << " are there");
      return success();
    };
    if (failed(checkLaunches(getOperation(), table, check)))
      return signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
} // namespace moec::gpu
