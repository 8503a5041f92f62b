//===- Workers.h - Threads beside those of the steps ---------- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_WORKERS_H
#define MOEC_RUNTIME_CORE_WORKERS_H

#include <functional>
#include <thread>
#include <vector>

namespace moec::rt {

/// Starts `count` threads that run `body`, which throws nothing, or as many as
/// the system has to give, maybe none. They get no signals: those are for the
/// thread that makes the steps. To be joined by the caller.
std::vector<std::thread> startWorkers(int count,
                                      const std::function<void()> &body);

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_WORKERS_H
