//===- ModuleTest.cpp - Tests of loading modules --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Module.h"
#include "runtime/core/Session.h"
#include "test/runtime/TestSupport.h"

#include <elf.h>

using namespace moec::rt;
using namespace moec::rt::test;

static const std::string toyPath = std::string(MOEC_TEST_MODULES) + "/toy.moec";

TEST(Module, Loads) {
  auto module = loadTestModule("toy");
  EXPECT_EQ(module->manifest().model, "toy");
  EXPECT_EQ(module->requireEntry("infer", 8), 1);
  EXPECT_EQ(loadTestModule("constructor")->manifest().compiler, "nobody");
}

TEST(Module, UnknownEntryListsWhatThereIs) {
  auto module = loadTestModule("toy");
  EXPECT_ERROR(module->requireEntry("infer", 3),
               "has no entry \"infer\" with batch 3; it has: infer (batch 5), "
               "infer (batch 8), train_step (batch 8), eval "
               "(batch 5), eval (batch 8)");
}

TEST(Module, MissingEntriesSayHowToGetThem) {
  auto loops = loadTestModule("loops");
  EXPECT_ERROR(loops->requireEntry("train_step"),
               "; compile the model with --mode train");
  EXPECT_ERROR(loops->requireEntry("eval"),
               "; a model with a training section has it");
}

TEST(Module, BadFiles) {
  TemporaryFolder folder;
  EXPECT_ERROR(Module::load(folder / "none"), "No such file");
  EXPECT_ERROR(Module::load(folder.path), "no regular file");
  writeAll(folder / "empty", "");
  EXPECT_ERROR(Module::load(folder / "empty"), "is not an ELF file");
  writeAll(folder / "text", "{\"format\": \"moec.model/1\"}");
  EXPECT_ERROR(Module::load(folder / "text"), "is not an ELF file");
  std::string bytes = readAll(toyPath);
  ASSERT_GT(bytes.size(), 4096u);
  for (size_t part : {5, 23, 24, 50, 63, 64, 1000, 4000}) {
    writeAll(folder / "cut", bytes.substr(0, part));
    EXPECT_ERROR(Module::load(folder / "cut"), "truncated");
  }
  for (size_t part : {1, 8, 24, 25}) {
    writeAll(folder / "cut", bytes.substr(0, bytes.size() - part));
    EXPECT_ERROR(Module::load(folder / "cut"), "truncated");
  }
  writeAll(folder / "long", bytes + '\0');
  EXPECT_ERROR(Module::load(folder / "long"), "changed");
}

TEST(Module, OtherAbiIsRefusedInOneLine) {
  TemporaryFolder folder;
  writeAll(folder / "m", sealed(imageOf("toy"), MOEC_MODULE_ABI + 1));
  std::string text = errorOf([&] { Module::load(folder / "m"); });
  EXPECT_NE(text.find("has module ABI " + std::to_string(MOEC_MODULE_ABI + 1) +
                      ", this runtime (" MOEC_VERSION ") takes " +
                      std::to_string(MOEC_MODULE_ABI)),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find('\n'), std::string::npos) << text;
}

/// Also where the seal is right.
TEST(Module, OtherFormatIsRefusedInOneLine) {
  std::string text = errorOf(
      [&] { changedModule("toy", MOEC_MODULE_FORMAT, "moec.module/1"); });
  EXPECT_NE(text.find("compile the model again"), std::string::npos) << text;
  EXPECT_EQ(text.find('\n'), std::string::npos) << text;
}

TEST(Module, FilesThatAreNoModule) {
  // A shared object, but none of ours: this test's own program.
  EXPECT_ERROR(Module::load("/proc/self/exe"), "is no whole moec module");
  TemporaryFolder folder;
  writeAll(folder / "sealed", sealed(readAll("/proc/self/exe")));
  EXPECT_ERROR(Module::load(folder / "sealed"), "no symbol moec_manifest");
}

TEST(Module, EveryFlippedBitIsRefused) {
  std::string bytes = readAll(toyPath);
  ASSERT_EQ(moec::moduleFault(bytes), "");
  for (size_t i = 0; i < 8 * bytes.size(); ++i) {
    char flip = char(1 << i % 8);
    bytes[i / 8] ^= flip;
    ASSERT_NE(moec::moduleFault(bytes), "") << "bit " << i;
    bytes[i / 8] ^= flip;
  }
  // The same through the file, for some.
  TemporaryFolder folder;
  for (size_t i = 3; i < 8 * bytes.size(); i += 8 * bytes.size() / 200) {
    bytes[i / 8] ^= char(1 << i % 8);
    writeAll(folder / "m", bytes);
    EXPECT_NE(errorOf([&] { Module::load(folder / "m"); }), "no error");
    bytes[i / 8] ^= char(1 << i % 8);
  }
}

TEST(Module, ReplacedFileIsAnotherModule) {
  TemporaryFolder folder;
  std::string path = folder / "m.moec";
  std::filesystem::copy_file(toyPath, path);
  auto first = Module::load(path);
  Session one(first);
  one.initVariables(1);
  one.run(0);
  // Both ways in which files are replaced: in place, and by another file.
  writeAll(path, readAll(std::string(MOEC_TEST_MODULES) + "/loops.moec"));
  auto second = Module::load(path);
  Session two(second);
  EXPECT_EQ(first->manifest().model, "toy");
  EXPECT_EQ(second->manifest().model, "loops");
  std::vector<float> x(16, 1.0f);
  int64_t chain = second->requireEntry("chain");
  two.setInput(chain, "x", x.data(), 64);
  two.run(chain);
  EXPECT_EQ(static_cast<const float *>(two.output(chain, 0))[0], 8.0f);
  std::filesystem::remove(path);
  std::filesystem::copy_file(toyPath, path);
  EXPECT_EQ(Module::load(path)->manifest().model, "toy");
  one.run(0);
  // Files of memory go with their modules, also when their numbers come back.
  for (int round = 0; round < 20; ++round) {
    bool odd = round % 2;
    auto module = loadTestModule(odd ? "toy" : "loops");
    Session session(module);
    session.run(module->requireEntry(odd ? "infer" : "chain"));
    EXPECT_EQ(module->manifest().model, odd ? "toy" : "loops");
  }
}

TEST(Module, LoadingRunsNoCode) {
  unsetenv("MOEC_TEST_CONSTRUCTOR");
  auto module = loadTestModule("constructor");
  EXPECT_EQ(getenv("MOEC_TEST_CONSTRUCTOR"), nullptr);
  Session session(module);
  EXPECT_NE(getenv("MOEC_TEST_CONSTRUCTOR"), nullptr);
}

TEST(Module, OfAnotherCpuIsReadAndNotRun) {
  std::string image = imageOf("toy"), own = "x86_64-pc-linux-gnu",
              other = "aarch64-unknown-gnu";
  size_t at = image.find(own);
  ASSERT_NE(at, std::string::npos);
  image.replace(at, own.size(), other);
  image[18] = char(EM_AARCH64); // e_machine
  TemporaryFolder folder;
  writeAll(folder / "m", sealed(image));
  auto module = Module::load(folder / "m");
  EXPECT_EQ(module->manifest().triple, other);
  EXPECT_ERROR(Session session(module), "aarch64");
}

TEST(Module, MissingKernelsAreListedWhenItIsToRun) {
  auto module = changedModule("toy", "\"toy_grads\"", "\"toy_grins\"");
  EXPECT_ERROR(Session session(module),
               "names kernels that the module lacks: toy_grins");
}
