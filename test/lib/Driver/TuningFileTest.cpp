//===- TuningFileTest.cpp - Tests of files of measured schedules ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/TuningFile.h"
#include "runtime/core/Error.h"
#include <gtest/gtest.h>

using namespace moec::driver;

/// What `body` throws; "" if it does not.
template <typename Body> static std::string errorOf(const Body &body) {
  try {
    body();
  } catch (const moec::rt::Error &e) {
    return e.what();
  }
  return "";
}

static TuningFile example() {
  TuningFile file;
  file.machine = {"moec 1 (commit x)", "znver3", 2, 32, 16, {32768, 524288, 0}};
  file.entries["contract \"m\"=8"] = {{{96, 64, 384}, {6, 16}}, 1.5, 2.25};
  file.entries["attend s=4"] = {{{4, 64}, {4, 8}}, 0, 0};
  return file;
}

/// The text of the example with one part replaced.
static std::string changed(const std::string &part, const std::string &by) {
  std::string text = example().text();
  size_t at = text.find(part);
  EXPECT_NE(at, text.npos) << part;
  return text.replace(at, part.size(), by);
}

TEST(TuningFile, ReadsWhatItWrites) {
  TuningFile file = example();
  TuningFile again = parseTuningFile(file.text(), "t");
  EXPECT_EQ(again.text(), file.text());
  EXPECT_EQ(again.machine.caches, file.machine.caches);
  EXPECT_EQ(again.schedules(), file.schedules());
  EXPECT_EQ(again.entries["contract \"m\"=8"].modelMilliseconds, 2.25);
  file.entries.clear();
  EXPECT_TRUE(parseTuningFile(file.text(), "t").entries.empty());
}

TEST(TuningFile, Malformed) {
  auto expect = [](const std::string &text, const char *part) {
    std::string error = errorOf([&] { parseTuningFile(text, "my.tune"); });
    EXPECT_NE(error.find(part), error.npos) << error;
    EXPECT_EQ(error.find("tuning file my.tune: "), 0u) << error;
  };
  expect("", "not valid JSON");
  expect("[]", "expected an object");
  expect("{}", "\"format\" is missing");
  expect(std::string(200, '[') + std::string(200, ']'), "levels deep");
  expect(changed("moec.tuning/1", "moec.tuning/0"),
         "/format: expected \"moec.tuning/1\", got \"moec.tuning/0\"");
  expect(changed("\"machine\"", "\"machin\""),
         "/machin: unknown member; expected format, machine, schedules");
  expect(changed("\"cores\":2", "\"cores\":0"), "/machine/cores: expected an "
                                                "integer from 1");
  expect(changed("\"cores\":2,", ""), "\"cores\" is missing");
  expect(changed("[32768,", "[-1,"), "/machine/caches/0: expected an integer");
  expect(changed("[96,64,384]", "[96]"), "expected 2 to 3 sizes, got 1");
  expect(changed("[96,64,384]", "[96,64,1048577]"),
         "/tile/2: expected an integer from 1 to 1048576, got 1048577");
  expect(changed("[6,16]", "[6,16,1]"), "/micro: expected 2 to 2 sizes, got 3");
  expect(changed("[6,16]", "\"6x16\""),
         "/micro: expected an array, got string");
  expect(changed("\"ms\":1.5", "\"ms\":-1.5"),
         "/ms: expected milliseconds of 0 or more");
  expect(changed("\"ms\":1.5", "\"ms\":1.5,\"fast\":true"),
         "/fast: unknown member; expected tile, micro, ms, model_ms");
}

TEST(TuningFile, OtherMachines) {
  TuningFile file = example();
  requireMachine(file, file.machine, "my.tune");
  auto expect = [&](TuningMachine here, const char *part) {
    std::string error = errorOf([&] { requireMachine(file, here, "my.tune"); });
    EXPECT_NE(error.find(part), error.npos) << error;
    EXPECT_EQ(error.find("tuning file my.tune: measured elsewhere"), 0u)
        << error;
    EXPECT_NE(error.find("fix: "), error.npos) << error;
  };
  TuningMachine here = file.machine;
  here.compiler = "moec 2";
  expect(here, "compiler moec 1 (commit x), here moec 2");
  here = file.machine;
  here.cpu = "skylake";
  here.cores = 4;
  expect(here, "CPU znver3, here skylake; cores 2, here 4");
  here = file.machine;
  here.caches[1] = 1;
  expect(here, "bytes of caches 32768 + 524288 + 0, here 32768 + 1 + 0");
  here = file.machine;
  here.vectorBytes = 64;
  here.vectorRegisters = 32;
  expect(here, "bytes of a vector 32, here 64; vector registers 16, here 32");
}
