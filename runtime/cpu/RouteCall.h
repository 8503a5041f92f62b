//===- RouteCall.h - builtin:route ------------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CPU_ROUTECALL_H
#define MOEC_RUNTIME_CPU_ROUTECALL_H

#include "runtime/core/HostCall.h"

namespace moec::rt {

/// route() of runtime/cpu/Route.h, as docs/module-format.md tells of it.
extern const HostCallInfo routeCall;

} // namespace moec::rt

#endif // MOEC_RUNTIME_CPU_ROUTECALL_H
