//===- moec-lsp-server.cpp - Live diagnostics for moec's IR ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Registration/ToolSetup.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Support/LLVM.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "moec/InitAll.h"

int main(int argc, char **argv) {
  moec::setToolVersion("moec-lsp-server");
  mlir::DialectRegistry registry;
  moec::registerAllDialects(registry);

  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
