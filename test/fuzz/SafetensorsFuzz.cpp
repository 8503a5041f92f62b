//===- SafetensorsFuzz.cpp - Any bytes as a safetensors file ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Error.h"
#include "runtime/data/Safetensors.h"
#include "test/fuzz/FuzzFile.h"

using namespace moec;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::File bytes(data, size);
  try {
    rt::SafetensorsFile file(bytes.path());
    // What was accepted can be read, all of it.
    size_t total = 0;
    unsigned sum = 0;
    for (const rt::SafeTensor &tensor : file.tensors()) {
      total += tensor.bytes.size();
      for (char c : tensor.bytes)
        sum += uint8_t(c);
      if (!file.find(tensor.name))
        std::abort();
    }
    if (total > size || sum > 255 * size)
      std::abort();
    file.metadata("format");
  } catch (const rt::Error &) {
  }
  return 0;
}
