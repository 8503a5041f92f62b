//===- Barrier.h - Where the threads of a step meet -------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CPU_BARRIER_H
#define MOEC_RUNTIME_CPU_BARRIER_H

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace moec::rt {

/// Lets threads go on when all of them have come, and see then what each wrote
/// before. A step has one for each launch, about a hundred in a millisecond, so
/// a thread that waits spins first. When others come late it gives its core
/// away, and after some milliseconds it sleeps.
class Barrier {
public:
  /// If not `eager`, who waits sleeps at once: where threads share cores, one
  /// that spins keeps another from coming.
  explicit Barrier(bool eager) : eager(eager) {}

  /// Waits for `threads` in all, the same number in each of them.
  void wait(int threads);

private:
  void waitLong(unsigned before);

  const bool eager;
  alignas(64) std::atomic<int> arrived{0};
  alignas(64) std::atomic<unsigned> phase{0}; ///< how often all have come
  std::atomic<int> sleepers{0};
  std::mutex mutex;
  std::condition_variable woken;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_CPU_BARRIER_H
