//===- ArenaPacker.cpp - Places lifetimes into one arena ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Memory/ArenaPacker.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <map>

using namespace moec::memory;

static constexpr int64_t alignment = 64;

int64_t moec::memory::packArena(llvm::MutableArrayRef<Lifetime> lifetimes) {
  llvm::SmallVector<Lifetime *> order;
  for (Lifetime &l : lifetimes)
    order.push_back(&l);
  llvm::stable_sort(order, [](const Lifetime *a, const Lifetime *b) {
    return a->bytes > b->bytes;
  });

  int64_t size = 0;
  llvm::SmallVector<Lifetime *> placed; // ascending offsets
  for (Lifetime *l : order) {
    int64_t bytes = llvm::alignTo(l->bytes, alignment);
    int64_t at = 0;
    for (Lifetime *other : placed) {
      if (other->end < l->start || l->end < other->start)
        continue;
      if (at + bytes <= other->offset)
        break;
      at = std::max<int64_t>(
          at, other->offset +
                  static_cast<int64_t>(llvm::alignTo(other->bytes, alignment)));
    }
    l->offset = at;
    size = std::max(size, at + bytes);
    placed.insert(llvm::upper_bound(placed, l,
                                    [](const Lifetime *a, const Lifetime *b) {
                                      return a->offset < b->offset;
                                    }),
                  l);
  }
  return size;
}

llvm::SmallVector<size_t>
moec::memory::findPeak(llvm::ArrayRef<Lifetime> lifetimes) {
  // Bytes that come at a time, or go.
  std::map<int64_t, int64_t> changes;
  for (const Lifetime &l : lifetimes) {
    changes[l.start] += l.bytes;
    changes[l.end + 1] -= l.bytes;
  }
  int64_t held = 0, most = 0, when = 0;
  for (auto [time, bytes] : changes)
    if ((held += bytes) > most) {
      most = held;
      when = time;
    }
  llvm::SmallVector<size_t> peak;
  for (auto [i, l] : llvm::enumerate(lifetimes))
    if (l.bytes && l.start <= when && when <= l.end)
      peak.push_back(i);
  llvm::stable_sort(peak, [&](size_t a, size_t b) {
    return lifetimes[a].bytes > lifetimes[b].bytes;
  });
  return peak;
}
