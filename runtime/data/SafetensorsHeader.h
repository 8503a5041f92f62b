//===- SafetensorsHeader.h - What a safetensors file holds ------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The format: u64 length, a JSON header of that length (name -> dtype, shape,
// data_offsets, and __metadata__ with texts), then the bytes of the tensors
// without gaps.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_SAFETENSORSHEADER_H
#define MOEC_RUNTIME_DATA_SAFETENSORSHEADER_H

#include "runtime/core/Checksum.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace moec::rt {

/// Metadata keys: what kind of file it is ("moec.weights/2"); the checksum of
/// the whole file with zeros in the checksum's place. Every file that moec
/// writes has one; files of other programs need none.
constexpr const char *formatKey = "format";
constexpr const char *checksumKey = "moec.checksum";

/// A tensor of a file. `dtype` as the format names it: "F32", "BF16", ...
struct StoredTensor {
  std::string name, dtype;
  std::vector<int64_t> shape;
  int64_t elements = 0;
  int64_t elementBytes = 0;
  uint64_t offset = 0; ///< of its first byte in the file

  uint64_t bytes() const { return uint64_t(elements * elementBytes); }
  /// "F32 [2, 3]"
  std::string text() const;
};

/// Bytes ahead of the tensors, of a file of `size` bytes whose first 8 are
/// `start`. Throws Error, with `path` in it, when that cannot be.
uint64_t safetensorsPrefixBytes(const std::string &path, std::string_view start,
                                uint64_t size);

/// The header of a file.
struct SafetensorsHeader {
  std::vector<StoredTensor> tensors; ///< in the order of their bytes
  std::map<std::string, std::string> metadata;

  SafetensorsHeader() = default;
  /// Reads the `prefix` of a file of `size` bytes, length and header. Throws
  /// Error when it is malformed or does not fit the size.
  SafetensorsHeader(std::string_view prefix, uint64_t size);
};

/// Length and header of a file with `tensors` in this order, of which the name,
/// dtype, shape and sizes count. The digits of the checksum are zeros, from
/// byte `checksumAt` on.
std::string
makeSafetensorsPrefix(const std::vector<StoredTensor> &tensors,
                      const std::map<std::string, std::string> &metadata,
                      size_t &checksumAt);
/// The digits that belong there.
std::string checksumDigits(const Checksum &sum);

/// Compares a file with the checksum in its metadata.
class SafetensorsCheck {
public:
  /// Throws Error when the file should have a checksum and has none.
  SafetensorsCheck(std::string_view prefix, const SafetensorsHeader &header);

  /// Whether the file has one: files of other programs need none.
  bool needed() const { return has; }
  /// The next bytes behind the prefix.
  void add(std::string_view bytes) { sum.add(bytes); }
  /// Throws Error when the bytes are not those that moec has written.
  void finish() const;

private:
  bool has = false;    ///< a checksum
  bool placed = false; ///< its digits stand where they are written
  std::string digits;
  Checksum sum;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_SAFETENSORSHEADER_H
