//===- StartableThreads.cpp - What the system has of threads --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/StartableThreads.h"

#include <mutex>
#include <pthread.h>
#include <vector>

/// Waits until all are there.
static void *waitAtGate(void *gate) {
  std::lock_guard<std::mutex> pass(*static_cast<std::mutex *>(gate));
  return nullptr;
}

int moec::startableThreads(int wanted, size_t stackBytes) {
  pthread_attr_t attributes;
  if (wanted <= 1 || pthread_attr_init(&attributes) != 0)
    return 1;
  std::vector<pthread_t> threads;
  threads.reserve(size_t(wanted));
  if (stackBytes == 0 ||
      pthread_attr_setstacksize(&attributes, stackBytes) == 0) {
    std::mutex gate;
    gate.lock();
    pthread_t thread;
    while (int(threads.size()) + 1 < wanted &&
           pthread_create(&thread, &attributes, waitAtGate, &gate) == 0)
      threads.push_back(thread);
    gate.unlock();
    for (pthread_t started : threads)
      pthread_join(started, nullptr);
  }
  pthread_attr_destroy(&attributes);
  return int(threads.size()) + 1;
}
