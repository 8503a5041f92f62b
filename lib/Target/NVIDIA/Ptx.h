//===- Ptx.h - From the NVVM dialect to PTX ---------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_TARGET_NVIDIA_PTX_H
#define MOEC_LIB_TARGET_NVIDIA_PTX_H

#include "lib/Target/NVIDIA/Gpu.h"
#include "llvm/IR/Module.h"
#include <memory>

namespace moec::target {

/// LLVM IR of a `gpu.module` in the NVVM dialect, cleaned up for `gpu`.
llvm::Expected<std::unique_ptr<llvm::Module>>
translateGpuModule(mlir::Operation *gpuModule, const Gpu &gpu,
                   llvm::LLVMContext &context);

/// PTX text of it. A fault of the code generator is an error.
llvm::Expected<std::string> emitPTX(mlir::Operation *gpuModule, const Gpu &gpu);

} // namespace moec::target

#endif // MOEC_LIB_TARGET_NVIDIA_PTX_H
