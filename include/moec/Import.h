//===- Import.h - JSON models to the moe dialect ---------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_IMPORT_H
#define MOEC_IMPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace llvm {
class raw_ostream;
}

namespace moec {

struct ImportOptions {
  /// Also build train_step, from the model's training section.
  bool train = false;
  /// With `train`: a model without a training section is built without it.
  bool trainingOptional = false;
  /// The only batch size to build for; 0: those that the model lists.
  int64_t batch = 0;
};

/// Checks a model ("moec.model/2") and builds it as variables and entries:
/// infer, one for each batch size, likewise eval if there is a loss or a metric
/// of an image, and train_step; docs/design.md says more.
/// If anything is wrong with the model, all problems are written to `problems`,
/// each with file, line, column, JSON path and node, and the result is null.
/// `file` is only a name, for messages and locations.
mlir::OwningOpRef<mlir::ModuleOp> importModel(llvm::StringRef text,
                                              llvm::StringRef file,
                                              mlir::MLIRContext &context,
                                              const ImportOptions &options,
                                              llvm::raw_ostream &problems);

/// The same for a file ("-": standard input); one that cannot be read is a
/// problem too.
mlir::OwningOpRef<mlir::ModuleOp> importModelFile(llvm::StringRef path,
                                                  mlir::MLIRContext &context,
                                                  const ImportOptions &options,
                                                  llvm::raw_ostream &problems);

/// The JSON Schema (draft 2020-12) of the model format, made from the tables
/// that the importer itself reads.
std::string modelSchema();

/// The ops of the model format with their attributes, as text for people.
std::string describeModelOps();

} // namespace moec

#endif // MOEC_IMPORT_H
