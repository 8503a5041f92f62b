//===- NpyFuzz.cpp - Any bytes as an npy file ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Error.h"
#include "runtime/data/Npy.h"
#include "test/fuzz/FuzzFile.h"

using namespace moec;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::File file(data, size);
  try {
    rt::NpyArray array = rt::readNpy(file.path());
    int64_t bytes = rt::dtypeBytes(array.dtype);
    for (int64_t dim : array.shape)
      bytes *= dim;
    if (size_t(bytes) != array.bytes.size() || array.bytes.size() > size)
      std::abort();
  } catch (const rt::Error &) {
  }
  return 0;
}
