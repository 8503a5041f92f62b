//===- Route.cpp - Top-k routing of items to experts ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cpu/Route.h"

#include "runtime/cpu/OrderKey.h"

namespace moec::rt {

static constexpr int64_t radixBits = 11;
static constexpr int64_t radixBins = int64_t(1) << radixBits;

int64_t routeScratchBytes(int64_t items, int64_t experts, int64_t k) {
  // filled[E], limit[E], best[k], order and keys twice for the sort, three
  // histograms
  return 4 * (2 * experts + k + 4 * items + 3 * radixBins) + 64;
}

/// Strictly greater replaces, so the lower expert wins a tie. The first gate
/// replaces always, which puts NaN last but keeps it a choice.
static void topOne(const float *gates, int64_t items, int64_t experts,
                   float *weights, int32_t *chosen, int32_t *keys) {
  for (int64_t t = 0; t < items; ++t) {
    const float *row = gates + t * experts;
    int32_t best = orderKey(row[0]), index = 0;
    for (int64_t e = 1; e < experts; ++e) {
      int32_t key = orderKey(row[e]);
      bool better = key > best;
      best = better ? key : best;
      index = better ? int32_t(e) : index;
    }
    weights[t] = row[index];
    chosen[t] = index;
    keys[t] = best;
  }
}

/// Two running maxima without branches: gates are as good as random to a
/// branch predictor.
static void topTwo(const float *gates, int64_t items, int64_t experts,
                   float *weights, int32_t *chosen, int32_t *keys) {
  for (int64_t t = 0; t < items; ++t) {
    const float *row = gates + t * experts;
    int32_t a = orderKey(row[0]), b = orderKey(row[1]);
    bool swapped = b > a;
    int32_t best = swapped ? b : a, second = swapped ? a : b;
    int32_t bestAt = swapped, secondAt = !swapped;
    for (int64_t e = 2; e < experts; ++e) {
      int32_t key = orderKey(row[e]);
      bool first = key > best, next = key > second;
      second = first ? best : next ? key : second;
      secondAt = first ? bestAt : next ? int32_t(e) : secondAt;
      best = first ? key : best;
      bestAt = first ? int32_t(e) : bestAt;
    }
    weights[2 * t] = row[bestAt];
    weights[2 * t + 1] = row[secondAt];
    chosen[2 * t] = bestAt;
    chosen[2 * t + 1] = secondAt;
    keys[t] = best;
  }
}

/// Any k: insertion into a sorted list of the best so far.
static void topMany(const RouteShape &shape, const float *gates, float *weights,
                    int32_t *chosen, int32_t *keys, int32_t *best) {
  int64_t k = shape.k;
  for (int64_t t = 0; t < shape.items; ++t) {
    const float *row = gates + t * shape.experts;
    int32_t *list = chosen + t * k;
    int64_t count = 0;
    for (int64_t e = 0; e < shape.experts; ++e) {
      int32_t key = orderKey(row[e]);
      if (count == k && key <= best[k - 1])
        continue;
      int64_t at = count < k ? count++ : k - 1;
      for (; at > 0 && best[at - 1] < key; --at) {
        best[at] = best[at - 1];
        list[at] = list[at - 1];
      }
      best[at] = key;
      list[at] = int32_t(e);
    }
    for (int64_t j = 0; j < count; ++j)
      weights[t * k + j] = row[list[j]];
    for (int64_t j = count; j < k; ++j) {
      weights[t * k + j] = 0;
      list[j] = -1;
    }
    keys[t] = best[0];
  }
}

/// Stable descending order of `keys` by three radix passes; returns the buffer
/// that holds it.
static const int32_t *sortDescending(int64_t items, int32_t *keys,
                                     int32_t *keysTo, int32_t *order,
                                     int32_t *orderTo, int32_t *counts) {
  std::fill(counts, counts + 3 * radixBins, 0);
  auto digit = [](int32_t key, int pass) {
    return int64_t(uint32_t(key) >> (pass * radixBits)) & (radixBins - 1);
  };
  for (int64_t i = 0; i < items; ++i) {
    // Descending and unsigned: the sign bit stays, all others turn.
    keys[i] ^= 0x7fffffff;
    order[i] = int32_t(i);
    for (int pass = 0; pass < 3; ++pass)
      ++counts[pass * radixBins + digit(keys[i], pass)];
  }
  for (int pass = 0; pass < 3; ++pass) {
    int32_t *count = counts + pass * radixBins;
    int32_t sum = 0;
    for (int64_t bin = 0; bin < radixBins; ++bin) {
      int32_t here = count[bin];
      count[bin] = sum;
      sum += here;
    }
    for (int64_t i = 0; i < items; ++i) {
      int32_t to = count[digit(keys[i], pass)]++;
      keysTo[to] = keys[i];
      orderTo[to] = order[i];
    }
    std::swap(keys, keysTo);
    std::swap(order, orderTo);
  }
  return order;
}

void route(const RouteShape &shape, const float *gates, float *weights,
           int32_t *plan, void *scratch) {
  int64_t items = shape.items, experts = shape.experts, k = shape.k;
  int64_t choices = items * k, rows = routeRows(shape);
  int32_t *offsets = plan, *item = plan + experts + 1, *slot = item + rows;
  int32_t *pos = slot + rows, *expert = pos + choices;
  int32_t *filled = static_cast<int32_t *>(scratch);
  int32_t *limit = filled + experts, *best = limit + experts;
  int32_t *keys = best + k, *keysTo = keys + items;
  int32_t *orderA = keysTo + items, *orderB = orderA + items;
  int32_t *counts = orderB + items;

  if (experts == 0) {
    std::fill(weights, weights + choices, 0.0f);
    offsets[0] = 0;
    std::fill(pos, pos + 2 * choices, -1);
    return;
  }
  if (k == 1)
    topOne(gates, items, experts, weights, expert, keys);
  else if (k == 2 && experts >= 2)
    topTwo(gates, items, experts, weights, expert, keys);
  else
    topMany(shape, gates, weights, expert, keys, best);

  // Take places expert by expert, in each group all first choices before the
  // second ones.
  int64_t count = items / shape.groups;
  std::fill(filled, filled + experts, 0);
  for (int64_t first = 0; first < items; first += count) {
    const int32_t *order = nullptr;
    if (shape.byImportance)
      order =
          sortDescending(count, keys + first, keysTo, orderA, orderB, counts);
    int64_t places = std::min(shape.capacity, count);
    for (int64_t e = 0; e < experts; ++e)
      limit[e] = int32_t(filled[e] + places);
    for (int64_t j = 0; j < k; ++j)
      for (int64_t i = 0; i < count; ++i) {
        int64_t at = (first + (order ? order[i] : i)) * k + j;
        int32_t e = expert[at];
        bool kept = e >= 0 && filled[e] < limit[e];
        pos[at] = kept ? filled[e]++ : -1;
      }
  }

  offsets[0] = 0;
  for (int64_t e = 0; e < experts; ++e)
    offsets[e + 1] = offsets[e] + filled[e];

  for (int64_t t = 0, at = 0; t < items; ++t)
    for (int64_t j = 0; j < k; ++j, ++at) {
      if (pos[at] < 0)
        continue;
      int32_t row = offsets[expert[at]] + pos[at];
      pos[at] = row;
      item[row] = int32_t(t);
      slot[row] = int32_t(at);
    }
  std::fill(item + offsets[experts], item + rows, -1);
  std::fill(slot + offsets[experts], slot + rows, -1);
}

} // namespace moec::rt
