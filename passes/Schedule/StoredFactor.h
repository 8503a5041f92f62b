//===- StoredFactor.h - Factors of contractions that are stored -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_SCHEDULE_STOREDFACTOR_H
#define MOEC_PASSES_SCHEDULE_STOREDFACTOR_H

#include "dialects/Kernel/KernelRewriter.h"

namespace moec::schedule {

/// Whether a factor is an f32 input as it is.
bool isPlainFactor(kernel::ContractOp op, mlir::Region &factor);

/// The distance of the left operand's rows, if they may be multiplied where
/// they lie: elements of a row are neighbours.
std::optional<int64_t> leftStride(kernel::ContractOp op);

/// `op`, which goes, with factor `side` (0 left, 1 right) read from `stored`,
/// as it is. What other regions read of the input that was there they still
/// do.
kernel::ContractOp readStored(mlir::RewriterBase &rewriter,
                              kernel::ContractOp op, unsigned side,
                              const kernel::KernelInput &stored);

} // namespace moec::schedule

#endif // MOEC_PASSES_SCHEDULE_STOREDFACTOR_H
