//===- HostCall.h - What a program asks the runtime to do -------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A step of a program is the launch of a kernel or a call of the host: a
// function of the runtime, which the manifest lists among the kernels as
// "builtin:NAME" with its attributes.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_HOSTCALL_H
#define MOEC_RUNTIME_CORE_HOSTCALL_H

#include "runtime/core/Manifest.h"
#include "runtime/core/Registry.h"

#include <memory>

namespace moec::rt {

/// A function of the runtime bound to the attributes of one kernel.
class HostCall {
public:
  virtual ~HostCall();
  /// The least bytes of each of its operands, in their order.
  virtual std::vector<int64_t> operandBytes() const = 0;
  virtual int64_t scratchBytes() const = 0;
  /// `args` are addresses in the memory of the host. Allocates nothing.
  virtual void run(void *const *args, void *scratch) const = 0;
};

struct HostCallInfo {
  const char *name;     ///< without "builtin:"
  const char *operands; ///< "gates, weights, plan", for messages
  /// Throws Error for wrong attributes.
  std::shared_ptr<const HostCall> (*bind)(const Kernel &kernel);
};

const Registry<HostCallInfo> &allHostCalls();

/// The host calls of a module, one for each kernel of the manifest, null where
/// it is native code. Throws Error for a name that is not registered, wrong
/// attributes, and operands that are too few, too many or too short.
std::vector<std::shared_ptr<const HostCall>>
bindHostCalls(const Manifest &manifest);

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_HOSTCALL_H
