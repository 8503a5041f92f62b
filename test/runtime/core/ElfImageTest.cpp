//===- ElfImageTest.cpp - Tests of reading ELF tables ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/ElfImage.h"
#include "test/runtime/TestSupport.h"

#include <random>

using namespace moec::rt;
using namespace moec::rt::test;

static const std::string toyPath = std::string(MOEC_TEST_MODULES) + "/toy.moec";

TEST(ElfImage, FindsSymbols) {
  std::string bytes = readAll(toyPath);
  ElfImage image(bytes);
  auto manifest = image.symbol("moec_manifest");
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->substr(0, 10), "{ \"format\"");
  EXPECT_EQ(image.symbol("moec_manifest_size")->size(), 8u);
  EXPECT_FALSE(image.symbol("moec_manifes"));
  EXPECT_FALSE(image.symbol("expf")); // of another library
}

TEST(ElfImage, NeverLeavesTheFile) {
  const std::string bytes = readAll(toyPath);
  EXPECT_ERROR(ElfImage(bytes.substr(0, 10)), "ELF header");
  EXPECT_ERROR(ElfImage(std::string(100, 'x')), "no ELF file of 64 bits");
  std::mt19937 random(5);
  int errors = 0;
  for (int round = 0; round < 20000; ++round) {
    // Headers, symbols and names stand in the first pages and at the end. The
    // copy ends where its memory does, so that a sanitizer sees what lies
    // behind.
    std::string damaged = bytes;
    for (int i = 0; i < 3; ++i) {
      size_t at = random() % 1024;
      if (random() % 2)
        at = damaged.size() - 1 - at * 2;
      damaged[at] = char(random());
    }
    damaged.resize(damaged.size() - random() % 2 * (random() % 4000));
    try {
      ElfImage image(damaged);
      if (auto found = image.symbol("moec_manifest");
          found && !found->empty()) {
        EXPECT_GE(found->data(), damaged.data());
        EXPECT_LE(found->data() + found->size(),
                  damaged.data() + damaged.size());
      }
    } catch (const Error &) {
      ++errors;
    }
  }
  EXPECT_GT(errors, 1000);
}
