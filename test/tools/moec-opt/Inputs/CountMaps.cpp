//===- CountMaps.cpp - A pass that moec-opt loads -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Tools/Plugins/PassPlugin.h"

using namespace mlir;

namespace {
/// Says of each function how many kernel.map there are.
struct CountMaps : PassWrapper<CountMaps, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(CountMaps)
  StringRef getArgument() const override { return "count-maps"; }
  StringRef getDescription() const override { return "Count kernel.map"; }

  void runOnOperation() override {
    int64_t maps = 0;
    getOperation().walk([&](moec::kernel::MapOp) { ++maps; });
    getOperation().emitRemark() << maps << " maps";
  }
};
} // namespace

extern "C" LLVM_ATTRIBUTE_WEAK PassPluginLibraryInfo mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "CountMaps", "1",
          [] { PassRegistration<CountMaps>(); }};
}
