//===- SafetensorsFuzz.cpp - Any bytes as a safetensors file ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Error.h"
#include "runtime/data/Safetensors.h"
#include "runtime/weights/TensorFile.h"
#include "test/fuzz/FuzzFile.h"

using namespace moec;

/// How many tensors the reader has that maps nothing; -1 where it refuses.
static int64_t readByPieces(const std::string &path) {
  try {
    rt::TensorFile file(path);
    file.verify();
    for (const rt::StoredTensor &tensor : file.tensors()) {
      std::string bytes(size_t(tensor.elements * tensor.elementBytes), 0);
      file.read(tensor, 0, tensor.elements, bytes.data());
    }
    return int64_t(file.tensors().size());
  } catch (const rt::Error &) {
    return -1;
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::File bytes(data, size);
  int64_t pieces = readByPieces(bytes.path()), whole = -1;
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
    whole = int64_t(file.tensors().size());
  } catch (const rt::Error &) {
  }
  // Both readers take the same files.
  if (pieces != whole)
    std::abort();
  return 0;
}
