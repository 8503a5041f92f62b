//===- CpuFeaturesTest.cpp - Tests of what CPUs are asked for -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/CpuFeatures.h"
#include "test/runtime/TestSupport.h"

using namespace moec::rt;
using namespace moec::rt::test;

TEST(CpuFeatures, NamesWhatIsMissing) {
#if defined(__x86_64__)
  EXPECT_NO_THROW(
      checkTarget("x86_64-pc-linux-gnu", {"sse2", "+sse2", "-xop"}));
  EXPECT_ERROR(checkTarget("aarch64-unknown-linux-gnu", {}),
               "is built for aarch64");
  EXPECT_ERROR(checkTarget("x86_64-pc-linux-gnu", {"sse2", "warp-drive"}),
               "cannot check: warp-drive");
  // No CPU has both: one was AMD's before, the other Intel's after.
  std::string error = errorOf(
      [] { checkTarget("x86_64-pc-linux-gnu", {"sse2", "xop", "amx-fp16"}); });
  EXPECT_NE(error.find("this CPU lacks what the module needs: "),
            std::string::npos)
      << error;
  EXPECT_EQ(error.find("sse2"), std::string::npos) << error;
  for (const char *name : {"avx2", "fma", "avx512f"}) {
    bool known = false;
    bool has = cpuHasFeature(name, known);
    EXPECT_TRUE(known);
    bool builtin = name == std::string("avx2") ? __builtin_cpu_supports("avx2")
                   : name == std::string("fma")
                       ? __builtin_cpu_supports("fma")
                       : __builtin_cpu_supports("avx512f");
    EXPECT_EQ(has, builtin) << name;
  }
#endif
}
