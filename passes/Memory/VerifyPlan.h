//===- VerifyPlan.h - A plan keeps every value until it is read -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_MEMORY_VERIFYPLAN_H
#define MOEC_PASSES_MEMORY_VERIFYPLAN_H

#include "passes/Memory/BufferAssignment.h"

namespace moec::memory {

/// The iterations of a repeat that verifyPlan() follows, the first ones.
constexpr int64_t maxFollowedIterations = 1024;

/// Follows what lies in memory while the kernels of `func` run in order, and
/// fails, with an error at the reader, where other bytes than those of the
/// value that is read lie there: a value that was overwritten before, one of
/// another iteration, a result that is not in its place when the entry ends, a
/// variable that changed though no result is its new value. `lookup` gives the
/// place of a value, `results` those where the results of `func` belong.
///
/// Repeats are followed iteration by iteration, with what is carried from one
/// to the next, what is stacked and what is left behind them. Of those of more
/// iterations than maxFollowedIterations the rest is taken as one: it must not
/// write over what they read from outside.
mlir::LogicalResult verifyPlan(mlir::func::FuncOp func,
                               llvm::function_ref<Address(mlir::Value)> lookup,
                               llvm::ArrayRef<Address> results);

} // namespace moec::memory

#endif // MOEC_PASSES_MEMORY_VERIFYPLAN_H
