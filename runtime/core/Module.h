//===- Module.h - A loaded module -------------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_MODULE_H
#define MOEC_RUNTIME_CORE_MODULE_H

#include "runtime/core/Manifest.h"

#include <memory>
#include <string>
#include <vector>

namespace moec::rt {

/// The ABI of a kernel: computes the blocks begin <= b < end of its grid.
using KernelFn = void (*)(void *const *args, int64_t begin, int64_t end,
                          void *scratch);

/// A function of the runtime bound to the attributes of one kernel.
class Builtin {
public:
  virtual ~Builtin();
  virtual int64_t scratchBytes() const = 0;
  virtual void run(void *const *args, void *scratch) const = 0;
};

/// Exactly one of the two is set.
struct BoundKernel {
  KernelFn function = nullptr;
  std::shared_ptr<const Builtin> builtin;
  int64_t scratchBytes = 0;
};

/// A module file that is open, checked against this CPU and has every kernel
/// resolved. Immutable; sessions share it.
class Module {
public:
  /// Throws Error when the file is missing or no module, its manifest is
  /// malformed, a kernel is missing, or this CPU lacks a feature.
  static std::shared_ptr<const Module> load(const std::string &path);
  ~Module();
  Module(const Module &) = delete;

  const Manifest &manifest() const { return contents; }
  const std::string &manifestText() const { return text; }
  const std::string &path() const { return file; }
  const BoundKernel &kernel(int64_t index) const { return kernels[index]; }

  /// The entry of that name and batch size (0: the first); throws Error that
  /// lists what there is.
  int64_t requireEntry(const std::string &name, int64_t batch = 0) const;

private:
  Module() = default;
  void bindKernels();

  std::string file;
  std::string text;
  void *handle = nullptr;
  Manifest contents;
  std::vector<BoundKernel> kernels;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_MODULE_H
