//===- moec-run.cpp - Runs compiled modules -------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/tool/Tool.h"

int main(int argc, char **argv) {
  moec::rt::Tool tool;
  tool.name = "moec-run";
  tool.description = "Runs, trains and measures modules that `moec compile` "
                     "made";
  return moec::rt::toolMain(tool, argc, argv);
}
