//===- ExpertRoute.cpp - Experts choose their items -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cpu/ExpertRoute.h"

#include "runtime/cpu/OrderKey.h"

namespace moec::rt {

/// How many of the keys are at least `bound`.
static int64_t countFrom(int32_t bound, const int32_t *keys, int64_t count) {
  // An i32 sum, so that the loop has as many lanes as keys.
  int32_t sum = 0;
  for (int64_t i = 0; i < count; ++i)
    sum += keys[i] >= bound;
  return sum;
}

/// The key of rank `rank` (from 1) in descending order, found bit by bit from
/// the top: the largest bound that `rank` keys reach. 32 passes without
/// branches, which are as long for every C and every distribution of gates.
static int32_t keyOfRank(int64_t rank, const int32_t *keys, int64_t count) {
  constexpr uint32_t sign = uint32_t(1) << 31;
  uint32_t found = 0; // with the sign turned, so that it orders unsigned
  for (int bit = 31; bit >= 0; --bit) {
    uint32_t more = found | uint32_t(1) << bit;
    if (countFrom(int32_t(more ^ sign), keys, count) >= rank)
      found = more;
  }
  return int32_t(found ^ sign);
}

void expertRoute(const ExpertRouteShape &shape, const float *gates,
                 int32_t *plan, void *scratch) {
  int64_t experts = shape.experts, rows = shape.rows();
  int64_t choices = shape.items * experts, count = shape.groupItems();
  int32_t *offsets = plan, *item = plan + experts + 1, *slot = item + rows;
  int32_t *pos = slot + rows, *expert = pos + choices;
  int32_t *keys = static_cast<int32_t *>(scratch);

  for (int64_t e = 0; e <= experts; ++e)
    offsets[e] = int32_t(e * shape.groups * shape.capacity);
  int32_t row = 0;
  for (int64_t e = 0; e < experts; ++e)
    for (int64_t group = 0; group < shape.groups; ++group) {
      int64_t first = group * count;
      for (int64_t i = 0; i < count; ++i)
        keys[i] = orderKey(gates[(first + i) * experts + e]);
      int32_t last = keyOfRank(shape.capacity, keys, count);
      // Of those equal to the last one, the first few are taken. There is no
      // bound above the largest key; then none is above.
      int64_t above = last == std::numeric_limits<int32_t>::max()
                          ? 0
                          : countFrom(last + 1, keys, count);
      int64_t ties = shape.capacity - above;
      for (int64_t i = 0; i < count; ++i) {
        int64_t at = (first + i) * experts + e;
        bool taken = keys[i] > last || (keys[i] == last && ties-- > 0);
        expert[at] = int32_t(e);
        pos[at] = taken ? row : -1;
        if (!taken)
          continue;
        item[row] = int32_t(first + i);
        slot[row++] = int32_t(at);
      }
    }
}

} // namespace moec::rt
