//===- Compiler.h - From model IR to a module file --------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DRIVER_COMPILER_H
#define MOEC_LIB_DRIVER_COMPILER_H

#include "lib/Target/Flags.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <functional>
#include <string>
#include <vector>

namespace moec::driver {

/// What steers compilation; the defaults are what a user wants.
struct CompileOptions {
  /// As `--target` takes it; empty: the default.
  std::string target;
  /// The target's own flags.
  target::FlagValues flags;
  /// What contractions multiply, "f32" or "bf16"; empty: `moe.precision` of the
  /// module, else f32.
  std::string precision;
  /// The phase that the module comes from; empty: from the importer.
  std::string from;
  /// Where to stop.
  std::string until = "module";
  /// Text of IR says where in the model each op stands.
  bool locations = false;
  /// If set, IR after each pass that changed it goes there, numbered.
  std::string dumpPasses;
  /// Prints the time of each pass to standard error.
  bool timing = false;
  /// Prints the memory of each entry to standard output.
  bool printMemoryPlan = false;
  /// Bytes that the runtime may allocate for the module; 0: any number. What
  /// training keeps is computed again until it fits.
  int64_t memoryLimit = 0;
  /// `kernel.tuning` of the module, if any.
  mlir::DictionaryAttr tuning;
  /// Called with the module once it has its plan.
  std::function<void(mlir::ModuleOp)> planned;
  /// Passes to leave out, of optionalPasses() (for experiments).
  std::vector<std::string> disabledPasses;
};

/// Compiles model IR, as lib/Import builds it or as an earlier compilation
/// printed it, and writes the result of the last phase to `path`: text for all
/// but the module file; "-" is standard output for text. Diagnostics go to the
/// context's handler. Nothing is written on failure. The exit code: 0, 1 or, if
/// a disk is full or a limit of the process is met, 4.
int compile(mlir::ModuleOp module, const CompileOptions &options,
            llvm::StringRef path);

} // namespace moec::driver

#endif // MOEC_LIB_DRIVER_COMPILER_H
