//===- Cost.h - Work of a kernel --------------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_KERNEL_COST_H
#define MOEC_DIALECTS_KERNEL_COST_H

#include "mlir/IR/Operation.h"

namespace moec::kernel {

/// Floating-point operations of a contraction, 2 per multiply-add; 0 for other
/// kernels, whose work is memory traffic. With ragged rows all rows of the plan
/// are counted once, whatever their expert.
int64_t getFlops(mlir::Operation *kernel);

/// Bytes of all operands, each once: the least that must be moved.
int64_t getBytes(mlir::Operation *kernel);

} // namespace moec::kernel

#endif // MOEC_DIALECTS_KERNEL_COST_H
