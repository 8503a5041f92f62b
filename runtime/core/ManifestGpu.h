//===- ManifestGpu.h - What GPU modules say of themselves -------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_MANIFESTGPU_H
#define MOEC_RUNTIME_CORE_MANIFESTGPU_H

#include "runtime/core/JsonView.h"
#include "runtime/core/Manifest.h"

namespace moec::rt {

/// Reads `target` of a GPU module.
void readGpuTarget(const JsonView &view, Manifest &manifest);

/// Reads grid, threads, tensor maps and the rest of a GPU kernel. Bounds are
/// those that the CUDA driver would check with an error that names nothing.
void readGpuKernel(const JsonView &view, Kernel &kernel);

/// Bytes that the tensor maps of an operand reach; 0: it has none.
int64_t tensorMapExtent(const GpuLaunch &gpu, int64_t operand);

/// Throws Error when a tensor map names no operand of this launch or its
/// address is not a multiple of 16, or the parameters are too many.
void checkGpuLaunch(const JsonView &view, const Kernel &kernel,
                    const Launch &launch);

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_MANIFESTGPU_H
