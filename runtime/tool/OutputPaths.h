//===- OutputPaths.h - Files that a command will write ----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TOOL_OUTPUTPATHS_H
#define MOEC_RUNTIME_TOOL_OUTPUTPATHS_H

#include "runtime/data/LockedFile.h"

#include <deque>
#include <vector>

namespace moec::rt {

/// A file that an option names; "" when the option was not given.
struct NamedPath {
  const char *option;
  std::string path;
};

/// The files of what --data names, KIND:PATH: inputs as well.
std::vector<NamedPath> dataFiles(const std::string &source);

/// Throws Error when one of `outputs` cannot be written, or is the same file
/// as another one or as one of `inputs`, which it would replace. To be called
/// before long work. Devices and pipes may be named as often as one likes.
void checkOutputs(const std::vector<NamedPath> &outputs,
                  const std::vector<NamedPath> &inputs);

/// Keeps other processes from writing these files as long as it lives, and
/// removes what killed ones left beside them.
class OutputLocks {
public:
  /// Throws Error when another process has locked one.
  explicit OutputLocks(const std::vector<NamedPath> &outputs);

private:
  std::deque<PathLock> locks;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_TOOL_OUTPUTPATHS_H
