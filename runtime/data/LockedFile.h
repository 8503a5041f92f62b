//===- LockedFile.h - Files that one process holds for itself ---*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All classes rest on the kernel's locks (flock), which end with the process
// that holds them, however it ends: what a killed process left behind is told
// from what another one is working on. Nothing here throws, so that code
// without exceptions can use it. Where a file system has no locks, files are
// used without.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_LOCKEDFILE_H
#define MOEC_RUNTIME_DATA_LOCKEDFILE_H

#include "runtime/data/FolderOnSignal.h"

#include <optional>
#include <string>
#include <sys/stat.h>
#include <system_error>

namespace moec::rt {

/// A file beside `path` that takes its place when it is complete. Its name is
/// `path` with ".moec-tmp" behind it; another process that writes to the same
/// path waits. One that was killed leaves such a file, which the next one to
/// write there takes over.
class Replacement {
public:
  Replacement() = default;
  Replacement(const Replacement &) = delete;
  /// Removes the file, unless commit() has moved it.
  ~Replacement();

  /// Makes the file. It gets the owner, the group and the mode of what it takes
  /// the place of, as far as the process may give them away, else those of new
  /// files; until then nobody else can read what replaces something.
  std::error_code open(const std::string &path);
  bool isOpen() const { return fd >= 0; }
  /// To write to, from the start.
  int descriptor() const { return fd; }
  const std::string &temporaryPath() const { return temporary; }
  /// Brings the bytes to the disk, and the file to its place.
  std::error_code commit();
  /// Removes what killed processes have left beside `path`; what a living one
  /// works on stays.
  static void removeLeftovers(const std::string &path);

private:
  void keepRights();

  std::string target, temporary;
  std::optional<struct stat> replaced;
  int fd = -1;
};

/// Keeps other processes from working on `path`, by a file of its name with
/// ".moec-lock" behind it that goes away with the object.
class PathLock {
public:
  PathLock() = default;
  PathLock(const PathLock &) = delete;
  ~PathLock();

  /// False when another process (or another lock of this one) holds it;
  /// `holder` then tells which ("process 1234"). Where the folder cannot be
  /// written there is no lock, which is no error.
  bool take(const std::string &path, std::string &holder);

private:
  std::string name;
  int fd = -1;
};

/// A folder of this process alone in the folder for temporary files (TMPDIR,
/// else /tmp), which goes away with the object and all that is in it, or with
/// the process when SIGINT, SIGTERM, SIGHUP or SIGPIPE ends it. Then no folders
/// in it, please.
class ScratchFolder {
public:
  ScratchFolder() = default;
  ScratchFolder(const ScratchFolder &) = delete;
  ~ScratchFolder();

  /// Makes the folder, and removes those that killed processes have left.
  std::error_code make();
  const std::string &path() const { return name; }

private:
  std::string name;
  FolderOnSignal atSignal;
  int fd = -1;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_LOCKEDFILE_H
