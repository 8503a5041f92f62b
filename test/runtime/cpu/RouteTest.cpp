//===- RouteTest.cpp - Tests of routing -----------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cpu/Route.h"
#include "runtime/core/Random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

using namespace moec::rt;

namespace {
/// The plan, taken apart.
struct Plan {
  std::vector<float> weights;
  std::vector<int32_t> offsets, item, slot, pos, expert;
};
} // namespace

static Plan routed(const RouteShape &shape, const std::vector<float> &gates) {
  int64_t choices = shape.items * shape.k, rows = routeRows(shape);
  constexpr int32_t guard = 0x5a5a5a5a;
  std::vector<int32_t> buffer(routePlanElements(shape) + 1, guard);
  std::vector<char> scratch(
      routeScratchBytes(shape.items, shape.experts, shape.k) + 1, 0x11);
  Plan plan;
  plan.weights.assign(choices, -7);
  route(shape, gates.data(), plan.weights.data(), buffer.data(),
        scratch.data());
  EXPECT_EQ(buffer.back(), guard) << "wrote behind the plan";
  EXPECT_EQ(scratch.back(), 0x11) << "wrote behind the scratch";
  auto at = buffer.begin();
  auto take = [&](int64_t count) {
    std::vector<int32_t> part(at, at + count);
    at += count;
    return part;
  };
  plan.offsets = take(shape.experts + 1);
  plan.item = take(rows);
  plan.slot = take(rows);
  plan.pos = take(choices);
  plan.expert = take(choices);
  return plan;
}

/// The same by sorting, slowly: google-research/vmoe's algorithm in words of
/// its paper.
static Plan slowRoute(const RouteShape &shape,
                      const std::vector<float> &gates) {
  int64_t items = shape.items, experts = shape.experts, k = shape.k;
  auto gate = [&](int64_t t, int64_t e) { return gates[t * experts + e]; };
  // NaN below everything else
  auto above = [](float a, float b) {
    return std::isnan(b) ? !std::isnan(a) : a > b;
  };
  Plan plan;
  plan.weights.resize(items * k);
  plan.expert.resize(items * k);
  std::vector<float> largest(items);
  for (int64_t t = 0; t < items; ++t) {
    std::vector<int64_t> order(experts);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      return above(gate(t, a), gate(t, b));
    });
    largest[t] = gate(t, order[0]);
    for (int64_t j = 0; j < k; ++j) {
      plan.weights[t * k + j] = j < experts ? gate(t, order[j]) : 0;
      plan.expert[t * k + j] = j < experts ? int32_t(order[j]) : -1;
    }
  }
  std::vector<std::vector<int64_t>> kept(experts);
  int64_t count = items / shape.groups;
  for (int64_t first = 0; first < items; first += count) {
    std::vector<int64_t> visit(count);
    std::iota(visit.begin(), visit.end(), first);
    if (shape.byImportance)
      std::stable_sort(visit.begin(), visit.end(), [&](int64_t a, int64_t b) {
        return above(largest[a], largest[b]);
      });
    std::vector<int64_t> places(experts, shape.capacity);
    for (int64_t j = 0; j < k; ++j)
      for (int64_t t : visit)
        if (int32_t e = plan.expert[t * k + j]; e >= 0 && places[e]-- > 0)
          kept[e].push_back(t * k + j);
  }
  plan.pos.assign(items * k, -1);
  plan.offsets = {0};
  for (auto &list : kept) {
    for (int64_t at : list) {
      plan.pos[at] = int32_t(plan.item.size());
      plan.item.push_back(int32_t(at / k));
      plan.slot.push_back(int32_t(at));
    }
    plan.offsets.push_back(int32_t(plan.item.size()));
  }
  plan.item.resize(routeRows(shape), -1);
  plan.slot.resize(routeRows(shape), -1);
  return plan;
}

static void expectSame(const Plan &got, const Plan &want) {
  EXPECT_EQ(got.offsets, want.offsets);
  EXPECT_EQ(got.item, want.item);
  EXPECT_EQ(got.slot, want.slot);
  EXPECT_EQ(got.pos, want.pos);
  EXPECT_EQ(got.expert, want.expert);
  ASSERT_EQ(got.weights.size(), want.weights.size());
  for (size_t i = 0; i < got.weights.size(); ++i)
    EXPECT_TRUE(got.weights[i] == want.weights[i] ||
                (std::isnan(got.weights[i]) && std::isnan(want.weights[i])));
}

