//===- ModuleFile.h - The checked bytes of a module -------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_MODULEFILE_H
#define MOEC_RUNTIME_CORE_MODULEFILE_H

#include <optional>
#include <string>
#include <string_view>

namespace moec::rt {

/// A copy of a module file in memory that nobody can change any more, with its
/// seal checked. So what was checked is what is loaded, whatever happens to the
/// file, and each copy is a file of its own to dlopen. Nothing in it is
/// executable or runs.
class ModuleFile {
public:
  /// Throws Error when the file cannot be read, or is no whole module of this
  /// runtime's ABI. Messages call it `name`.
  ModuleFile(const std::string &path, const std::string &name);
  ~ModuleFile();
  ModuleFile(const ModuleFile &) = delete;

  std::string_view bytes() const { return {start, length}; }
  /// A path to these bytes, for dlopen, good as long as this object lives.
  std::string path() const;

  /// The bytes of the data symbol `name`, as many as the uint64_t of symbol
  /// `name`_size says; without such a symbol, nothing. A byte follows them in
  /// the file. Read from the tables of the ELF image, of any machine. Throws
  /// Error when a table or the symbol does not lie in the file.
  std::optional<std::string_view> find(const std::string &name) const;

private:
  int descriptor = -1;
  const char *start = nullptr;
  size_t length = 0;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_MODULEFILE_H
