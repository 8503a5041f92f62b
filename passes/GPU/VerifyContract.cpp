//===- VerifyContract.cpp - What a GPU can launch -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "passes/GPU/Passes.h"

using namespace mlir;

namespace moec::gpu {
#define GEN_PASS_DEF_VERIFYGPUPASS
#include "passes/GPU/Passes.h.inc"

namespace {
struct VerifyGPUPass : impl::VerifyGPUPassBase<VerifyGPUPass> {
  void runOnOperation() override {
    auto modules = getOperation().getOps<mlir::gpu::GPUModuleOp>();
    std::optional<SymbolTable> symbols;
    if (!modules.empty())
      symbols.emplace(*modules.begin());
    auto gpu = dyn_cast_if_present<kernel::GpuAttr>(
        kernel::findMachine(getOperation()));
    WalkResult walk = getOperation().walk([&](kernel::LaunchOp launch) {
      StringAttr name = launch.getKernelAttr().getAttr();
      Operation *kernel = symbols ? symbols->lookup(name) : nullptr;
      int64_t threads = kernel ? kernel::attr::threads.number(kernel) : 0;
      int64_t shared = kernel ? kernel::attr::shared.number(kernel) : 0;
      constexpr int64_t maxThreads = 1024;
      if (!threads || !kernel::attr::grid.number(kernel))
        launch.emitOpError("launches @")
            << name.getValue() << ", which no pass of this phase lowered";
      else if (threads > maxThreads)
        kernel->emitOpError("wants ") << threads << " threads a block, at most "
                                      << maxThreads << " are possible";
      else if (gpu && shared > gpu.getSharedBytes())
        kernel->emitOpError("wants ") << shared << " bytes of shared memory, "
                                      << gpu.getSharedBytes() << " are there";
      else
        return WalkResult::advance();
      return WalkResult::interrupt();
    });
    if (walk.wasInterrupted())
      return signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
} // namespace moec::gpu
