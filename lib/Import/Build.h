//===- Build.h - Builds moe ops from a checked model -----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_BUILD_H
#define MOEC_LIB_IMPORT_BUILD_H

#include "lib/Import/Model.h"
#include "mlir/IR/BuiltinOps.h"

namespace moec::import {

/// Sets `moe.model` and `moe.training` on the module.
void describeModel(mlir::ModuleOp module, const Model &model);

/// Adds @name: the outputs, or with `training` the loss and its metrics.
void buildFunction(mlir::ModuleOp module, const Model &model,
                   llvm::StringRef name, llvm::StringRef file, bool training);

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_BUILD_H
