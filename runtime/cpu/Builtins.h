//===- Builtins.h - Kernels of the runtime itself ---------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CPU_BUILTINS_H
#define MOEC_RUNTIME_CPU_BUILTINS_H

#include "runtime/core/Manifest.h"

#include <memory>

namespace moec::rt {

/// A function of the runtime bound to the attributes of one kernel.
class Builtin {
public:
  virtual ~Builtin();
  virtual int64_t scratchBytes() const = 0;
  virtual void run(void *const *args, void *scratch) const = 0;
};

/// The function behind a kernel `builtin:<name>`, bound to its attributes.
/// Throws Error for an unknown name or wrong attributes.
std::shared_ptr<const Builtin> makeBuiltin(const Kernel &kernel);

/// Throws Error when a launch of a builtin has the wrong number of operands;
/// other kernels pass.
void checkBuiltinArguments(const Kernel &kernel, size_t count);

} // namespace moec::rt

#endif // MOEC_RUNTIME_CPU_BUILTINS_H
