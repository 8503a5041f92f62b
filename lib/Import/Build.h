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

/// Sets `moe.model`, `moe.data` and `moe.training` on the module.
void describeModel(mlir::ModuleOp module, const Model &model);

/// What a function computes: the model's outputs; those and the logits; the
/// loss and its metrics.
enum class FunctionKind { Infer, Eval, Loss };

/// Adds @name. @eval needs `model.logits`, @loss a training section.
void buildFunction(mlir::ModuleOp module, const Model &model,
                   llvm::StringRef name, llvm::StringRef file,
                   FunctionKind kind);

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_BUILD_H
