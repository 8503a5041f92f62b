//===- MergeKernels.cpp - One copy of kernels that do the same ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Code size follows the number of different kernels, not of launches: kernel
// functions whose types and bodies are equal (locations aside) become the first
// of them. Shown by test/passes/Memory/merge-kernels.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "dialects/Kernel/KernelOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Memory/Passes.h"
#include "llvm/ADT/StringMap.h"

namespace moec::memory {
#define GEN_PASS_DEF_MERGEKERNELSPASS
#include "passes/Memory/Passes.h.inc"
} // namespace moec::memory

using namespace mlir;
using namespace moec;

namespace {
struct MergeKernelsPass : memory::impl::MergeKernelsPassBase<MergeKernelsPass> {
  void runOnOperation() override {
    llvm::StringMap<func::FuncOp> kept;
    llvm::DenseMap<StringAttr, func::FuncOp> replacement;
    for (auto func :
         llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
      if (!kernel::attr::function.isOn(func))
        continue;
      // The printed body is a canonical form: same names for same positions.
      std::string key;
      llvm::raw_string_ostream os(key);
      func.getFunctionType().print(os);
      for (Operation &op : func.getBody().getOps())
        op.print(os, OpPrintingFlags().printGenericOpForm().useLocalScope());
      auto [it, inserted] = kept.try_emplace(key, func);
      if (inserted)
        continue;
      joinNodes(it->second, func);
      replacement[func.getSymNameAttr()] = it->second;
      func.erase();
    }
    getOperation().walk([&](kernel::LaunchOp launch) {
      auto it = replacement.find(launch.getKernelAttr().getAttr());
      if (it != replacement.end())
        launch.setKernel(it->second.getName());
    });
  }

  void joinNodes(func::FuncOp to, func::FuncOp from) {
    SetVector<Attribute> nodes;
    for (func::FuncOp func : {to, from})
      if (auto names = kernel::attr::nodes.get(func))
        nodes.insert(names.begin(), names.end());
    kernel::attr::nodes.set(to,
                            ArrayAttr::get(&getContext(), nodes.getArrayRef()));
  }
};
} // namespace
