//===- Cost.h - What kernels and their scalar ops cost ----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one table of what the scalar ops in the regions of kernels cost. The work
// of a whole kernel is what KernelOpInterface says: getFlops(), getBytes().
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_KERNEL_COST_H
#define MOEC_DIALECTS_KERNEL_COST_H

#include "dialects/Kernel/KernelOps.h"

namespace moec::kernel {

/// How dear a scalar op is. Free: constants, and the end of a region. Simple:
/// one instruction, fma among them. Magnitude: absf, one instruction too. Root:
/// sqrt and rsqrt, some instructions. Function: a polynomial.
enum class ScalarCost { Free, Simple, Magnitude, Root, Function };
ScalarCost getScalarCost(mlir::Operation &op);

/// Functions and roots take about as long as so many simple ops where these
/// wait for each other; on a CPU two simple ops run in a cycle.
constexpr double functionCost = 20;

/// The scalar ops of a region by their cost.
struct ScalarWork {
  int64_t simple = 0, magnitudes = 0, roots = 0, functions = 0;

  /// The sum, if a simple op counts as `perSimple`.
  double total(double perSimple = 1) const {
    return (simple + magnitudes) * perSimple +
           (roots + functions) * functionCost;
  }
};
ScalarWork getScalarWork(mlir::Region &region);

} // namespace moec::kernel

#endif // MOEC_DIALECTS_KERNEL_COST_H
