//===- moec-interpret.cpp - Runs moe and kernel ops by definition
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/InterpretMain.h"
#include "lib/Registration/ToolSetup.h"
#include "moec/InitAll.h"

int main(int argc, char **argv) {
  moec::setToolVersion("moec-interpret");
  mlir::DialectRegistry registry;
  moec::registerAllDialects(registry);
  moec::registerAllPasses();
  return moec::reference::interpretMain(argc, argv, registry);
}
