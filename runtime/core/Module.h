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
#include <optional>
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

/// A module file that is open. One for the CPU is checked against this CPU and
/// has every kernel resolved; one for a GPU has its code found, which a device
/// loads. Immutable; sessions share it.
class Module {
public:
  /// Throws Error when the file is missing or no module, its manifest is
  /// malformed, a kernel is missing, or this CPU lacks a feature. Messages
  /// call it `name`, the model that a temporary file was made from; empty: the
  /// path.
  static std::shared_ptr<const Module> load(const std::string &path,
                                            const std::string &name = "");
  ~Module();
  Module(const Module &) = delete;

  const Manifest &manifest() const { return contents; }
  const std::string &manifestText() const { return text; }
  /// For messages.
  const std::string &name() const { return called; }
  /// Of a module for the CPU.
  const BoundKernel &kernel(int64_t index) const { return kernels[index]; }
  /// Of a GPU module: its PTX text, which a zero byte follows, and its machine
  /// code, which may be empty.
  std::string_view ptx() const { return ptxText; }
  std::string_view cubin() const { return cubinBytes; }

  /// The entry of that name and batch size (0: the first); throws Error that
  /// lists what there is.
  int64_t requireEntry(const std::string &name, int64_t batch = 0) const;

private:
  Module() = default;
  /// The bytes of symbol `name`, as long as symbol `name`_size says.
  std::optional<std::string_view> find(const std::string &name) const;
  void bindKernels();
  void bindGpuCode();

  std::string called;
  std::string text;
  void *handle = nullptr;
  Manifest contents;
  std::vector<BoundKernel> kernels;
  std::string_view ptxText, cubinBytes;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_MODULE_H
