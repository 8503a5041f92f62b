//===- Loader.cpp - Batches that are read ahead ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/train/Loader.h"
#include "runtime/core/Workers.h"

namespace moec::rt {

Loader::Loader(Feed &feed, Rows rows, int64_t first, int64_t end, int threads)
    : feed(feed), rows(std::move(rows)), first(first), end(end),
      wanted(threads), taken(first), begun(first + 1) {
  if (wanted > 0)
    slots.resize(size_t(wanted) + 1);
  for (Slot &slot : slots)
    slot.batch = feed.makeBatch();
}

Loader::~Loader() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    stopped = true;
  }
  changed.notify_all();
  for (std::thread &thread : threads)
    thread.join();
}

void Loader::work() {
  std::unique_lock<std::mutex> lock(mutex);
  for (;;) {
    // A slot is free once its last batch was taken.
    changed.wait(lock, [&] {
      return stopped || begun >= end || begun < taken + int64_t(slots.size());
    });
    if (stopped || begun >= end)
      return;
    const int64_t number = begun++;
    Slot &slot = slotOf(number);
    lock.unlock();
    std::exception_ptr error;
    try {
      feed.read(rows(number), slot.batch);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    slot.error = error;
    slot.number = number;
    changed.notify_all();
  }
}

void Loader::next() {
  if (taken == first + 1 && threads.empty())
    threads = startWorkers(wanted, [this] { work(); });
  if (taken == first || threads.empty()) {
    feed.fill(rows(taken));
    std::lock_guard<std::mutex> lock(mutex);
    ++taken;
    return;
  }
  std::unique_lock<std::mutex> lock(mutex);
  Slot &slot = slotOf(taken);
  changed.wait(lock, [&] { return slot.number == taken; });
  if (slot.error)
    std::rethrow_exception(slot.error);
  // Nobody else touches a batch that is complete and not taken.
  lock.unlock();
  feed.set(slot.batch);
  lock.lock();
  ++taken;
  changed.notify_all();
}

} // namespace moec::rt
