//===- Cpu.h - CPUs by name ----------------------------------------*- C++
//-*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_TARGET_CPU_CPU_H
#define MOEC_LIB_TARGET_CPU_CPU_H

#include "dialects/Kernel/KernelOps.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>
#include <string>
#include <vector>

namespace moec::target {

/// A CPU to generate code for. Only `features` may be used; `tune` only
/// steers scheduling.
struct Cpu {
  std::string triple;
  std::string tune;
  /// Names as LLVM spells them ("avx2"), without "+".
  std::vector<std::string> features;

  /// Cores that a kernel's grid should keep busy. Part of the target, so that
  /// results do not depend on the threads of a run.
  int64_t cores = 8;

  /// f32 lanes of the widest vector.
  int64_t getLanes() const;
  bool has(llvm::StringRef feature) const;
  /// What passes see of it.
  kernel::CpuAttr describe(mlir::MLIRContext *context) const;
  /// LLVM's view of it.
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> create() const;
};

/// `cpu`: "native" (this machine), or a name that LLVM knows for the host's
/// architecture, such as "x86-64-v3" or "znver4". Unknown names are an error.
llvm::Expected<Cpu> getCpu(llvm::StringRef cpu);

} // namespace moec::target

#endif // MOEC_LIB_TARGET_CPU_CPU_H
