//===- RepeatSlices.h - What repeats read of stacks -------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_SCHEDULE_REPEATSLICES_H
#define MOEC_PASSES_SCHEDULE_REPEATSLICES_H

#include "dialects/MoE/MoEOps.h"

namespace moec::schedule {

/// Makes `stack` an operand of the nested `repeats`, outermost first; what the
/// innermost one sees: its slice.
mlir::Value passInto(llvm::ArrayRef<moe::RepeatOp> repeats, mlir::Value stack,
                     mlir::Location loc);

/// Takes slices that nobody reads any more, and what only reshapes them, from
/// the repeats around `from`.
void dropUnusedSlices(mlir::Operation *from);

} // namespace moec::schedule

#endif // MOEC_PASSES_SCHEDULE_REPEATSLICES_H
