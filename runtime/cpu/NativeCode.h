//===- NativeCode.h - The kernels of a module in this process ---*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CPU_NATIVECODE_H
#define MOEC_RUNTIME_CPU_NATIVECODE_H

#include "runtime/core/Module.h"

namespace moec::rt {

/// The ABI of a kernel: computes the blocks begin <= b < end of its grid.
using KernelFn = void (*)(void *const *args, int64_t begin, int64_t end,
                          void *scratch);

/// Exactly one of the two is set.
struct BoundKernel {
  KernelFn function = nullptr;
  std::shared_ptr<const HostCall> call;
  int64_t scratchBytes = 0;
};

/// The checked bytes of a module, mapped to run, with every kernel found. All
/// that are made of one Module share the mapping; another Module, also of the
/// same path, has its own.
class NativeCode {
public:
  /// Throws Error when this CPU lacks something that the module needs, or a
  /// kernel is missing.
  explicit NativeCode(std::shared_ptr<const Module> module);
  ~NativeCode();
  NativeCode(const NativeCode &) = delete;

  const Module &module() const { return *owner; }
  const BoundKernel &kernel(int64_t index) const { return kernels[index]; }

private:
  void bindKernels();

  std::shared_ptr<const Module> owner;
  void *handle = nullptr;
  std::vector<BoundKernel> kernels;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_CPU_NATIVECODE_H
