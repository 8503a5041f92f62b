//===- DevicesTest.cpp - Tests of choosing a device ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Devices.h"
#include "test/runtime/TestSupport.h"

using namespace moec::rt;
using namespace moec::rt::test;

TEST(Devices, TheModuleHasToFit) {
  SessionOptions options;
  options.device = "cpu";
  EXPECT_ERROR(Session(loadTestModule("gpu-toy"), options),
               "holds code for a GPU (sm_80): use --device cuda or --device "
               "ptxsim, or compile the model without --target");
  for (const char *name : {"cuda", "ptxsim"}) {
    options.device = name;
    EXPECT_ERROR(Session(loadTestModule("toy"), options),
                 "holds code for a CPU: use --device cpu, or compile the model "
                 "with --target cuda:sm_80");
  }
}

TEST(Devices, AreFoundByName) {
  EXPECT_TRUE(requireDevice("ptxsim").simulated);
  EXPECT_EQ(requireDevice("cuda").runs, TargetDevice::Cuda);
  EXPECT_ERROR(requireDevice("tpu"), "expected cpu, cuda or ptxsim");
  EXPECT_ERROR(requireDevice("ptx-sim"),
               "unknown device \"ptx-sim\": expected cpu, cuda or ptxsim; did "
               "you mean ptxsim?");
  SessionOptions options;
  options.device = "Cpu";
  EXPECT_ERROR(Session(loadTestModule("toy"), options), "unknown device");
}

TEST(Devices, AModuleHasAnUsualOne) {
  Manifest manifest;
  EXPECT_STREQ(defaultDevice(manifest).name, "cpu");
  manifest.device = TargetDevice::Cuda;
  EXPECT_STREQ(defaultDevice(manifest).name, "cuda");
}

TEST(Devices, AlternativesReadWell) {
  EXPECT_EQ(alternatives({}), "none");
  EXPECT_EQ(alternatives({"a"}), "a");
  EXPECT_EQ(alternatives({"a", "b"}), "a or b");
  EXPECT_EQ(alternatives({"a", "b", "c"}), "a, b or c");
}
