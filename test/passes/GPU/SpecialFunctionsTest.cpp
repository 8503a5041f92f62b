//===- SpecialFunctionsTest.cpp - Functions on the simulated GPU ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The simulator's ex2.approx and rcp.approx are correctly rounded: what is held
// here is the arithmetic around them.
//
//===----------------------------------------------------------------------===//

#include "GpuHarness.h"
#include "test/passes/Codegen/KernelSource.h"
#include <cmath>

using namespace moec::test;

namespace {

/// |got - want| <= tolerance * (1 + |want|) at each of `values`.
testing::AssertionResult holds(const std::string &body,
                               const std::vector<float> &values,
                               double tolerance) {
  GpuHarness harness(elementwiseSource(body, values.size()));
  harness.randomize();
  std::copy(values.begin(), values.end(), harness.data<float>(0));
  return harness.check(tolerance);
}

std::vector<float> evenly(double low, double high) {
  std::vector<float> values;
  for (int i = 0; i <= 5000; ++i)
    values.push_back(low + (high - low) * i / 5000);
  return values;
}

TEST(GpuSpecialFunctions, Exp) {
  EXPECT_TRUE(holds("%r = math.exp %v : f32", evenly(-100, 20), 2.5e-6));
  EXPECT_TRUE(holds("%r = math.exp %v : f32", evenly(-1, 1), 4e-7));
  EXPECT_TRUE(holds("%r = math.exp %v : f32",
                    {0, -0.0f, INFINITY, -INFINITY, NAN, -200}, 1e-6));
}

TEST(GpuSpecialFunctions, Tanh) {
  EXPECT_TRUE(holds("%r = math.tanh %v : f32", evenly(-12, 12), 4e-7));
  EXPECT_TRUE(holds("%r = math.tanh %v : f32",
                    {0, -0.0f, INFINITY, -INFINITY, NAN, 50, -50}, 1e-6));
  // Of values near 0 the relative error.
  const char *relative =
      "%t = math.tanh %v : f32\n%r = arith.divf %t, %v : f32";
  std::vector<float> small;
  for (double x = 1e-30; x < 2; x *= 1.01)
    small.push_back(x);
  EXPECT_TRUE(holds(relative, small, 4e-7));
}

TEST(GpuSpecialFunctions, EstimatedQuotient) {
  EXPECT_TRUE(holds("%c = arith.constant 3.0 : f32\n"
                    "%r = arith.divf %c, %v fastmath<arcp> : f32",
                    evenly(0.1, 100), 3e-7));
  // The polynomial of erf contains one.
  EXPECT_TRUE(holds("%r = math.erf %v : f32", evenly(-6, 6), 6e-7));
}

} // namespace
