//===- LowerMapTranspose.h - Maps by tiles in shared memory ----*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_GPU_LOWERMAPTRANSPOSE_H
#define MOEC_PASSES_GPU_LOWERMAPTRANSPOSE_H

#include "passes/Codegen/PointEmitter.h"
#include "passes/GPU/LaunchShape.h"
#include "passes/GPU/TransposeTile.h"

namespace moec::gpu {

/// Emits a kernel.map with `body`, one block a `tile`, at the position of
/// `emitter.b`, and returns how it is launched. What `tile` stages passes
/// through shared memory, so that every warp reads and writes global memory in
/// the order in which it lies there.
LaunchShape lowerMapTranspose(mlir::Region &body,
                              codegen::PointEmitter &emitter,
                              const TransposeTile &tile);

} // namespace moec::gpu

#endif // MOEC_PASSES_GPU_LOWERMAPTRANSPOSE_H
