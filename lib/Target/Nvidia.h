//===- Nvidia.h - NVIDIA GPUs as targets -----------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_TARGET_NVIDIA_H
#define MOEC_LIB_TARGET_NVIDIA_H

#include "dialects/Kernel/KernelOps.h"
#include "mlir/IR/Operation.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include <memory>
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

/// `target` is "cuda:sm_80" or "sm_80". Unknown ones are an error that names
/// all that are known.
llvm::Expected<Gpu> getGpu(llvm::StringRef target);

/// LLVM IR of a `gpu.module` in the NVVM dialect, cleaned up for `gpu`.
llvm::Expected<std::unique_ptr<llvm::Module>>
translateGpuModule(mlir::Operation *gpuModule, const Gpu &gpu,
                   llvm::LLVMContext &context);

/// PTX text of it. A fault of the code generator is an error.
llvm::Expected<std::string> emitPTX(mlir::Operation *gpuModule, const Gpu &gpu);

} // namespace moec::target

#endif // MOEC_LIB_TARGET_NVIDIA_H
