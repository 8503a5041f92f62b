//===- moec-opt.cpp -----------------------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Registration/ToolSetup.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "moec/InitAll.h"

int main(int argc, char **argv) {
  moec::setToolVersion("moec-opt");
  if (mlir::failed(moec::checkPlugins("moec-opt", argc, argv)))
    return 1;
  mlir::DialectRegistry registry;
  moec::registerAllDialects(registry);
  moec::registerAllPasses();
  return mlir::failed(
      mlir::MlirOptMain(argc, argv, "moec optimizer driver\n", registry));
}
