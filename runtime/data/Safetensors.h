//===- Safetensors.h - Read and write safetensors files ---------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_SAFETENSORS_H
#define MOEC_RUNTIME_DATA_SAFETENSORS_H

#include "runtime/data/File.h"
#include "runtime/data/SafetensorsHeader.h"

#include <cstdint>
#include <map>

namespace moec::rt {

/// A tensor in memory or in a mapped file. `dtype` as the format names it:
/// "F32", "I32", "U8" and so on.
struct SafeTensor {
  std::string name;
  std::string dtype;
  std::vector<int64_t> shape;
  std::string_view bytes;
};

/// An open file; tensors point into its mapping.
class SafetensorsFile {
public:
  /// Throws Error when the file is missing, truncated or malformed, or does not
  /// have the checksum that it should have.
  explicit SafetensorsFile(const std::string &path);

  const std::string &path() const { return file; }
  const std::vector<SafeTensor> &tensors() const { return list; }
  const SafeTensor *find(std::string_view name) const;
  /// The text of a metadata key, or "" when absent.
  std::string metadata(const std::string &key) const;

private:
  std::string file;
  MappedFile mapping;
  std::vector<SafeTensor> list;
  std::map<std::string, std::string> texts;
};

/// Writes tensors in the given order and a checksum, by temporary file, fsync
/// and rename.
void writeSafetensors(const std::string &path,
                      const std::vector<SafeTensor> &tensors,
                      const std::map<std::string, std::string> &metadata);

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_SAFETENSORS_H
