//===- HoldOut.cpp - Keep a part of the data back -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/HoldOut.h"
#include "runtime/core/Random.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace moec::rt {

HeldOut holdOut(const DatasetRef &data, double share, uint64_t seed) {
  int64_t count = data->count();
  int64_t kept = std::llround(share * double(count));
  if (kept < 1 || kept >= count)
    fail("{}: a share of {:g} of {} images is {}: expected at least one, and "
         "one that is left; fix: take another share",
         data->name(), share, count, kept);
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  uint64_t key = streamKey(seed, "hold out");
  // The beginning of a shuffle by Fisher and Yates.
  for (int64_t i = 0; i < kept; ++i)
    std::swap(
        order[size_t(i)],
        order[size_t(i) + randomBits(key, uint64_t(i)) % uint64_t(count - i)]);
  std::vector<int64_t> part(order.begin(), order.begin() + kept);
  std::vector<int64_t> rest(order.begin() + kept, order.end());
  std::sort(part.begin(), part.end());
  std::sort(rest.begin(), rest.end());
  return {selectItems(data, std::move(rest)),
          selectItems(data, std::move(part))};
}

} // namespace moec::rt
