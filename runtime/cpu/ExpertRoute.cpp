//===- ExpertRoute.cpp - Experts choose their items -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cpu/ExpertRoute.h"

#include "runtime/cpu/OrderKey.h"
#include <algorithm>

// Built for several CPUs, of which the loader takes one: the runtime itself is
// for every x86-64.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__OPTIMIZE__) &&      \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MOEC_VECTOR_CLONES [[gnu::target_clones("avx512f", "avx2", "default")]]
#else
#define MOEC_VECTOR_CLONES
#endif

namespace moec::rt {

/// Experts that are looked at together: their gates of an item are neighbours
/// in memory, and each is a lane of a vector.
constexpr int64_t lanes = ExpertRouteShape::lanes;

namespace {
/// A number for each expert of a block; lies anywhere.
using Lanes [[gnu::vector_size(4 * lanes), gnu::aligned(4)]] = int32_t;

/// Where the plan's parts begin, see ExpertRouteShape::planElements().
struct PlanParts {
  int32_t *offsets, *item, *slot, *pos, *expert;
};
/// Copies the first `width` lanes: 64 bytes in one go where all are there.
[[gnu::always_inline]] inline void copyLanes(void *to, const void *from,
                                             int64_t width) {
  if (width == lanes)
    std::memcpy(to, from, sizeof(Lanes));
  else
    std::memcpy(to, from, 4 * width);
}
} // namespace

/// Routes the items of a group, `first` and those behind it, to `width` experts
/// from `block` on. `keys` holds lanes of as many items.
MOEC_VECTOR_CLONES
static void routeBlock(const ExpertRouteShape &shape, const float *gates,
                       int64_t group, int64_t block, int64_t width, Lanes *keys,
                       const PlanParts &plan) {
  int64_t count = shape.groupItems(), first = group * count;
  gates += first * shape.experts + block;
  for (int64_t i = 0; i < count; ++i) {
    float gate[lanes] = {};
    copyLanes(gate, gates + i * shape.experts, width);
    for (int64_t l = 0; l < lanes; ++l)
      keys[i][l] = orderKey(gate[l]);
  }

  // The key of the last item that is taken, found bit by bit from the top: the
  // largest bound that C keys reach. 32 passes without branches, which are as
  // long for every C and every distribution of gates.
  constexpr int32_t sign = std::numeric_limits<int32_t>::min();
  int32_t capacity = int32_t(shape.capacity);
  Lanes found = {}; // with the sign turned: they order as if unsigned
  for (int bit = 31; bit >= 0; --bit) {
    Lanes more = found | int32_t(uint32_t(1) << bit);
    Lanes bound = more ^ sign, reached = {};
    for (int64_t i = 0; i < count; ++i)
      reached -= keys[i] >= bound; // a lane that is true is -1
    Lanes enough = reached >= capacity;
    found = (more & enough) | (found & ~enough);
  }

  // Of the keys equal to the last one, the first few are taken.
  Lanes last = found ^ sign, ties = Lanes{} + capacity, row, bitOf;
  for (int64_t i = 0; i < count; ++i)
    ties += keys[i] > last;
  for (int64_t l = 0; l < lanes; ++l) {
    bitOf[l] = int32_t(1) << l;
    row[l] = int32_t(((block + l) * shape.groups + group) * shape.capacity);
  }
  uint32_t inside = (uint32_t(1) << width) - 1;
  for (int64_t i = 0; i < count; ++i) {
    Lanes tied = (keys[i] == last) & (ties > 0);
    Lanes taken = (keys[i] > last) | tied;
    int64_t at = (first + i) * shape.experts + block;
    Lanes bits = taken & bitOf;
    uint32_t some = 0;
    for (int64_t l = 0; l < lanes; ++l)
      some |= uint32_t(bits[l]);
    for (some &= inside; some; some &= some - 1) {
      int l = __builtin_ctz(some);
      plan.item[row[l]] = int32_t(first + i);
      plan.slot[row[l]] = int32_t(at + l);
      plan.pos[at + l] = row[l];
    }
    ties += tied;
    row -= taken;
  }
}

void expertRoute(const ExpertRouteShape &shape, const float *gates,
                 int32_t *plan, void *scratch) {
  int64_t experts = shape.experts, rows = shape.rows();
  PlanParts parts;
  parts.offsets = plan;
  parts.item = parts.offsets + experts + 1;
  parts.slot = parts.item + rows;
  parts.pos = parts.slot + rows;
  parts.expert = parts.pos + shape.items * experts;
  for (int64_t e = 0; e <= experts; ++e)
    parts.offsets[e] = int32_t(e * shape.groups * shape.capacity);
  // In one go: a block would write a few of many pages for each item.
  std::fill_n(parts.pos, shape.items * experts, -1);
  for (int64_t t = 0; t < shape.items; ++t)
    for (int64_t e = 0; e < experts; ++e)
      parts.expert[t * experts + e] = int32_t(e);
  for (int64_t group = 0; group < shape.groups; ++group)
    for (int64_t block = 0; block < experts; block += lanes)
      routeBlock(shape, gates, group, block, std::min(lanes, experts - block),
                 static_cast<Lanes *>(scratch), parts);
}

} // namespace moec::rt
