//===- TargetTest.cpp - What --target takes -----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Target/Target.h"
#include "llvm/ADT/STLExtras.h"
#include <gtest/gtest.h>
#include <set>

using namespace moec::target;

namespace {

std::string errorOf(llvm::StringRef text, const FlagValues &flags = {}) {
  auto machine = select(text, flags);
  return machine ? "" : llvm::toString(machine.takeError());
}

TEST(TargetTest, NamesAndPhasesAreDistinct) {
  std::set<std::string> names, phases;
  for (const Target *target : targets()) {
    EXPECT_TRUE(names.insert(target->name().str()).second);
    bool text = false;
    for (const Phase &phase : target->phases()) {
      EXPECT_TRUE(phases.insert(phase.name.str()).second) << phase.name.str();
      // IR first, which pipelines make; then text, which emission makes.
      EXPECT_TRUE(phase.isText() || !text);
      text |= phase.isText();
    }
    EXPECT_FALSE(target->help().empty());
  }
  EXPECT_GE(names.size(), 2u);
}

TEST(TargetTest, TheFirstIsTheDefault) {
  auto found = findTarget("");
  ASSERT_TRUE(bool(found));
  EXPECT_EQ(found->first, targets().front());
  EXPECT_EQ(errorOf(""), "");
}

TEST(TargetTest, TakesAVariantBehindTheName) {
  auto found = findTarget("cuda:sm_90a");
  ASSERT_TRUE(bool(found));
  EXPECT_EQ(found->first->name(), "cuda");
  EXPECT_EQ(found->second, "sm_90a");
  EXPECT_EQ(errorOf("cuda:sm_90a"), "");
}

TEST(TargetTest, RefusesWhatNobodyKnows) {
  std::string unknown = errorOf("rocm:gfx90a");
  EXPECT_NE(unknown.find("unknown target 'rocm:gfx90a'; expected cpu, or"),
            std::string::npos)
      << unknown;
  EXPECT_NE(errorOf("cpu:avx2").find("--cpu avx2"), std::string::npos);
  EXPECT_NE(errorOf("cuda:sm_79").find("sm_90a"), std::string::npos);
}

TEST(TargetTest, FlagsBelongToATarget) {
  EXPECT_EQ(errorOf("cpu", {{"cpu", "native"}}), "");
  EXPECT_NE(errorOf("cpu", {{"cpu", "pentium99"}}).find("'pentium99'"),
            std::string::npos);
  std::string other = errorOf("cuda:sm_80", {{"cpu", "native"}});
  EXPECT_NE(other.find("--cpu: says nothing about target 'cuda:sm_80'; it is "
                       "a flag of cpu"),
            std::string::npos)
      << other;
}

/// Each describes a machine that its own code runs on.
TEST(TargetTest, MachinesAreDescribed) {
  mlir::MLIRContext context;
  for (const char *text : {"cpu", "cuda:sm_80", "cuda:sm_90a"}) {
    std::unique_ptr<Machine> machine = llvm::cantFail(select(text, {}));
    auto described = machine->describe(&context);
    EXPECT_GE(described.getUnits(), 2) << text;
    EXPECT_TRUE(described.runsOn(described)) << text;
    EXPECT_FALSE(machine->manifest().empty()) << text;
  }
}

} // namespace
