//===- Workers.cpp - Threads beside those of the steps --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Workers.h"

#include <csignal>
#include <system_error>

namespace moec::rt {

std::vector<std::thread> startWorkers(int count,
                                      const std::function<void()> &body) {
  std::vector<std::thread> threads;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    while (int(threads.size()) < count)
      threads.emplace_back(body);
  } catch (const std::system_error &) {
    // No more to be had.
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return threads;
}

} // namespace moec::rt
