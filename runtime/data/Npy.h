//===- Npy.h - Read and write NumPy files -----------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_NPY_H
#define MOEC_RUNTIME_DATA_NPY_H

#include "runtime/core/Manifest.h"

namespace moec::rt {

/// An array in row-major order.
struct NpyArray {
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  std::vector<char> bytes;
};

/// Reads a version 1, 2 or 3 file with dtype |u1, <i4 or <f4 in C order.
/// Throws Error for any other, with what to do about it.
NpyArray readNpy(const std::string &path);

/// Writes a version 1 file, by temporary file, fsync and rename.
void writeNpy(const std::string &path, DType dtype,
              const std::vector<int64_t> &shape, const void *data);

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_NPY_H
