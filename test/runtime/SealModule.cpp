//===- SealModule.cpp - Makes a module of a shared object -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// usage: runtime-test-seal FILE
// Appends the seal, as the compiler does to what it links.
//
//===----------------------------------------------------------------------===//

#include "runtime/core/ModuleSeal.h"
#include "runtime/core/Version.h"

#include <fstream>
#include <sstream>

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  std::ostringstream image;
  image << std::ifstream(argv[1], std::ios::binary).rdbuf();
  std::ofstream file(argv[1], std::ios::binary | std::ios::app);
  file << moec::moduleSeal(image.str(), MOEC_MODULE_ABI);
  file.close();
  return file ? 0 : 1;
}
