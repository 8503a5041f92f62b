//===- Loader.h - Batches that are read ahead -------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TRAIN_LOADER_H
#define MOEC_RUNTIME_TRAIN_LOADER_H

#include "runtime/train/Feed.h"

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace moec::rt {

/// Reads batches ahead of the steps that take them, by threads of its own. What
/// a batch holds is a function of its number, so it does not depend on them.
class Loader {
public:
  /// The items of the rows of a batch. Called by any thread.
  using Rows = std::function<std::vector<Item>(int64_t batch)>;

  /// Will give the batches first <= b < end to `feed`, in this order. 0
  /// threads: nothing is read ahead. Where the system has fewer to give, fewer
  /// do the work. Throws Error (Resources) when there is no memory for threads
  /// + 1 batches.
  Loader(Feed &feed, Rows rows, int64_t first, int64_t end, int threads);
  ~Loader();
  Loader(const Loader &) = delete;

  /// Sets the inputs of the entry to the next batch. Throws what reading it
  /// threw. The threads start with the second batch: OpenMP should have its own
  /// by then, since it aborts where it finds none left.
  void next();

private:
  struct Slot {
    Feed::Batch batch;
    int64_t number = -1; ///< of the batch that is complete here
    std::exception_ptr error;
  };
  void work();
  Slot &slotOf(int64_t batch) { return slots[size_t(batch) % slots.size()]; }

  Feed &feed;
  const Rows rows;
  const int64_t first, end;
  const int wanted;
  std::mutex mutex;
  std::condition_variable changed;
  int64_t taken; ///< the next batch to give
  int64_t begun; ///< the next batch to read
  bool stopped = false;
  std::vector<Slot> slots;
  std::vector<std::thread> threads;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_TRAIN_LOADER_H
