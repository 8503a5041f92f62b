//===- Npy.h - Read and write NumPy files -----------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_NPY_H
#define MOEC_RUNTIME_DATA_NPY_H

#include "runtime/core/Manifest.h"
#include "runtime/data/File.h"

namespace moec::rt {

/// An npy file: what its header says, and its elements, little-endian and in
/// row-major order, which stay in the file. What dtypes are welcome, its
/// readers know.
class NpyFile {
public:
  /// Throws Error for a file that is no npy file of version 1, 2 or 3, or is
  /// damaged, and for one in Fortran order, of big-endian numbers, or of
  /// anything but integers and floating-point numbers. Python objects, which
  /// would have to be unpickled, are among the latter.
  explicit NpyFile(const std::string &path);

  char kind = 0;         ///< of the dtype: 'i', 'u' or 'f'
  int64_t itemBytes = 0; ///< of the dtype: 1, 2, 4 or 8
  std::vector<int64_t> shape;
  std::string_view data; ///< of all elements

  bool is(char wanted, int64_t bytes) const {
    return kind == wanted && itemBytes == bytes;
  }
  /// Throws the Error of a dtype that is none of `expected`, "uint8 or int32".
  [[noreturn]] void refuseDtype(const char *expected) const;
  const std::string &path() const { return name; }

private:
  std::string name, descr;
  MappedFile file;
};

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
