//===- DumpPasses.h - The IR after each pass, as files ----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DRIVER_DUMPPASSES_H
#define MOEC_LIB_DRIVER_DUMPPASSES_H

#include "mlir/Pass/PassInstrumentation.h"
#include "mlir/Pass/PassManager.h"

namespace moec::driver {

/// Writes FOLDER/MODEL/NNN_PASS[_FUNCTION].mlir after each pass that changed
/// what it ran on. Numbers go on from one pass manager to the next. The table
/// of parameters is left out. One error ends it all. For a context without
/// threads.
class PassDumps {
public:
  explicit PassDumps(llvm::StringRef folder) : folder(folder.str()) {}

  /// Makes the folder for `module`.
  std::error_code open(mlir::ModuleOp module);
  void addTo(mlir::PassManager &pm);
  /// What went wrong, if anything did.
  std::error_code error() const { return failed; }
  const std::string &path() const { return folder; }

private:
  class Instrumentation;
  std::string folder;
  unsigned next = 0;
  std::error_code failed;
};

} // namespace moec::driver

#endif // MOEC_LIB_DRIVER_DUMPPASSES_H
