//===- Module.h - A loaded module -------------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_MODULE_H
#define MOEC_RUNTIME_CORE_MODULE_H

#include "runtime/core/HostCall.h"
#include "runtime/core/ModuleFile.h"

#include <memory>
#include <string>
#include <vector>

namespace moec::rt {

/// A module that was read and checked: its bytes are whole, its manifest is in
/// order. None of its code was loaded, so it may be for any CPU or GPU; devices
/// do that. Immutable; sessions share it.
class Module {
public:
  /// Throws Error when the file is missing, damaged or no module of this
  /// runtime's ABI, its manifest is malformed or it calls functions of the host
  /// that this runtime lacks. Messages call it `name`, the
  /// model that a temporary file was made from; empty: the path.
  static std::shared_ptr<const Module> load(const std::string &path,
                                            const std::string &name = "");
  Module(const Module &) = delete;

  const Manifest &manifest() const { return contents; }
  const std::string &manifestText() const { return text; }
  /// For messages.
  const std::string &name() const { return called; }
  /// The checked bytes as a file to dlopen, good as long as the module lives.
  std::string codePath() const { return file.path(); }
  /// Of a GPU module: its PTX text, which a zero byte follows, and its machine
  /// code, which may be empty.
  std::string_view ptx() const { return ptxText; }
  std::string_view cubin() const { return cubinBytes; }
  /// The host call behind kernel `index` of the manifest; null for native code.
  const std::shared_ptr<const HostCall> &hostCall(int64_t index) const {
    return calls.at(size_t(index));
  }

  /// The entry of that name and batch size (0: the first); throws Error that
  /// lists what there is.
  int64_t requireEntry(const std::string &name, int64_t batch = 0) const;

private:
  Module(const std::string &path, const std::string &name);
  void findGpuCode();

  std::string called;
  ModuleFile file;
  std::string text;
  Manifest contents;
  std::vector<std::shared_ptr<const HostCall>> calls;
  std::string_view ptxText, cubinBytes;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_MODULE_H
