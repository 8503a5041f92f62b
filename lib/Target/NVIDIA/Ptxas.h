//===- Ptxas.h - PTX to machine code ---------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_TARGET_NVIDIA_PTXAS_H
#define MOEC_LIB_TARGET_NVIDIA_PTXAS_H

#include "lib/Target/NVIDIA/Gpu.h"
#include <optional>
#include <vector>

namespace moec::target {

/// What ptxas says that a kernel takes.
struct KernelUsage {
  std::string kernel;
  int64_t registers = 0, spillBytes = 0, shared = 0;
};

struct Cubin {
  std::string bytes;
  std::vector<KernelUsage> kernels;
};

/// The assembler of the CUDA toolkit: in $CUDA_HOME/bin or in PATH.
std::optional<std::string> findPtxas();

/// Assembles PTX text. What ptxas rejects is an error with its message. Its
/// files lie in `folder`, which is the caller's to remove.
llvm::Expected<Cubin> runPtxas(llvm::StringRef program, llvm::StringRef ptx,
                               const Gpu &gpu, llvm::StringRef folder);

/// Reads what `ptxas -v` prints.
std::vector<KernelUsage> parsePtxasUsage(llvm::StringRef text);

} // namespace moec::target

#endif // MOEC_LIB_TARGET_NVIDIA_PTXAS_H
