//===- MemoryTest.cpp - Tests of blocks -----------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Memory.h"
#include "test/runtime/TestSupport.h"

#include <cstdint>

using namespace moec::rt;
using namespace moec::rt::test;

TEST(Memory, IsAlignedAndZero) {
  for (size_t size : std::vector<size_t>{1, 63, 4097, 5 << 20}) {
    Block block(size, "a test");
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block.data()) % 64, 0u);
    EXPECT_EQ(block.size(), size);
    for (size_t i = 0; i < size; i += 61)
      EXPECT_EQ(block.data()[i], 0);
    block.data()[size - 1] = 7;
    block.zero();
    EXPECT_EQ(block.data()[size - 1], 0);
  }
  EXPECT_EQ(Block().data(), nullptr);
  EXPECT_EQ(Block(0, "nothing").data(), nullptr);
}

TEST(Memory, ShortageIsAnErrorOfItsOwn) {
  try {
    Block block(size_t(1) << 50, "the arena");
    FAIL() << "a pebibyte was given";
  } catch (const Error &e) {
    EXPECT_EQ(e.code(), ErrorCode::Resources);
    EXPECT_NE(std::string(e.what()).find("no memory for the arena"),
              std::string::npos);
  }
}
