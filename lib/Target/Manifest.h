//===- Manifest.h - The JSON manifest of a module ---------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_TARGET_MANIFEST_H
#define MOEC_LIB_TARGET_MANIFEST_H

#include "lib/Target/Machine.h"
#include "lib/Target/Nvidia.h"
#include "mlir/IR/BuiltinOps.h"

namespace moec::target {

/// The manifest (docs/module-format.md) of a module with `kernel.program` ops
/// whose kernel functions carry `kernel.blocks` and `kernel.scratch`. Fails,
/// with a diagnostic, if a kernel lacks them.
mlir::FailureOr<std::string> buildManifest(mlir::ModuleOp module,
                                           const Machine &machine);

/// The same for a GPU: kernels are functions of a `gpu.module` with the
/// attributes of passes/GPU/LaunchShape.h.
mlir::FailureOr<std::string> buildManifest(mlir::ModuleOp module,
                                           const Gpu &gpu);

} // namespace moec::target

#endif // MOEC_LIB_TARGET_MANIFEST_H
