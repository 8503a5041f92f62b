//===- File.h - Files, whole and safely -------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_FILE_H
#define MOEC_RUNTIME_DATA_FILE_H

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace moec::rt {

/// A file that is mapped for reading. Throws Error when it cannot be opened;
/// `what` says what it should have been ("weights").
class MappedFile {
public:
  MappedFile(const std::string &path, const char *what);
  ~MappedFile();
  MappedFile(const MappedFile &) = delete;
  std::string_view bytes() const { return {start, length}; }

private:
  const char *start = nullptr;
  size_t length = 0;
};

/// Where a file written to `path` really goes: the end of a chain of symbolic
/// links, also when there is no file at it yet; else `path`. What is renamed to
/// `path` itself would take the link's place.
std::string linkTarget(const std::string &path);

/// Writes pieces one after another to a temporary file beside `path`, syncs
/// it and renames it: the path holds the old bytes or all new ones, never a
/// part. Throws Error, and leaves no temporary, when that fails. A device or a
/// pipe at `path` is written to as it is, and a symbolic link stays.
void writeFileAtomic(const std::string &path,
                     const std::vector<std::string_view> &pieces);

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_FILE_H
