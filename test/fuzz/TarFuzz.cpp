//===- TarFuzz.cpp - Any bytes as a tar archive -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Error.h"
#include "runtime/data/Tar.h"
#include "test/fuzz/FuzzFile.h"

using namespace moec;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::File file(data, size);
  try {
    auto found = rt::readTarFiles(file.path(), {"a.bin", "b.bin"});
    if (found.size() > 2)
      std::abort();
  } catch (const rt::Error &) {
  }
  return 0;
}
