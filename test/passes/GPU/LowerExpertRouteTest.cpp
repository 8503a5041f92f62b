//===- LowerExpertRouteTest.cpp - kernel.expert_route on the GPU ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GpuHarness.h"
#include "runtime/cpu/ExpertRoute.h"
#include <cmath>
#include <random>

using namespace moec;
using namespace moec::test;

namespace {

using Shape = rt::ExpertRouteShape;

std::string source(const Shape &c) {
  auto n = [](int64_t v) { return std::to_string(v); };
  std::string gates = "memref<" + n(c.items) + "x" + n(c.experts) + "xf32>";
  std::string plan = "memref<" + n(c.planElements()) + "xi32>";
  return "func.func @k(%g: " + gates + ", %p: " + plan +
         ", %begin: index, %end: index, %scratch: memref<?xi8>) attributes "
         "{kernel.function} {\n  kernel.expert_route ins(%g : " +
         gates + ") outs(%p : " + plan + ") groups " + n(c.groups) +
         " capacity " + n(c.capacity) + "\n  return\n}\n";
}

/// Runs both and compares every bit. `fill` writes the gates.
template <typename Fill> void compare(const Shape &c, Fill fill) {
  SCOPED_TRACE(source(c));
  GpuHarness harness(source(c));
  harness.randomize();
  ASSERT_TRUE(harness.compiled());
  fill(harness.data<float>(0));
  ASSERT_TRUE(harness.run());
  std::vector<int32_t> plan(c.planElements());
  std::vector<char> scratch(c.scratchBytes());
  rt::expertRoute(c, harness.data<float>(0), plan.data(), scratch.data());
  int64_t wrong = 0;
  for (size_t i = 0; i < plan.size(); ++i)
    if (plan[i] != harness.data<int32_t>(1)[i] && ++wrong <= 3)
      ADD_FAILURE() << "plan[" << i << "] is " << harness.data<int32_t>(1)[i]
                    << ", expected " << plan[i];
  EXPECT_EQ(wrong, 0);
}

/// Few different values, so that ties are common.
auto coarse(const Shape &c) {
  return [&c](float *gates) {
    std::mt19937 random(7);
    for (int64_t i = 0; i < c.items * c.experts; ++i)
      gates[i] = float(random() % 8) / 8;
  };
}

TEST(GpuLowerExpertRoute, AgreesWithTheRuntime) {
  // Primes, more experts than a block has warps, groups that no warp divides,
  // and keys that shared memory does not hold.
  for (Shape c :
       {Shape{997, 7, 1, 101}, Shape{49 * 5, 8, 5, 13}, Shape{2 * 31, 37, 2, 9},
        Shape{33 * 3, 3, 3, 32}, Shape{64, 11, 1, 64},
        Shape{2 * 1700, 8, 2, 850}, Shape{20000, 1, 1, 9000}})
    compare(c, coarse(c));
}

TEST(GpuLowerExpertRoute, EveryExtentAtOne) {
  for (int64_t count : {1, 2, 33})
    for (int64_t groups : {1, 3})
      for (int64_t experts : {1, 2, 9})
        for (int64_t capacity : {int64_t(1), count}) {
          Shape c{groups * count, experts, groups, capacity};
          compare(c, coarse(c));
        }
}

/// Tokens of images, which are groups, and one group of all of them.
TEST(GpuLowerExpertRoute, SizesOfTheModels) {
  for (Shape c : {Shape{6272, 8, 128, 13}, Shape{6272, 8, 1, 1568}})
    compare(c, [&](float *gates) {
      std::mt19937 random(3);
      std::uniform_real_distribution<float> uniform(0, 1);
      for (int64_t i = 0; i < c.items * c.experts; ++i)
        gates[i] = uniform(random);
    });
}

TEST(GpuLowerExpertRoute, OrdersNaNInfinityAndZeros) {
  const float values[] = {NAN,  -0.0f, 0.0f,  INFINITY, -INFINITY,
                          0.5f, -NAN,  -1.0f, 0.5f};
  for (Shape c : {Shape{200, 4, 2, 90}, Shape{77, 6, 1, 30}})
    compare(c, [&](float *gates) {
      std::mt19937 random(11);
      for (int64_t i = 0; i < c.items * c.experts; ++i)
        gates[i] = values[random() % 9];
      for (int64_t i = 0; i < c.items; ++i) // nothing to choose from
        gates[i * c.experts] = NAN;
    });
}

/// Gates are read once where a block has all experts, and each number of the
/// plan is written once.
TEST(GpuLowerExpertRoute, MovesEachNumberOnce) {
  Shape c{64 * 32, 8, 32, 16};
  GpuHarness harness(source(c));
  harness.randomize();
  ASSERT_TRUE(harness.run());
  const ptxsim::Counters &did = harness.counters();
  // A lane reads one gate of a sector; the other warps of the block read the
  // rest of it.
  EXPECT_LE(did.globalLoadSectors, c.items * c.experts * 1.05);
  EXPECT_LE(did.globalStoreSectors,
            2 * (c.items * c.experts + c.rows()) + c.experts + 1);
}

} // namespace
