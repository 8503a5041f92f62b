//===- CpuTest.cpp - CPUs by name -------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Target/CPU/Cpu.h"
#include "llvm/TargetParser/Triple.h"
#include <gtest/gtest.h>

using namespace moec::target;

namespace {

Cpu machineOf(llvm::StringRef name) {
  llvm::Expected<Cpu> machine = getCpu(name);
  EXPECT_TRUE(bool(machine)) << name.str();
  return machine ? *machine : Cpu();
}

TEST(CpuTest, WidestVectorHasTheLanes) {
  Cpu machine;
  EXPECT_EQ(machine.getLanes(), 4);
  machine.features = {"avx", "fma"};
  EXPECT_EQ(machine.getLanes(), 4);
  machine.features.push_back("avx2");
  EXPECT_EQ(machine.getLanes(), 8);
  machine.features.push_back("avx512f");
  EXPECT_EQ(machine.getLanes(), 16);
  EXPECT_TRUE(machine.has("avx2"));
  EXPECT_FALSE(machine.has("avx512bw"));
}

TEST(CpuTest, NamedCpusHaveTheirFeatures) {
  if (!llvm::Triple(machineOf("native").triple).isX86())
    GTEST_SKIP() << "the names are those of x86";
  Cpu v3 = machineOf("x86-64-v3"), v4 = machineOf("x86-64-v4");
  EXPECT_EQ(v3.getLanes(), 8);
  EXPECT_TRUE(v3.has("fma"));
  EXPECT_FALSE(v3.has("avx512f"));
  EXPECT_EQ(v4.getLanes(), 16);
  EXPECT_FALSE(v4.has("avx512bf16"));
  EXPECT_TRUE(machineOf("znver4").has("avx512bf16"));
  EXPECT_EQ(machineOf("x86-64").getLanes(), 4);
  // A named target gives the same code wherever it is compiled.
  EXPECT_EQ(v3.cores, Cpu().cores);
  EXPECT_EQ(v3.tune, "x86-64-v3");
}

TEST(CpuTest, ThisMachineHasANameAndCores) {
  for (const char *name : {"native", ""}) {
    Cpu machine = machineOf(name);
    EXPECT_FALSE(machine.tune.empty());
    EXPECT_GE(machine.cores, 2);
  }
}

TEST(CpuTest, CodeUsesNothingButTheFeatures) {
  if (!llvm::Triple(machineOf("native").triple).isX86())
    GTEST_SKIP() << "the names are those of x86";
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> target =
      machineOf("x86-64-v3").create();
  ASSERT_TRUE(bool(target));
  std::string features = (*target)->getTargetFeatureString().str();
  EXPECT_NE(features.find("+avx2"), std::string::npos);
  EXPECT_EQ(features.find("avx512"), std::string::npos);
  // Tuning for a CPU must not bring in what else it can do.
  EXPECT_EQ((*target)->getTargetCPU(), "x86-64");
}

TEST(CpuTest, UnknownNamesAreListed) {
  if (!llvm::Triple(machineOf("native").triple).isX86())
    GTEST_SKIP() << "the names are those of x86";
  ::testing::internal::CaptureStderr();
  llvm::Expected<Cpu> machine = getCpu("pentium99");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  ASSERT_FALSE(bool(machine));
  std::string message = llvm::toString(machine.takeError());
  EXPECT_NE(message.find("'pentium99'"), std::string::npos) << message;
  EXPECT_NE(message.find("x86-64-v3"), std::string::npos) << message;
}

} // namespace
