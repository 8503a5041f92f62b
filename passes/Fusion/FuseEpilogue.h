//===- FuseEpilogue.h - Maps into what they read from -----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_FUSION_FUSEEPILOGUE_H
#define MOEC_PASSES_FUSION_FUSEEPILOGUE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace moec::fusion {

/// Moves each `kernel.map` of a function, if it can, into the kernel that
/// stores what it reads. With `shared`, what it reads may have other readers:
/// it stays an out beside the map's results. Remarks bear the name `pass`.
void fuseEpilogues(mlir::func::FuncOp function, llvm::StringRef pass,
                   bool shared);

} // namespace moec::fusion

#endif // MOEC_PASSES_FUSION_FUSEEPILOGUE_H
