//===- FolderOnSignal.h - A folder that a signal removes --------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_FOLDERONSIGNAL_H
#define MOEC_RUNTIME_DATA_FOLDERONSIGNAL_H

#include <string>

namespace moec::rt {

/// A folder that is removed, with the files in it, when SIGINT, SIGTERM, SIGHUP
/// or SIGPIPE is about to end the process; whatever the signal did before
/// follows. Signals that the process ignores do nothing. Nothing throws.
class FolderOnSignal {
public:
  FolderOnSignal() = default;
  FolderOnSignal(const FolderOnSignal &) = delete;
  ~FolderOnSignal() { forget(); }

  void note(const std::string &path);
  void forget();

private:
  char *noted = nullptr;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_FOLDERONSIGNAL_H
