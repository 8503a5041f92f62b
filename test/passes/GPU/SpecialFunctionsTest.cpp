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
#include "test/passes/Codegen/MathCases.h"

using namespace moec::test;

namespace {

class GpuSpecialFunctions : public testing::TestWithParam<MathCase> {};

/// Every function of docs/numerics.md over the whole range of f32.
TEST_P(GpuSpecialFunctions, HoldsItsBound) {
  const MathCase &function = GetParam();
  std::string error;
  auto context = makeGpuContext();
  std::string body = bodyOf(function, *context, error);
  ASSERT_FALSE(body.empty()) << error;
  std::vector<float> x = mathSamples();
  GpuHarness harness(elementwiseSource(body, x.size()));
  ASSERT_TRUE(harness.compiled()) << harness.run().message() << body;
  std::copy(x.begin(), x.end(), harness.data<float>(0));
  ASSERT_TRUE(harness.run());
  const float *y = harness.data<float>(1);
  EXPECT_TRUE(holdsBound(function, Backend::GPU, x, {y, y + x.size()},
                         /*bf16=*/false))
      << body;
}

/// All numbers of bf16, rounded to bf16 again.
TEST_P(GpuSpecialFunctions, HoldsItsBoundInBF16) {
  const MathCase &function = GetParam();
  std::string error;
  auto context = makeGpuContext();
  std::string body = bodyOf(function, *context, error);
  ASSERT_FALSE(body.empty()) << error;
  std::vector<uint16_t> x = halfSamples();
  std::string n = std::to_string(x.size()), type = "memref<" + n + "xbf16>";
  GpuHarness harness(
      "func.func @k(%x: " + type + ", %y: " + type +
      ", %b: index, %e: index, %s: memref<?xi8>) attributes "
      "{kernel.function} {\nkernel.map dims [" +
      n + "] ins(%x : " + type + ") outs(%y : " + type +
      ") maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]\n"
      "body { ^bb0(%h: bf16):\n%v = arith.extf %h : bf16 to f32\n" +
      body +
      "\n%narrow = arith.truncf %r : f32 to bf16\nkernel.yield %narrow : bf16 "
      "}\n"
      "return }\n");
  ASSERT_TRUE(harness.compiled()) << harness.run().message() << body;
  std::copy(x.begin(), x.end(), harness.data<uint16_t>(0));
  ASSERT_TRUE(harness.run());
  std::vector<float> from, to;
  for (size_t i = 0; i < x.size(); ++i) {
    from.push_back(fromHalf(x[i]));
    to.push_back(fromHalf(harness.data<uint16_t>(1)[i]));
  }
  EXPECT_TRUE(holdsBound(function, Backend::GPU, from, to, /*bf16=*/true))
      << body;
}

INSTANTIATE_TEST_SUITE_P(Functions, GpuSpecialFunctions,
                         testing::ValuesIn(mathCases(Backend::GPU)),
                         [](auto &info) { return identifierOf(info.param); });

TEST(GpuEstimatedQuotient, IsWithinTwoUlp) {
  GpuHarness harness(elementwiseSource("%c = arith.constant 3.0 : f32\n"
                                       "%r = arith.divf %c, %v "
                                       "fastmath<arcp> : f32",
                                       5001));
  harness.randomize();
  for (int i = 0; i <= 5000; ++i)
    harness.data<float>(0)[i] = 0.1f + i * 0.02f;
  EXPECT_TRUE(harness.check(3e-7));
}

} // namespace
