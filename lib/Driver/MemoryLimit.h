//===- MemoryLimit.h - How much to compute again ----------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DRIVER_MEMORYLIMIT_H
#define MOEC_LIB_DRIVER_MEMORYLIMIT_H

#include "mlir/IR/BuiltinOps.h"

namespace moec::driver {

/// Takes a copy of the module to where its memory is planned, or, with `code`,
/// on from there to where its kernels have code and say what scratch they need.
using PlanCopy =
    llvm::function_ref<mlir::LogicalResult(mlir::ModuleOp copy, bool code)>;

/// Finds the lowest price for memory (`moe.recompute`) at which what the
/// runtime allocates for the module is at most `limit` bytes, and sets it; a
/// module that fits anyway stays as it is. Tries one price after the other, of
/// those at which autodiff would compute more again, so the answer is the one
/// that computes least. Fails, with an error that names the floor and what
/// takes it, if none fits. Where a plan cannot be made it succeeds: compiling
/// the module will say why.
mlir::LogicalResult fitMemory(mlir::ModuleOp module, int64_t limit,
                              PlanCopy plan);

} // namespace moec::driver

#endif // MOEC_LIB_DRIVER_MEMORYLIMIT_H
