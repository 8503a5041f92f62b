//===- StartableThreads.h - What the system has of threads ------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_STARTABLETHREADS_H
#define MOEC_RUNTIME_CORE_STARTABLETHREADS_H

#include <cstddef>

namespace moec {

/// How many threads can run at once, the calling one included: `wanted`, or
/// fewer where a limit (ulimit -u, a container's, memory for their stacks)
/// stands in the way. The libraries that start threads for us, OpenMP's and
/// LLVM's, abort the process then, so it is tried before: the threads are
/// started and ended, about 20 microseconds each. `stackBytes` of each; 0: the
/// system's default.
int startableThreads(int wanted, size_t stackBytes = 0);

} // namespace moec

#endif // MOEC_RUNTIME_CORE_STARTABLETHREADS_H
