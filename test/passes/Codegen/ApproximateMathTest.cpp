//===- ApproximateMathTest.cpp - Functions of kernels against libm --------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every function of docs/numerics.md over the whole range of f32, for every
// instruction set that this machine has and in vectors of every width, whole,
// cut and looped over.
//
//===----------------------------------------------------------------------===//

#include "MathCases.h"
#include "lib/Target/CPU/Cpu.h"
#include "test/passes/CPU/KernelHarness.h"
#include "llvm/ADT/STLExtras.h"
#include <cstring>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

using namespace moec::test;

namespace {

/// Elements of a kernel: vectors of 4, 8 and 16 lanes, cut or not, and loops of
/// them with a rest. 0: a scalar that is stored to 4 elements.
const int64_t counts[] = {0, 1, 3, 4, 6, 8, 13, 16, 17, 100};

#if defined(__x86_64__)
const char *const cpus[] = {"x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4",
                            "native"};
/// Subnormal numbers count as zero, as where the runtime calls kernels.
struct SubnormalsAreZero {
  unsigned saved = _mm_getcsr();
  SubnormalsAreZero() { _mm_setcsr(saved | 0x8040); }
  ~SubnormalsAreZero() { _mm_setcsr(saved); }
};
#else
const char *const cpus[] = {"native"};
struct SubnormalsAreZero {
  SubnormalsAreZero() {}
};
#endif

bool canRun(const std::string &cpu) {
  auto wanted = moec::target::getCpu(cpu);
  auto here = moec::target::getCpu("native");
  if (!wanted || !here) {
    llvm::consumeError(wanted.takeError());
    llvm::consumeError(here.takeError());
    return false;
  }
  return llvm::all_of(wanted->features, [&](const std::string &feature) {
    return here->has(feature);
  });
}

/// A kernel that applies `body` to `count` elements of `type`.
std::string source(std::string body, int64_t count, const std::string &type) {
  bool scalar = count == 0;
  std::string n = std::to_string(scalar ? 4 : count);
  std::string in = "memref<" + (scalar ? "1" : n) + "x" + type + ">";
  std::string out = "memref<" + n + "x" + type + ">";
  std::string result = "%r";
  if (type == "bf16") {
    body = "%v = arith.extf %h : bf16 to f32\n" + body +
           "\n%narrow = arith.truncf %r : f32 to bf16";
    result = "%narrow";
  }
  return "func.func @k(%x: " + in + ", %y: " + out +
         ", %b: index, %e: index, %s: memref<?xi8>) attributes "
         "{kernel.function} {\nkernel.map dims [" +
         n + "] ins(%x : " + in + ") outs(%y : " + out +
         ") maps [affine_map<(i) -> (" + (scalar ? "0" : "i") +
         ")>, affine_map<(i) -> (i)>]\nbody { ^bb0(" +
         (type == "bf16" ? "%h: bf16" : "%v: f32") + "):\n" + body +
         "\nkernel.yield " + result + " : " + type + " }\nreturn }\n";
}

/// The kernel at all samples, `count` at a time.
template <typename T>
testing::AssertionResult apply(const std::string &text, int64_t count,
                               const std::string &cpu, const std::vector<T> &x,
                               std::vector<T> &y) {
  KernelHarness harness(text, "", cpu);
  if (!harness.compiled())
    return harness.run() << "\n" << text;
  SubnormalsAreZero guard;
  size_t in = count ? count : 1, out = count ? count : 4;
  y.clear();
  for (size_t at = 0; at < x.size(); at += in) {
    T *from = harness.data<T>(0), *to = harness.data<T>(1);
    for (size_t i = 0; i < in; ++i)
      from[i] = x[std::min(at + i, x.size() - 1)];
    if (auto result = harness.run(); !result)
      return result;
    for (size_t i = 1; i < out && !count; ++i)
      if (std::memcmp(to, to + i, sizeof(T)))
        return testing::AssertionFailure() << "copies of a scalar differ";
    for (size_t i = 0; i < in && at + i < x.size(); ++i)
      y.push_back(to[i]);
  }
  return testing::AssertionSuccess();
}

class ApproximateMathTest
    : public testing::TestWithParam<std::tuple<const char *, MathCase>> {
protected:
  void SetUp() override {
    std::tie(cpu, function) = GetParam();
    if (!canRun(cpu))
      GTEST_SKIP() << "this machine has no " << cpu;
    std::string error;
    auto context = makeContext();
    body = bodyOf(function, *context, error);
    ASSERT_FALSE(body.empty()) << error;
  }
  std::string cpu, body;
  MathCase function;
};

TEST_P(ApproximateMathTest, HoldsItsBoundInF32) {
  std::vector<float> x = mathSamples(), y;
  for (int64_t count : counts) {
    ASSERT_TRUE(apply(source(body, count, "f32"), count, cpu, x, y));
    EXPECT_TRUE(holdsBound(function, Backend::CPU, x, y, /*bf16=*/false))
        << count << " elements\n"
        << body;
  }
}

TEST_P(ApproximateMathTest, HoldsItsBoundInBF16) {
  std::vector<uint16_t> x = halfSamples(), y;
  for (int64_t count : {3, 100}) {
    ASSERT_TRUE(apply(source(body, count, "bf16"), count, cpu, x, y));
    std::vector<float> from, to;
    for (size_t i = 0; i < x.size(); ++i) {
      from.push_back(fromHalf(x[i]));
      to.push_back(fromHalf(y[i]));
    }
    EXPECT_TRUE(holdsBound(function, Backend::CPU, from, to, /*bf16=*/true))
        << count << " elements\n"
        << body;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Functions, ApproximateMathTest,
    testing::Combine(testing::ValuesIn(cpus),
                     testing::ValuesIn(mathCases(Backend::CPU))),
    [](auto &info) {
      std::string cpu = std::get<0>(info.param);
      std::replace(cpu.begin(), cpu.end(), '-', '_');
      return cpu + "_" + identifierOf(std::get<1>(info.param));
    });

TEST(ApproximateMathTable, EveryDocumentedFunctionIsTested) {
  std::vector<std::string> tested;
  for (const MathCase &function : mathCases(Backend::CPU))
    tested.push_back(function.name);
  EXPECT_EQ(documentedFunctions(), tested);
}

} // namespace