TEST(Route, DropsLateItemsOfAFullExpert) {
  // Items 0, 1, 3 want expert 0, which keeps two.
  Plan plan = routed({4, 2, 1, 2, false},
                     {0.6f, 0.4f, 0.7f, 0.3f, 0.1f, 0.9f, 0.8f, 0.2f});
  EXPECT_EQ(plan.offsets, (std::vector<int32_t>{0, 2, 3}));
  EXPECT_EQ(plan.item, (std::vector<int32_t>{0, 1, 2, -1}));
  EXPECT_EQ(plan.pos, (std::vector<int32_t>{0, 1, 2, -1}));
  EXPECT_EQ(plan.expert, (std::vector<int32_t>{0, 0, 1, 0}));
}

TEST(Route, ImportanceDropsTheLeastSure) {
  Plan plan = routed({4, 2, 1, 2, true},
                     {0.6f, 0.4f, 0.7f, 0.3f, 0.1f, 0.9f, 0.8f, 0.2f});
  EXPECT_EQ(plan.item, (std::vector<int32_t>{3, 1, 2, -1}));
  EXPECT_EQ(plan.pos, (std::vector<int32_t>{-1, 1, 2, 0}));
}

TEST(Route, FirstChoicesComeBeforeSecondOnes) {
  // Item 0 has expert 1 as second choice, item 1 as first: item 1 gets it.
  Plan plan = routed({2, 2, 2, 1, false}, {0.9f, 0.1f, 0.2f, 0.8f});
  EXPECT_EQ(plan.offsets, (std::vector<int32_t>{0, 1, 2}));
  EXPECT_EQ(plan.slot, (std::vector<int32_t>{0, 2}));
  EXPECT_EQ(plan.pos, (std::vector<int32_t>{0, -1, 1, -1}));
  EXPECT_EQ(plan.weights, (std::vector<float>{0.9f, 0.1f, 0.8f, 0.2f}));
}

TEST(Route, AgreesWithSorting) {
  uint64_t index = 0;
  for (auto [items, groups] : {std::pair<int64_t, int64_t>{1, 1},
                               {2, 1},
                               {2, 2},
                               {7, 1},
                               {64, 1},
                               {64, 4},
                               {301, 1},
                               {301, 7}})
    for (int64_t experts : {1, 2, 3, 8, 17})
      for (int64_t k : {1, 2, 3, 5})
        for (int64_t capacity : {0, 1, 5, 1000})
          for (bool importance : {false, true}) {
            std::vector<float> gates(items * experts);
            for (float &gate : gates) {
              uint64_t bits = randomBits(99, index++);
              // Few values, hence many ties; a NaN, infinity, -0 here and
              // there.
              gate = float(bits % 6) / 8;
              if (bits >> 8 & 1)
                gate = float(bits >> 40) * 0x1p-24f;
              switch (bits >> 16 & 63) {
              case 0:
                gate = std::numeric_limits<float>::quiet_NaN();
                break;
              case 1:
                gate = -std::numeric_limits<float>::infinity();
                break;
              case 2:
                gate = -0.0f;
                break;
              case 3:
                gate = -std::numeric_limits<float>::quiet_NaN();
                break;
              }
            }
            RouteShape shape{items, experts, k, capacity, importance, groups};
            SCOPED_TRACE(testing::Message()
                         << items << " items, " << experts << " experts, k "
                         << k << ", capacity " << capacity << ", importance "
                         << importance);
            expectSame(routed(shape, gates), slowRoute(shape, gates));
          }
}

TEST(Route, GroupsHavePlacesOfTheirOwn) {
  // Every expert keeps one item of each half.
  std::vector<float> gates = {0.6f, 0.4f, 0.7f, 0.3f, 0.9f, 0.1f, 0.2f, 0.8f};
  Plan plan = routed({4, 2, 1, 1, false, 2}, gates);
  EXPECT_EQ(plan.offsets, (std::vector<int32_t>{0, 2, 3}));
  EXPECT_EQ(plan.item, (std::vector<int32_t>{0, 2, 3, -1}));
  EXPECT_EQ(plan.pos, (std::vector<int32_t>{0, -1, 1, 2}));
  plan = routed({4, 2, 1, 1, true, 2}, gates);
  EXPECT_EQ(plan.item, (std::vector<int32_t>{1, 2, 3, -1}));
}

TEST(Route, AllNaN) {
  std::vector<float> gates(12, std::numeric_limits<float>::quiet_NaN());
  RouteShape shape{4, 3, 2, 2, true};
  expectSame(routed(shape, gates), slowRoute(shape, gates));
}

TEST(Route, NothingToRoute) {
  Plan plan = routed({0, 3, 2, 2, true}, {});
  EXPECT_EQ(plan.offsets, (std::vector<int32_t>{0, 0, 0, 0}));
  plan = routed({2, 0, 1, 2, false}, {});
  EXPECT_EQ(plan.offsets, (std::vector<int32_t>{0}));
  EXPECT_EQ(plan.expert, (std::vector<int32_t>{-1, -1}));
}
