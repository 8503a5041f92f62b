//===- ModuleTest.cpp - Tests of loading modules --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Module.h"
#include "runtime/core/CpuFeatures.h"
#include "runtime/cpu/Builtins.h"
#include "test/runtime/TestSupport.h"

using namespace moec::rt;
using namespace moec::rt::test;

TEST(Module, Loads) {
  auto module = loadTestModule("toy");
  EXPECT_EQ(module->manifest().model, "toy");
  EXPECT_NE(module->kernel(0).function, nullptr);
  EXPECT_EQ(module->requireEntry("infer", 8), 1);
}

TEST(Module, UnknownEntryListsWhatThereIs) {
  auto module = loadTestModule("toy");
  EXPECT_ERROR(module->requireEntry("infer", 3),
               "has no entry \"infer\" with batch 3; it has: infer (batch 5), "
               "infer (batch 8), train_step (batch 8)");
}

TEST(Module, BadFiles) {
  TemporaryFolder folder;
  EXPECT_ERROR(Module::load(folder / "none"), "cannot open module");
  writeAll(folder / "empty", "");
  EXPECT_ERROR(Module::load(folder / "empty"), "is not an ELF file");
  writeAll(folder / "text", "{\"format\": \"moec.model/1\"}");
  EXPECT_ERROR(Module::load(folder / "text"), "is not an ELF file");
  std::string bytes = readAll(std::string(MOEC_TEST_MODULES) + "/toy.moec");
  ASSERT_GT(bytes.size(), 4096u);
  for (size_t part : {5, 50, 63, 64, 1000, 4000}) {
    writeAll(folder / "cut", bytes.substr(0, part));
    EXPECT_ERROR(Module::load(folder / "cut"), "truncated");
  }
  writeAll(folder / "cut", bytes.substr(0, bytes.size() - 1));
  EXPECT_ERROR(Module::load(folder / "cut"), "truncated");
}

TEST(Module, FilesThatAreNoModule) {
  // A shared object, but none of ours: the C library's mathematics.
  for (const char *path : {"/lib/x86_64-linux-gnu/libm.so.6",
                           "/lib64/libm.so.6", "/usr/lib/libm.so.6"})
    if (std::filesystem::exists(path)) {
      EXPECT_ERROR(Module::load(path), "it has no symbol moec_manifest");
      return;
    }
  GTEST_SKIP() << "no libm.so.6 in the usual places";
}

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

TEST(Builtins, ChecksAttributes) {
  auto make = [](const char *attributes) {
    Kernel kernel;
    kernel.symbol = "builtin:route";
    kernel.blocks = 1;
    kernel.attributes = attributes;
    return makeBuiltin(kernel);
  };
  EXPECT_NE(make("{\"items\": 4, \"experts\": 2, \"k\": 1, \"capacity\": 3}"),
            nullptr);
  EXPECT_ERROR(make(""), "\"items\" is missing");
  EXPECT_ERROR(
      make("{\"items\": 4, \"experts\": 2, \"k\": 3, \"capacity\": 3}"),
      "3 choices of 2 experts");
  EXPECT_ERROR(make("{\"items\": 4, \"experts\": 2, \"k\": 1, \"capacity\": 3, "
                    "\"priority\": \"luck\"}"),
               "got \"luck\"");
  Kernel unknown;
  unknown.symbol = "builtin:teleport";
  EXPECT_ERROR(makeBuiltin(unknown), "unknown kernel \"builtin:teleport\"");
  Kernel known;
  known.symbol = "builtin:route";
  EXPECT_ERROR(checkBuiltinArguments(known, 2), "takes 3 operands");
}
