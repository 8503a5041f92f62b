//===- GpuTest.cpp - GPU architectures by name -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Target/NVIDIA/Gpu.h"
#include <gtest/gtest.h>

using namespace moec::target;

namespace {

TEST(GpuTest, KnowsArchitectures) {
  llvm::Expected<Gpu> gpu = getGpu("sm_80");
  ASSERT_TRUE(bool(gpu));
  EXPECT_EQ(gpu->arch, "sm_80");
  EXPECT_EQ(gpu->ptxVersion(), "8.0");
  llvm::Expected<Gpu> hopper = getGpu("sm_90a");
  ASSERT_TRUE(bool(hopper));
  EXPECT_EQ(hopper->arch, "sm_90a");
  EXPECT_EQ(hopper->sharedPerBlock, 227 * 1024);
}

TEST(GpuTest, DescribesWhatItHas) {
  mlir::MLIRContext context;
  auto describe = [&](const char *arch) {
    return llvm::cantFail(getGpu(arch)).describe(&context);
  };
  EXPECT_TRUE(describe("sm_90a").hasWarpgroups());
  for (const char *arch : {"sm_80", "sm_90", "sm_100", "sm_100a", "sm_120"})
    EXPECT_FALSE(describe(arch).hasWarpgroups()) << arch;
  // Code for less runs where there is more, not the other way round.
  EXPECT_TRUE(describe("sm_80").runsOn(describe("sm_90a")));
  EXPECT_FALSE(describe("sm_90a").runsOn(describe("sm_80")));
  EXPECT_FALSE(describe("sm_80").runsOn(describe("sm_86"))); // shared memory
}

TEST(GpuTest, NamesWhatItKnows) {
  for (const char *name : {"sm_79", "", "gfx90a"}) {
    llvm::Expected<Gpu> gpu = getGpu(name);
    ASSERT_FALSE(bool(gpu));
    std::string message = llvm::toString(gpu.takeError());
    EXPECT_NE(message.find(std::string("'") + name + "'"), std::string::npos);
    EXPECT_NE(message.find("sm_80"), std::string::npos);
    EXPECT_NE(message.find("sm_90a"), std::string::npos);
  }
}

} // namespace
