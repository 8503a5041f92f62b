//===- ApproximateMathTest.cpp - Vector math functions against libm -------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/passes/CPU/KernelHarness.h"
#include "test/passes/Codegen/KernelSource.h"
#include <cmath>

using namespace moec::test;

namespace {

struct Function {
  const char *op;
  double low, high;
  bool logarithmic; ///< sample the range evenly in the exponent
  double tolerance; ///< |got - want| <= tolerance * (1 + |want|)
};

std::string kernel(const std::string &op, size_t count) {
  return elementwiseSource("%r = " + op + " %v : f32", count);
}

class ApproximateMathTest : public testing::TestWithParam<Function> {};

/// Every function over its range, in full vectors and in the masked tail.
TEST_P(ApproximateMathTest, AgreesWithLibm) {
  const Function &f = GetParam();
  const int64_t count = 20011;
  KernelHarness harness(kernel(f.op, count));
  harness.randomize();
  float *x = harness.data<float>(0);
  for (int64_t i = 0; i < count; ++i) {
    double t = double(i) / (count - 1);
    x[i] = f.logarithmic ? f.low * std::pow(f.high / f.low, t)
                         : f.low + (f.high - f.low) * t;
  }
  EXPECT_TRUE(harness.check(f.tolerance)) << f.op;
}

/// What training runs into: infinities from a mask, zero, the ends of a range.
TEST(ApproximateMathSpecialTest, InfinitiesZerosAndNaN) {
  const float inf = INFINITY;
  struct {
    const char *op;
    std::vector<float> values;
  } cases[] = {{"math.exp", {-inf, inf, 0, -0.0f, NAN, -200}},
               {"math.log", {0, inf, 1, NAN, -1}},
               {"math.tanh", {-inf, inf, 0, NAN, 50, -50}},
               {"math.erf", {-inf, inf, 0, 50, -50}},
               {"math.sqrt", {0, inf, NAN, -1}}};
  for (auto &c : cases) {
    KernelHarness harness(kernel(c.op, c.values.size()));
    harness.randomize();
    std::copy(c.values.begin(), c.values.end(), harness.data<float>(0));
    EXPECT_TRUE(harness.check(1e-6)) << c.op;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Functions, ApproximateMathTest,
    testing::Values(Function{"math.exp", -100, 20, false, 3e-7},
                    Function{"math.log", 1e-37, 1e37, true, 3e-7},
                    Function{"math.log1p", -0.999, 100, false, 1e-6},
                    Function{"math.log1p", 1e-20, 1, true, 1e-6},
                    Function{"math.expm1", -20, 10, false, 1e-6},
                    Function{"math.tanh", -12, 12, false, 3e-7},
                    Function{"math.tanh", 1e-20, 1, true, 3e-7},
                    Function{"math.erf", -6, 6, false, 5e-7},
                    Function{"math.sin", -7, 7, false, 1e-6},
                    Function{"math.cos", -7, 7, false, 1e-6},
                    Function{"math.sqrt", 1e-30, 1e30, true, 1e-7},
                    Function{"math.rsqrt", 1e-30, 1e30, true, 3e-7}),
    [](auto &info) {
      std::string name = info.param.op;
      return name.substr(5) + "_" + std::to_string(info.index);
    });

} // namespace
