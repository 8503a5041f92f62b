//===- ExpertRouteTest.cpp - Tests of experts that choose -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cpu/ExpertRoute.h"
#include "runtime/core/Random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

using namespace moec::rt;

static std::vector<int32_t> routed(const ExpertRouteShape &shape,
                                   const std::vector<float> &gates) {
  constexpr int32_t guard = 0x5a5a5a5a;
  std::vector<int32_t> plan(shape.planElements() + 1, guard);
  std::vector<char> scratch(shape.scratchBytes() + 1, 0x11);
  expertRoute(shape, gates.data(), plan.data(), scratch.data());
  EXPECT_EQ(plan.back(), guard) << "wrote behind the plan";
  EXPECT_EQ(scratch.back(), 0x11) << "wrote behind the scratch";
  plan.pop_back();
  return plan;
}

/// The same by sorting, slowly.
static std::vector<int32_t> slowlyRouted(const ExpertRouteShape &shape,
                                         const std::vector<float> &gates) {
  int64_t experts = shape.experts, count = shape.items / shape.groups;
  std::vector<int32_t> offsets = {0}, item, slot;
  std::vector<int32_t> pos(shape.items * experts, -1), expert(pos.size());
  for (int64_t e = 0; e < experts; ++e) {
    auto gate = [&](int64_t t) { return gates[t * experts + e]; };
    for (int64_t first = 0; first < shape.items; first += count) {
      std::vector<int32_t> order(count);
      std::iota(order.begin(), order.end(), int32_t(first));
      std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
        // NaN below everything else
        return std::isnan(gate(b)) ? !std::isnan(gate(a)) : gate(a) > gate(b);
      });
      order.resize(shape.capacity);
      std::sort(order.begin(), order.end());
      for (int32_t t : order) {
        pos[t * experts + e] = int32_t(item.size());
        item.push_back(t);
        slot.push_back(int32_t(t * experts + e));
      }
    }
    offsets.push_back(int32_t(item.size()));
    for (int64_t t = 0; t < shape.items; ++t)
      expert[t * experts + e] = int32_t(e);
  }
  for (const auto *part : {&item, &slot, &pos, &expert})
    offsets.insert(offsets.end(), part->begin(), part->end());
  return offsets;
}

TEST(ExpertRoute, TakesTheLargestOfEachGroup) {
  // Two groups of two items, two experts that take one item each.
  std::vector<int32_t> plan =
      routed({4, 2, 2, 1}, {0.2f, 0.8f, 0.1f, 0.9f, 0.6f, 0.4f, 0.7f, 0.3f});
  std::vector<int32_t> expected = {0, 2,  4,                   // offsets
                                   0, 3,  1,  2,               // item
                                   0, 6,  3,  5,               // slot
                                   0, -1, -1, 2, -1, 3, 1, -1, // pos
                                   0, 1,  0,  1, 0,  1, 0, 1}; // expert
  EXPECT_EQ(plan, expected);
}

TEST(ExpertRoute, OfEqualGatesTheLowerItemWins) {
  ExpertRouteShape shape{4, 1, 1, 3};
  std::vector<int32_t> plan = routed(shape, {0.5f, 0.25f, 0.25f, 0.25f});
  EXPECT_EQ(std::vector<int32_t>(plan.begin() + 2, plan.begin() + 5),
            (std::vector<int32_t>{0, 1, 2}));
}

/// An item may have no expert, or all of them.
TEST(ExpertRoute, AnItemMayHaveNoExpert) {
  ExpertRouteShape shape{2, 3, 1, 1};
  std::vector<int32_t> plan = routed(shape, {0.4f, 0.3f, 0.3f, 0, 0, 0});
  auto pos = plan.begin() + 4 + 2 * shape.rows();
  EXPECT_EQ(std::vector<int32_t>(pos, pos + 6),
            (std::vector<int32_t>{0, 1, 2, -1, -1, -1}));
}

TEST(ExpertRoute, AgreesWithSorting) {
  uint64_t index = 0;
  for (int64_t groups : {1, 2, 5})
    for (int64_t count : {1, 2, 7, 49, 301})
      for (int64_t experts : {1, 3, 8, 16, 17, 33})
        for (int64_t capacity : {int64_t(1), count / 2, count - 1, count}) {
          if (capacity < 1)
            continue;
          ExpertRouteShape shape{groups * count, experts, groups, capacity};
          std::vector<float> gates(shape.items * experts);
          for (float &gate : gates) {
            uint64_t bits = randomBits(99, index++);
            // Few values, hence many ties; a NaN, infinity, -0 here and there.
            gate = float(bits % 6) / 8 - 0.25f;
            if (bits >> 8 & 1)
              gate = float(bits >> 40) * 0x1p-24f;
            constexpr float infinity = std::numeric_limits<float>::infinity();
            constexpr float nan = std::numeric_limits<float>::quiet_NaN();
            const float special[] = {nan, -nan, infinity, -infinity, -0.0f};
            if ((bits >> 16 & 63) < std::size(special))
              gate = special[bits >> 16 & 63];
          }
          SCOPED_TRACE(testing::Message()
                       << groups << " groups of " << count << " items, "
                       << experts << " experts, capacity " << capacity);
          EXPECT_EQ(routed(shape, gates), slowlyRouted(shape, gates));
        }
}

TEST(ExpertRoute, NothingButNaNOrInfinity) {
  for (float value : {std::numeric_limits<float>::quiet_NaN(),
                      std::numeric_limits<float>::infinity(),
                      -std::numeric_limits<float>::infinity()}) {
    ExpertRouteShape shape{6, 2, 2, 2};
    std::vector<float> gates(12, value);
    EXPECT_EQ(routed(shape, gates), slowlyRouted(shape, gates));
  }
}
