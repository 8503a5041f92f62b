//===- ModuleTest.cpp - Tests of loading modules --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Module.h"
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
