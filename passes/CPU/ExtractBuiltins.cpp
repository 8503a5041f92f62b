//===- ExtractBuiltins.cpp - Leave kernels to the runtime -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   func.func @k2_route(..) {kernel.function} { kernel.route .. k 2 capacity 40
//   .. }
// becomes
//   func.func private @k2_route() {kernel.builtin = "route",
//                                  kernel.attributes = {k = 2, capacity = 40,
//                                  ..}}
// as the op says (BuiltinKernelOpInterface).
//
// Shown by test/passes/CPU/extract-builtins.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "passes/CPU/Passes.h"

using namespace mlir;

namespace moec::cpu {
#define GEN_PASS_DEF_EXTRACTBUILTINSPASS
#include "passes/CPU/Passes.h.inc"

namespace {
struct ExtractBuiltinsPass
    : impl::ExtractBuiltinsPassBase<ExtractBuiltinsPass> {
  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      if (!kernel::attr::function.isOn(func))
        continue;
      auto builtins = func.getOps<kernel::BuiltinKernelOpInterface>();
      if (builtins.empty())
        continue;
      kernel::BuiltinKernelOpInterface builtin = *builtins.begin();
      Builder b(&getContext());
      kernel::attr::builtin.set(func,
                                b.getStringAttr(builtin.getBuiltinName()));
      kernel::attr::attributes.set(func, builtin.getBuiltinAttributes());
      kernel::attr::function.remove(func);
      func.getBody().getBlocks().clear();
      // Its arguments are those of the launch.
      func->removeAttr(func.getArgAttrsAttrName());
      func.setFunctionType(b.getFunctionType({}, {}));
      func.setPrivate();
    }
  }
};
} // namespace
} // namespace moec::cpu
