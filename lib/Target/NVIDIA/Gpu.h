//===- Gpu.h - NVIDIA GPUs by name ------------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_TARGET_NVIDIA_GPU_H
#define MOEC_LIB_TARGET_NVIDIA_GPU_H

#include "dialects/Kernel/KernelOps.h"
#include "llvm/Support/Error.h"
#include <string>

namespace moec::target {

/// A GPU architecture to generate code for. The limits are those of the CUDA
/// C++ Programming Guide, "Compute Capabilities", for the largest GPU of it.
struct Gpu {
  llvm::StringRef arch; ///< "sm_80", as ptxas spells it
  unsigned ptx;         ///< version of PTX text that it needs: 80 is 8.0
  int64_t multiprocessors;
  int64_t sharedPerBlock; ///< bytes of dynamic shared memory, opted in
  bool wgmma = false, tma = false;
  /// "8.0".
  std::string ptxVersion() const;
  /// What passes see of it.
  kernel::GpuAttr describe(mlir::MLIRContext *context) const;
};

/// `arch` as in "sm_80". Unknown ones are an error that names all that are
/// known.
llvm::Expected<Gpu> getGpu(llvm::StringRef arch);

} // namespace moec::target

#endif // MOEC_LIB_TARGET_NVIDIA_GPU_H
