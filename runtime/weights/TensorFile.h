//===- TensorFile.h - A safetensors file, piece by piece --------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights that do not fit into memory, nor into the address space: a file is
// not mapped, as by data/Safetensors.h, but read where and when it is asked
// for, and written while it is computed.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_WEIGHTS_TENSORFILE_H
#define MOEC_RUNTIME_WEIGHTS_TENSORFILE_H

#include "runtime/data/LockedFile.h"
#include "runtime/data/SafetensorsHeader.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace moec::rt {

/// An open file. Only the list of its tensors is in memory.
class TensorFile {
public:
  /// Reads and checks the header. Throws Error when the file is missing,
  /// truncated or malformed.
  explicit TensorFile(const std::string &path);
  ~TensorFile();
  TensorFile(const TensorFile &) = delete;

  const std::string &path() const { return file; }
  /// In the order of their bytes.
  const std::vector<StoredTensor> &tensors() const { return header.tensors; }
  const StoredTensor *find(const std::string &name) const;
  /// All metadata.
  const std::map<std::string, std::string> &metadata() const {
    return header.metadata;
  }

  /// Reads all bytes and throws Error when they do not have the checksum that
  /// stands in the metadata of files of moec. Others have none.
  void verify() const;
  /// Reads elements [first, first + count) of a tensor, as they are stored.
  void read(const StoredTensor &tensor, int64_t first, int64_t count,
            char *to) const;

private:
  void readHeader();
  void readBytes(uint64_t offset, size_t count, char *to) const;

  std::string file;
  int fd = -1;
  uint64_t size = 0;
  std::string prefix;
  SafetensorsHeader header;
  std::map<std::string, size_t> byName;
};

/// A file of f32 tensors that is written from its beginning to its end. At its
/// path is what was there before until finish() is called.
class TensorWriter {
public:
  struct Tensor {
    std::string name;
    std::vector<int64_t> shape;
  };

  /// Begins the file. Throws Error, and std::system_error when it cannot be
  /// written, as all functions here do.
  TensorWriter(const std::string &path, const std::vector<Tensor> &tensors,
               const std::map<std::string, std::string> &metadata);
  /// The next elements, of one tensor after the other.
  void write(const float *values, size_t count);
  /// Puts the file, with its checksum, in its place. All that the header tells
  /// of has to be written.
  void finish();

private:
  void put(std::string_view bytes);

  std::string path;
  Replacement replacement;
  Checksum sum;
  size_t checksumAt = 0;
  uint64_t missing = 0; ///< bytes that are still to come
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_WEIGHTS_TENSORFILE_H
