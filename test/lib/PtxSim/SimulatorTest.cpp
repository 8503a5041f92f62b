//===- SimulatorTest.cpp - The interface of the PTX simulator -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxTest.h"

using namespace moec;
using namespace moec::ptxsim;

namespace {

bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

const char *const doubleIt = "  ld.global.f32 %r1, [%in];\n"
                             "  add.f32 %r2, %r1, %r1;\n"
                             "  st.global.f32 [%out], %r2;";

TEST(Simulator, RunsAKernel) {
  std::vector<uint32_t> in;
  for (int k = 0; k < 96; ++k)
    in.push_back(bitsOf(float(k)));
  const PtxRun run = runText(ptxKernel(doubleIt), in, 96, blockOf(96));
  for (int k = 0; k < 96; ++k)
    EXPECT_EQ(floatOf(run.out[size_t(k)]), 2.0f * float(k));
  EXPECT_EQ(run.counters.launches, 1u);
  EXPECT_EQ(run.counters.warps, 3u);
  EXPECT_EQ(run.counters.floatFlops, 96u);
}

TEST(Simulator, RunsAPartialWarp) {
  const PtxRun run =
      runText(ptxKernel(doubleIt), std::vector<uint32_t>(33, bitsOf(1)), 40,
              blockOf(33));
  EXPECT_EQ(floatOf(run.out[32]), 2.0f);
  EXPECT_EQ(run.out[33], 0u);
}

TEST(Simulator, ListsKernels) {
  const Module m = Module::parse(ptxKernel(doubleIt), "a.ptx");
  ASSERT_EQ(m.kernels().size(), 1u);
  const KernelInfo &k = m.kernel("k");
  ASSERT_EQ(k.parameters.size(), 3u);
  EXPECT_EQ(k.parameters[2].offset, 16u);
  EXPECT_EQ(k.parameterBytes, 20u);
  EXPECT_EQ(m.target(), "sm_90a");
  try {
    m.kernel("other");
    FAIL();
  } catch (const Error &e) {
    EXPECT_TRUE(contains(e.what(), "there is no kernel other; there are: k"));
  }
}

TEST(Simulator, KeepsMemoryApart) {
  Simulator gpu;
  const uint64_t a = gpu.allocate(100, "a"), b = gpu.allocate(8, "b");
  EXPECT_EQ(a % 256, 0u);
  EXPECT_GE(b, a + 100 + 4096);
  EXPECT_EQ(gpu.memoryUsed(), 108u);
  EXPECT_NO_THROW(gpu.hostPointer(a + 96, 4));
  EXPECT_THROW(gpu.hostPointer(a + 97, 4), Error);
  gpu.release(a);
  EXPECT_EQ(gpu.memoryUsed(), 8u);
  try {
    gpu.hostPointer(a, 4);
    FAIL();
  } catch (const Error &e) {
    EXPECT_TRUE(contains(e.what(), "in 'a', which has been released"))
        << e.what();
  }
  EXPECT_THROW(gpu.release(a), Error);
}

TEST(Simulator, RefusesTooMuchMemory) {
  Limits limits;
  limits.deviceMemory = 1000;
  Simulator gpu(limits);
  gpu.allocate(600, "a");
  try {
    gpu.allocate(600, "b");
    FAIL();
  } catch (const Error &e) {
    EXPECT_EQ(e.code(), ErrorCode::Resources);
    EXPECT_TRUE(contains(e.what(), "'b' needs 600 more")) << e.what();
  }
}

TEST(Simulator, RefusesBadLaunches) {
  const Module m = Module::parse(ptxKernel(doubleIt), "a.ptx");
  Simulator gpu;
  const std::vector<uint8_t> p(20);
  const auto refuses = [&](LaunchConfig c, size_t bytes, const char *why) {
    try {
      gpu.launch(m, "k", c, p.data(), bytes);
      ADD_FAILURE() << "no error: " << why;
    } catch (const Error &e) {
      EXPECT_TRUE(contains(e.what(), why)) << e.what();
    }
  };
  refuses(blockOf(0), 20, "0 threads in a block");
  refuses(blockOf(2000), 20, "2000 threads in a block");
  refuses(blockOf(32), 16, "16 bytes of parameters, the kernel has 20");
  LaunchConfig c = blockOf(32, 3);
  c.cluster = 2;
  refuses(c, 20, "clusters of 2 blocks in a grid of 3");
  c = blockOf(32);
  c.sharedBytes = 1 << 20;
  refuses(c, 20, "bytes of shared memory, a block has");
}

TEST(Simulator, KeepsModuleVariables) {
  const std::string outside =
      ".global .align 4 .u32 counter = 5;\n"
      ".const .align 4 .b8 table[8] = {1, 0, 0, 0, 2, 0, 0, 0};\n";
  const Module m = Module::parse(
      ptxKernel("  mov.u64 %d1, counter;\n  ld.global.u32 %r1, [%d1];\n"
                "  ld.const.u32 %r2, [table+4];\n  add.s32 %r1, %r1, %r2;\n"
                "  st.global.u32 [counter], %r1;\n  st.global.u32 [%out], %r1;",
                "", outside),
      "a.ptx");
  Simulator gpu;
  KernelArguments a;
  a.in = a.out = gpu.allocate(4, "out");
  const auto bytes = a.bytes();
  uint32_t value = 0;
  for (uint32_t round = 1; round <= 2; ++round) {
    gpu.launch(m, "k", blockOf(1), bytes.data(), bytes.size());
    gpu.copyOut(&value, a.out, 4);
    EXPECT_EQ(value, 5 + 2 * round);
  }
}

} // namespace
