//===- MemoryPlan.h - The memory of a planned module ------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DRIVER_MEMORYPLAN_H
#define MOEC_LIB_DRIVER_MEMORYPLAN_H

#include "dialects/Kernel/KernelOps.h"
#include "dialects/MoE/MoEOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

namespace moec::driver {

/// "12.50 MiB".
std::string mebibytes(int64_t bytes);

/// What the runtime allocates for a module that has its plan, in bytes, as
/// `moec inspect` lists it: variables, and for each entry its arena, inputs and
/// outputs. A run that uses all entries holds all of it.
struct MemoryPlan {
  explicit MemoryPlan(mlir::ModuleOp module);

  llvm::SmallVector<std::pair<moe::Role, int64_t>> variables;
  struct Entry {
    kernel::ProgramOp program;
    int64_t arena = 0, buffers = 0;
  };
  llvm::SmallVector<Entry> entries;
  /// The scratch of all threads, one for each core that the module is compiled
  /// for, or the workspace of a GPU; 0 before the kernels have code.
  int64_t scratch = 0;

  int64_t getTotal() const;
  /// As `--print-memory-plan` shows it: each part, and what lies where in the
  /// arena of an entry when most of it is in use.
  void print(llvm::raw_ostream &os) const;
  /// In one line: "variables 1.00 MiB, arena of train_step 2.00 MiB (most of
  /// it: block.fc1 1.00 MiB)", the largest first.
  std::string getSummary() const;
};

} // namespace moec::driver

#endif // MOEC_LIB_DRIVER_MEMORYPLAN_H
