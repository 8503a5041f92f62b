//===- ElfImage.h - Symbols of an ELF file that is not loaded ---*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_ELFIMAGE_H
#define MOEC_RUNTIME_CORE_ELFIMAGE_H

#include <cstdint>
#include <optional>
#include <string_view>

namespace moec::rt {

/// A shared object in the ELF format, 64 bits and least byte first, for any
/// machine. Only its tables are read; every place is checked against the file.
/// `bytes` must outlive it.
class ElfImage {
public:
  /// Throws Error when this is no such file or it has no dynamic symbols.
  explicit ElfImage(std::string_view bytes);

  /// The bytes in the file of a dynamic symbol, as many as its size says; none
  /// when it is not defined here. Throws Error when they do not lie in the
  /// file.
  std::optional<std::string_view> symbol(std::string_view name) const;

private:
  template <typename T> T read(uint64_t at, const char *what) const;
  std::string_view slice(uint64_t at, uint64_t count, const char *what) const;
  /// Where the address of a loaded byte lies in the file.
  std::string_view loaded(uint64_t address, uint64_t count) const;

  std::string_view file;
  std::string_view symbols, names;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_ELFIMAGE_H
