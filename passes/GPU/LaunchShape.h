//===- LaunchShape.h - How a kernel is launched ----------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_GPU_LAUNCHSHAPE_H
#define MOEC_PASSES_GPU_LAUNCHSHAPE_H

#include "passes/Codegen/KernelFunction.h"
#include "passes/GPU/Passes.h"

namespace moec::gpu {

/// What a lowering pass decides about the launch of its kernel, and what the
/// manifest says of it (docs/module-format.md, "GPU modules").
struct LaunchShape {
  int64_t grid = 1, threads = 32, cluster = 1;
  /// Bytes of dynamic shared memory a block, and of device memory a launch.
  int64_t shared = 0, workspace = 0;
  std::string variant = "simt";
  /// Of #kernel.tensor_map; null if there are none.
  mlir::ArrayAttr tensorMaps;
};

/// Erases the kernel op, whose work stands before it now, and puts `shape` on
/// the function as kernel.grid, kernel.threads, kernel.shared,
/// kernel.workspace, kernel.variant and, where they say something,
/// kernel.cluster and kernel.tensor_maps. With a workspace %scratch becomes the
/// pointer to it.
void finishKernel(KernelFunction kernel, const LaunchShape &shape);

/// Hands out pieces of a block's dynamic shared memory at fixed offsets.
class SharedAllocator {
public:
  /// A buffer of `shape` elements in the workgroup's address space.
  mlir::Value allocate(mlir::OpBuilder &b, mlir::Location loc,
                       llvm::ArrayRef<int64_t> shape, mlir::Type type,
                       int64_t alignment = 16);
  int64_t bytes() const { return used; }

private:
  int64_t used = 0;
  mlir::Value base;
};

/// All of a block's dynamic shared memory, addressed in bytes (i32).
struct SharedMemory {
  mlir::Value address; ///< i32, of the first byte
  mlir::Value pointer; ///< the same as !llvm.ptr<3>

  static SharedMemory create(mlir::OpBuilder &b, mlir::Location loc);
  /// `pointer` plus `bytes` plus a constant, which ends up in the instruction.
  mlir::Value at(mlir::OpBuilder &b, mlir::Location loc, mlir::Value bytes,
                 int64_t more = 0) const;
  /// A scalar or a vector, which must lie at a multiple of its size.
  mlir::Value load(mlir::OpBuilder &b, mlir::Location loc, mlir::Type type,
                   mlir::Value bytes, int64_t more = 0) const;
  void store(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value,
             mlir::Value bytes, int64_t more = 0) const;
};

/// gpu.thread_id x and gpu.block_id x, as index.
mlir::Value threadId(mlir::OpBuilder &b, mlir::Location loc);
mlir::Value blockId(mlir::OpBuilder &b, mlir::Location loc);

/// The threads of a warp, and the most that a block may have.
constexpr int64_t warpSize = 32, maxThreads = 1024;

} // namespace moec::gpu

#endif // MOEC_PASSES_GPU_LAUNCHSHAPE_H
