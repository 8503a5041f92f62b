//===- FuseShared.cpp - Maps into producers that others read too ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// As FuseEpilogue.cpp, but values with other readers are kept, and the map's
// results become further outs: a pass over memory less. Such values may be
// those of another map, too, which FuseOperands has left where it was: the
// average of a parameter is computed where the parameter is updated.
//
//   %h = kernel.contract .. epilogue { acc }      // also read later
//   %y = kernel.map ins(%h) .. body { gelu(h) }
// becomes
//   %h, %y = kernel.contract .. epilogue { acc, gelu(acc) }
//
// Shown by test/passes/Fusion/fuse-shared.mlir and
// fuse-shared-maps.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Fusion/FuseEpilogue.h"
#include "passes/Fusion/Passes.h"

using namespace mlir;

namespace moec::fusion {
#define GEN_PASS_DEF_FUSESHAREDPASS
#include "passes/Fusion/Passes.h.inc"

namespace {
struct FuseSharedPass : impl::FuseSharedPassBase<FuseSharedPass> {
  void runOnOperation() override {
    fuseEpilogues(getOperation(), "FuseShared", /*shared=*/true);
  }
};
} // namespace
} // namespace moec::fusion
