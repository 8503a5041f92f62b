//===- PlannedKernels.h - Kernels and their schedules -----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DRIVER_PLANNEDKERNELS_H
#define MOEC_LIB_DRIVER_PLANNEDKERNELS_H

#include "lib/Driver/Tuning.h"
#include "mlir/IR/BuiltinOps.h"

namespace moec::driver {

/// `kernel.tuning` of a module.
mlir::DictionaryAttr buildTuning(mlir::MLIRContext &context,
                                 const Schedules &schedules);

/// The kernel functions of a planned module whose location names a shape, in
/// order, with at most `candidates` schedules to measure for each.
std::vector<PlannedKernel> listKernels(mlir::ModuleOp module,
                                       size_t candidates);

} // namespace moec::driver

#endif // MOEC_LIB_DRIVER_PLANNEDKERNELS_H
