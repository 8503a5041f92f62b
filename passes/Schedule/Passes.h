//===- Passes.h - The schedule phase ---------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_SCHEDULE_PASSES_H
#define MOEC_PASSES_SCHEDULE_PASSES_H

#include "dialects/Kernel/KernelOps.h"
#include "mlir/Pass/Pass.h"

namespace moec::schedule {

#define GEN_PASS_DECL
#include "passes/Schedule/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "passes/Schedule/Passes.h.inc"

/// What the cost model knows of a contraction.
struct ContractShape {
  int64_t groups, m, n, k;
  bool leftPerGroup, rightPerGroup; ///< the panel depends on the group
  /// Cycles that the `lhs` and `rhs` regions take for one vector of elements.
  double leftMap = 0, rightMap = 0;
  bool leftAlongK = true; ///< the left operand is packed along k, else along m
  bool rightInPlace = false; ///< the right operand is not packed
};
struct Machine {
  int64_t lanes = 16, registers = 32, threads = 8;
};
struct ContractSchedule {
  int64_t mTile, nTile, kTile, rows, columns;
};

/// The schedule that the model of moec-assign-schedule finds cheapest.
ContractSchedule chooseSchedule(const ContractShape &shape,
                                const Machine &machine);

} // namespace moec::schedule

#endif // MOEC_PASSES_SCHEDULE_PASSES_H
