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

/// Sets `moe.model`, `moe.precision` and `moe.settings` on the module.
void describeModel(mlir::ModuleOp module, const Model &model);

/// What an entry computes: the model's outputs; the logits, and loss and
/// metrics of each image; a step of training.
enum class EntryKind { Infer, Eval, TrainStep };

/// Adds the entry `infer`, `eval` (of a model with a loss or a metric of an
/// image) or `train_step`
/// (which needs a training section) as function @symbol, and the variables
/// that are new in it.
void buildEntry(mlir::ModuleOp module, const Model &model,
                llvm::StringRef symbol, llvm::StringRef file, EntryKind kind);

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_BUILD_H
