//===- Gpu.cpp - NVIDIA GPUs by name --------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Target/NVIDIA/Gpu.h"

using namespace moec::target;

// 8.0 is the PTX of CUDA 12.0, the oldest that the runtime asks for; newer
// architectures came with newer ones.
static const Gpu gpus[] = {
    {"sm_80", 80, 108, 163 * 1024},
    {"sm_86", 80, 84, 99 * 1024},
    {"sm_87", 80, 16, 163 * 1024},
    {"sm_89", 80, 142, 99 * 1024},
    {"sm_90", 80, 132, 227 * 1024, false, true},
    {"sm_90a", 80, 132, 227 * 1024, true, true},
    {"sm_100", 86, 148, 227 * 1024, false, true},
    {"sm_100a", 86, 148, 227 * 1024, false, true},
    {"sm_120", 87, 188, 99 * 1024, false, true},
};

std::string Gpu::ptxVersion() const {
  return std::to_string(ptx / 10) + "." + std::to_string(ptx % 10);
}

moec::kernel::GpuAttr Gpu::describe(mlir::MLIRContext *context) const {
  context->loadDialect<kernel::KernelDialect>();
  return kernel::GpuAttr::get(context, multiprocessors, sharedPerBlock, wgmma,
                              tma);
}

llvm::Expected<Gpu> moec::target::getGpu(llvm::StringRef arch) {
  for (const Gpu &gpu : gpus)
    if (gpu.arch == arch)
      return gpu;
  std::string known;
  for (const Gpu &gpu : gpus)
    known += (known.empty() ? "" : ", ") + gpu.arch.str();
  return llvm::createStringError("unknown GPU architecture '" + arch.str() +
                                 "'; use cuda:ARCH with one of " + known);
}
