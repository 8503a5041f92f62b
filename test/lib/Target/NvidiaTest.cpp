//===- NvidiaTest.cpp - GPU architectures by name -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Target/Nvidia.h"
#include <gtest/gtest.h>

using namespace moec::target;

namespace {

TEST(NvidiaTest, KnowsArchitecturesWithAndWithoutPrefix) {
  for (const char *name : {"cuda:sm_80", "sm_80"}) {
    llvm::Expected<Gpu> gpu = getGpu(name);
    ASSERT_TRUE(bool(gpu));
    EXPECT_EQ(gpu->arch, "sm_80");
    EXPECT_EQ(gpu->ptxVersion(), "8.0");
  }
  llvm::Expected<Gpu> hopper = getGpu("cuda:sm_90a");
  ASSERT_TRUE(bool(hopper));
  EXPECT_EQ(hopper->arch, "sm_90a");
  EXPECT_EQ(hopper->sharedPerBlock, 227 * 1024);
}

TEST(NvidiaTest, NamesWhatItKnows) {
  for (const char *name : {"cuda:sm_79", "cuda:", "", "rocm:gfx90a"}) {
    llvm::Expected<Gpu> gpu = getGpu(name);
    ASSERT_FALSE(bool(gpu));
    std::string message = llvm::toString(gpu.takeError());
    EXPECT_NE(message.find(std::string("'") + name + "'"), std::string::npos);
    EXPECT_NE(message.find("sm_80"), std::string::npos);
    EXPECT_NE(message.find("sm_90a"), std::string::npos);
  }
}

} // namespace
