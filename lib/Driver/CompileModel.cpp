//===- CompileModel.cpp - From a model file to a module file ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/CompileModel.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/MLIRContext.h"
#include "moec/Import.h"
#include "moec/InitAll.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace moec;
using namespace moec::driver;

std::string moec::driver::phaseNames() { return "moe"; }

int moec::driver::compileModel(const CompileRequest &request) {
  std::error_code error;
  llvm::ToolOutputFile file(request.output, error, llvm::sys::fs::OF_None);
  if (error) {
    llvm::errs() << "moec: error: cannot write '" << request.output
                 << "': " << error.message() << '\n';
    return 1;
  }
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry);
  ImportOptions options;
  options.train = request.train;
  options.batch = request.batch;
  OwningOpRef<ModuleOp> module =
      importModelFile(request.model, context, options, llvm::errs());
  if (!module)
    return 1;
  module->print(file.os());
  file.os() << '\n';
  file.keep();
  return 0;
}

std::string moec::driver::schemaText() { return modelSchema(); }
std::string moec::driver::opsText() { return describeModelOps(); }
