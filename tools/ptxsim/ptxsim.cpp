//===- ptxsim.cpp - Runs a PTX file on a simulated GPU --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/ToolMain.h"
#include "runtime/core/Version.h"

int main(int argc, char **argv) {
  return moec::ptxsim::toolMain(argc, argv, moec::versionText("ptxsim"));
}
