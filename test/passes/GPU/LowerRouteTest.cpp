//===- LowerRouteTest.cpp - kernel.route on the GPU -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GpuHarness.h"
#include "runtime/cpu/Route.h"
#include <cmath>
#include <cstring>
#include <random>

using namespace moec;
using namespace moec::test;

namespace {

struct Case {
  int64_t items, experts, k, capacity, groups = 1;

  rt::RouteShape shape(bool byImportance = false) const {
    return {items, experts, k, capacity, byImportance, groups};
  }
};

std::string source(const Case &c, bool byImportance) {
  auto n = [](int64_t v) { return std::to_string(v); };
  std::string gates = "memref<" + n(c.items) + "x" + n(c.experts) + "xf32>";
  std::string weights = "memref<" + n(c.items) + "x" + n(c.k) + "xf32>";
  std::string plan = "memref<" + n(rt::routePlanElements(c.shape())) + "xi32>";
  return "func.func @k(%g: " + gates + ", %w: " + weights + ", %p: " + plan +
         ", %begin: index, %end: index, %scratch: memref<?xi8>) attributes "
         "{kernel.function} {\n  kernel.route ins(%g : " +
         gates + ") outs(%w, %p : " + weights + ", " + plan + ") k " + n(c.k) +
         " capacity " + n(c.capacity) + " groups " + n(c.groups) +
         " priority \"" + (byImportance ? "importance" : "position") +
         "\"\n  return\n}\n";
}

/// Runs both and compares every bit. `fill` writes the gates.
template <typename Fill>
void compare(const Case &c, bool byImportance, Fill fill) {
  SCOPED_TRACE(source(c, byImportance));
  GpuHarness harness(source(c, byImportance));
  harness.randomize();
  ASSERT_TRUE(harness.compiled());
  fill(harness.data<float>(0));
  ASSERT_TRUE(harness.run());
  std::vector<float> weights(c.items * c.k);
  std::vector<int32_t> plan(rt::routePlanElements(c.shape()));
  std::vector<char> scratch(rt::routeScratchBytes(c.items, c.experts, c.k) +
                            64);
  rt::route(c.shape(byImportance), harness.data<float>(0), weights.data(),
            plan.data(), scratch.data());
  EXPECT_EQ(
      std::memcmp(weights.data(), harness.data<float>(1), weights.size() * 4),
      0);
  int64_t wrong = 0;
  for (size_t i = 0; i < plan.size(); ++i)
    if (plan[i] != harness.data<int32_t>(2)[i] && ++wrong <= 3)
      ADD_FAILURE() << "plan[" << i << "] is " << harness.data<int32_t>(2)[i]
                    << ", expected " << plan[i];
  EXPECT_EQ(wrong, 0);
}

/// Few different values, so that ties are common.
auto coarse(const Case &c) {
  return [&c](float *gates) {
    std::mt19937 random(7);
    for (int64_t i = 0; i < c.items * c.experts; ++i)
      gates[i] = float(random() % 8) / 8;
  };
}

class GpuLowerRoute : public testing::TestWithParam<bool> {};

TEST_P(GpuLowerRoute, AgreesWithTheRuntime) {
  for (Case c :
       {Case{1, 1, 1, 1}, Case{1, 4, 4, 1}, Case{33, 1, 1, 20},
        // Primes, and more experts than a warp has lanes.
        Case{997, 7, 2, 101}, Case{2049, 37, 1, 9}, Case{70, 4100, 2, 1},
        Case{40, 8, 2, 10}, Case{100, 5, 5, 60}, Case{64, 4, 2, 0},
        Case{513, 64, 3, 40}, Case{1000, 8, 1, 125}, Case{40, 600, 2, 3}})
    compare(c, GetParam(), coarse(c));
}

TEST_P(GpuLowerRoute, GroupsHavePlacesOfTheirOwn) {
  for (Case c :
       {Case{64, 4, 2, 3, 8}, Case{996, 7, 2, 31, 6}, Case{45, 5, 5, 2, 9},
        Case{70, 4100, 2, 1, 2}, Case{2050, 37, 1, 9, 5}, Case{12, 3, 1, 0, 4},
        Case{6, 2, 1, 1, 6}, Case{100, 600, 2, 1, 50}})
    compare(c, GetParam(), coarse(c));
}

TEST_P(GpuLowerRoute, EveryExtentAtOne) {
  for (int64_t items : {1, 2, 33})
    for (int64_t experts : {1, 2, 5})
      for (int64_t k = 1; k <= std::min<int64_t>(experts, 3); ++k)
        for (int64_t capacity : {int64_t(0), int64_t(1), items}) {
          Case c{items, experts, k, capacity};
          compare(c, GetParam(), coarse(c));
        }
}

TEST_P(GpuLowerRoute, SizesOfTheModels) {
  for (Case c : {Case{12544, 4, 2, 6272}, Case{8192, 8, 1, 1075}})
    compare(c, GetParam(), [&](float *gates) {
      std::mt19937 random(3);
      std::uniform_real_distribution<float> uniform(0, 1);
      for (int64_t i = 0; i < c.items * c.experts; ++i)
        gates[i] = uniform(random);
    });
}

/// What is read and written in order is coalesced. The rest is the sort, and
/// rows of the plan where shared memory does not hold them.
TEST_P(GpuLowerRoute, MovesWholeSectors) {
  Case c{784, 4, 2, 490};
  GpuHarness harness(source(c, GetParam()));
  harness.randomize();
  ASSERT_TRUE(harness.run());
  const ptxsim::Counters &did = harness.counters();
  EXPECT_LE(did.globalLoadExcess(), 1.05);
  EXPECT_LE(did.globalStoreExcess(), 1.25);
  // Each byte of the operands moves once.
  int64_t loaded = c.items * c.experts * 4,
          stored = (5 * c.items * c.k + c.experts + 1) * 4;
  EXPECT_LE(did.globalLoadSectors, loaded / 32 * 1.05);
  EXPECT_LE(did.globalStoreSectors, stored / 32 * 1.25);
}

/// Where the rows do not fit in shared memory, they are scattered in the plan,
/// and items are sorted in the workspace: each a few times, not each bit.
TEST_P(GpuLowerRoute, MovesManyItemsAFewTimes) {
  Case c{12544, 4, 2, 6272};
  GpuHarness harness(source(c, GetParam()));
  harness.randomize();
  ASSERT_TRUE(harness.run());
  const ptxsim::Counters &did = harness.counters();
  double floor = (c.items * c.experts + 5 * c.items * c.k) * 4 / 32.0;
  double moved = double(did.globalLoadSectors + did.globalStoreSectors);
  EXPECT_LE(moved / floor, GetParam() ? 8 : 2);
}

/// All items want the same expert: it overflows, the others stay empty.
TEST_P(GpuLowerRoute, OneExpertForAll) {
  for (Case c : {Case{300, 5, 2, 17}, Case{100, 8, 1, 100}, Case{31, 3, 1, 0}})
    compare(c, GetParam(), [&](float *gates) {
      for (int64_t i = 0; i < c.items * c.experts; ++i)
        gates[i] = i % c.experts == 2 ? 0.9f : i % c.experts == 1 ? 0.1f : 0.0f;
    });
}

TEST_P(GpuLowerRoute, OrdersNaNInfinityAndZeros) {
  const float values[] = {NAN,  -0.0f, 0.0f,  INFINITY, -INFINITY,
                          0.5f, -NAN,  -1.0f, 0.5f};
  for (Case c : {Case{200, 4, 2, 90}, Case{77, 6, 6, 30}})
    compare(c, GetParam(), [&](float *gates) {
      std::mt19937 random(11);
      for (int64_t i = 0; i < c.items * c.experts; ++i)
        gates[i] = values[random() % 9];
      for (int64_t e = 0; e < c.experts; ++e) // nothing to choose from
        gates[e] = NAN;
    });
}

INSTANTIATE_TEST_SUITE_P(Priority, GpuLowerRoute, testing::Bool(),
                         [](const testing::TestParamInfo<bool> &info) {
                           return info.param ? "Importance" : "Position";
                         });

} // namespace
