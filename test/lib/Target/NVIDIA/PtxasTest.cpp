//===- PtxasTest.cpp - What ptxas says ------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Target/NVIDIA/Ptxas.h"
#include "llvm/Support/FileSystem.h"
#include <gtest/gtest.h>

using namespace moec::target;

namespace {

TEST(PtxasTest, ReadsRegistersAndSpills) {
  std::vector<KernelUsage> kernels = parsePtxasUsage(
      "ptxas info    : 0 bytes gmem\n"
      "ptxas info    : Compiling entry function 'k0_map' for 'sm_80'\n"
      "ptxas info    : Function properties for k0_map\n"
      "    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n"
      "ptxas info    : Used 8 registers, used 0 barriers, 360 bytes cmem[0]\n"
      "ptxas info    : Compiling entry function 'k1' for 'sm_80'\n"
      "ptxas info    : Function properties for k1\n"
      "    24 bytes stack frame, 20 bytes spill stores, 16 bytes spill loads\n"
      "ptxas info    : Used 255 registers, used 1 barriers, 4096 bytes smem\n");
  ASSERT_EQ(kernels.size(), 2u);
  EXPECT_EQ(kernels[0].kernel, "k0_map");
  EXPECT_EQ(kernels[0].registers, 8);
  EXPECT_EQ(kernels[0].spillBytes, 0);
  EXPECT_EQ(kernels[0].shared, 0);
  EXPECT_EQ(kernels[1].kernel, "k1");
  EXPECT_EQ(kernels[1].registers, 255);
  EXPECT_EQ(kernels[1].spillBytes, 20);
  EXPECT_EQ(kernels[1].shared, 4096);
  EXPECT_TRUE(parsePtxasUsage("").empty());
}

/// With the CUDA toolkit at hand, text that is no PTX is refused with ptxas'
/// own words, and PTX becomes a cubin.
TEST(PtxasTest, Assembles) {
  std::optional<std::string> ptxas = findPtxas();
  if (!ptxas)
    GTEST_SKIP() << "no ptxas here";
  llvm::Expected<Gpu> gpu = getGpu("sm_80");
  ASSERT_TRUE(bool(gpu));
  llvm::SmallString<128> folder;
  ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("ptxas-test", folder));
  llvm::Expected<Cubin> bad = runPtxas(*ptxas, "nonsense", *gpu, folder);
  ASSERT_FALSE(bool(bad));
  EXPECT_NE(llvm::toString(bad.takeError()).find("ptxas"), std::string::npos);
  llvm::Expected<Cubin> good =
      runPtxas(*ptxas,
               ".version 8.0\n.target sm_80\n.address_size 64\n"
               ".visible .entry k(.param .u64 p) { ret; }\n",
               *gpu, folder);
  llvm::sys::fs::remove_directories(folder);
  ASSERT_TRUE(bool(good)) << llvm::toString(good.takeError());
  EXPECT_EQ(good->bytes.substr(1, 3), "ELF");
  ASSERT_EQ(good->kernels.size(), 1u);
  EXPECT_EQ(good->kernels[0].kernel, "k");
}

TEST(PtxasTest, NoFolder) {
  llvm::Expected<Gpu> gpu = getGpu("sm_80");
  ASSERT_TRUE(bool(gpu));
  llvm::Expected<Cubin> none = runPtxas("ptxas", "", *gpu, "/no/such/folder");
  ASSERT_FALSE(bool(none));
  EXPECT_EQ(llvm::toString(none.takeError()),
            "cannot write '/no/such/folder/kernels.ptx': No such file or "
            "directory");
}

} // namespace
