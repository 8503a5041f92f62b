//===- PtxKernel.h - Compiles a kernel function to PTX ---------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_PASSES_GPU_PTXKERNEL_H
#define MOEC_TEST_PASSES_GPU_PTXKERNEL_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace moec::test {

/// A tensor map as the manifest describes it.
struct TensorMap {
  int64_t operand = 0;
  std::string dtype;
  std::vector<int64_t> shape, strides, box;
  int64_t swizzle = 0;
};

/// One kernel as the GPU pipeline leaves it.
struct PtxKernel {
  std::string name, ptx, variant;
  int64_t grid = 0, threads = 0, cluster = 1, shared = 0, workspace = 0;
  std::vector<TensorMap> tensorMaps;

  /// Compiles the only kernel function of `module`, which is consumed. Nothing
  /// and `error` if a pass fails. `pipeline` runs before moec-gpu-pipeline.
  static std::optional<PtxKernel> compile(mlir::ModuleOp module,
                                          const std::string &arch,
                                          std::string &error,
                                          const std::string &pipeline = "");
};

/// A context with all of moec's dialects.
std::unique_ptr<mlir::MLIRContext> makeGpuContext();

} // namespace moec::test

#endif // MOEC_TEST_PASSES_GPU_PTXKERNEL_H
