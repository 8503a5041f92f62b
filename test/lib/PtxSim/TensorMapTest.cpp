//===- TensorMapTest.cpp - Tests of tensor maps ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/TensorMap.h"
#include "lib/PtxSim/Error.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

using namespace moec;
using namespace moec::ptxsim;

static TensorMap matrixMap(uint64_t columns, uint64_t rows, uint32_t boxColumns,
                           uint32_t boxRows, unsigned swizzle) {
  TensorMap map;
  map.address = 4096;
  map.rank = 2;
  map.dims = {columns, rows};
  map.strides = {(columns * 2 + 15) / 16 * 16};
  map.box = {boxColumns, boxRows};
  map.swizzle = swizzle;
  return map;
}

TEST(TensorMap, RoundTrips) {
  TensorMap map;
  map.address = 0x7f0000001230;
  map.type = TensorMapType::F32;
  map.rank = 5;
  map.dims = {1, 2, 3, 4, uint64_t(1) << 32};
  map.strides = {16, 32, (uint64_t(1) << 40) - 16, 64};
  map.box = {8, 1, 256, 2, 3};
  map.swizzle = 32;
  auto bytes = encodeTensorMap(map);
  TensorMap back;
  ASSERT_TRUE(decodeTensorMap(bytes.data(), back));
  EXPECT_EQ(back.address, map.address);
  EXPECT_EQ(back.type, map.type);
  EXPECT_EQ(back.rank, map.rank);
  EXPECT_EQ(back.dims, map.dims);
  EXPECT_EQ(back.strides, map.strides);
  EXPECT_EQ(back.box, map.box);
  EXPECT_EQ(back.swizzle, map.swizzle);
  EXPECT_EQ(back.boxBytes(), 4u * 8 * 256 * 2 * 3);
  // Any changed byte is noticed.
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto broken = bytes;
    broken[i] ^= 1;
    EXPECT_FALSE(decodeTensorMap(broken.data(), back)) << i;
  }
}

TEST(TensorMap, RefusesWhatTheDriverRefuses) {
  auto refused = [](auto change) {
    TensorMap map = matrixMap(128, 64, 64, 32, 128);
    encodeTensorMap(map); // fine as it is
    change(map);
    EXPECT_THROW(encodeTensorMap(map), Error);
  };
  refused([](TensorMap &m) { m.address += 8; });
  refused([](TensorMap &m) { m.rank = 0; });
  refused([](TensorMap &m) { m.rank = 6; });
  refused([](TensorMap &m) { m.dims[1] = 0; });
  refused([](TensorMap &m) { m.dims[1] = (uint64_t(1) << 32) + 1; });
  refused([](TensorMap &m) { m.strides[0] = 200; });
  refused([](TensorMap &m) { m.strides[0] = uint64_t(1) << 40; });
  refused([](TensorMap &m) { m.box[1] = 0; });
  refused([](TensorMap &m) { m.box[1] = 257; });
  refused([](TensorMap &m) { m.box[0] = 4; });
  refused([](TensorMap &m) { m.box[0] = 128; });
  refused([](TensorMap &m) { m.box[0] = 32; });
  refused([](TensorMap &m) { m.swizzle = 16; });
  refused([](TensorMap &m) { m.type = static_cast<TensorMapType>(13); });
}

TEST(TensorMap, SwizzleMatchesTheFigures) {
  // Row r of 128 bytes: piece c goes to piece c ^ (r % 8).
  for (uint32_t r = 0; r < 16; ++r)
    for (uint32_t c = 0; c < 8; ++c) {
      EXPECT_EQ(swizzleAddress(128 * r + 16 * c + 5, 128),
                128 * r + 16 * (c ^ (r % 8)) + 5);
      EXPECT_EQ(swizzleAddress(128 * r + 16 * c, 64),
                128 * r + 16 * (c ^ (r % 4)));
      EXPECT_EQ(swizzleAddress(128 * r + 16 * c, 32),
                128 * r + 16 * (c ^ (r % 2)));
      EXPECT_EQ(swizzleAddress(128 * r + 16 * c, 0), 128 * r + 16 * c);
    }
  EXPECT_EQ(swizzleRepeat(128), 1024u);
  EXPECT_EQ(swizzleRepeat(64), 512u);
  EXPECT_EQ(swizzleRepeat(32), 256u);
}

/// Every box of a small tensor against element-wise indexing.
TEST(TensorMap, BoxesReadZeroOutside) {
  TensorMap map;
  map.rank = 3;
  map.type = TensorMapType::U16;
  map.dims = {13, 5, 3};
  map.strides = {32, 160};
  map.box = {8, 2, 2};
  std::vector<uint8_t> memory(480);
  for (size_t i = 0; i < memory.size(); ++i)
    memory[i] = static_cast<uint8_t>(i * 7 + 1);
  for (int32_t x = -9; x <= 14; ++x)
    for (int32_t y = -3; y <= 6; ++y)
      for (int32_t z : {-2, -1, 0, 1, 2, 3}) {
        std::vector<uint16_t> box(8 * 2 * 2, 0), expected(8 * 2 * 2, 0);
        int32_t at[3] = {x, y, z};
        forEachBoxLine(map, at, [&](const BoxLine &line) {
          ASSERT_LE(line.skip + line.bytes, 16u);
          ASSERT_LE(line.global + line.bytes, memory.size());
          std::memcpy(reinterpret_cast<char *>(box.data()) + line.shared +
                          line.skip,
                      memory.data() + line.global, line.bytes);
        });
        for (int k = 0; k < 2; ++k)
          for (int j = 0; j < 2; ++j)
            for (int i = 0; i < 8; ++i) {
              int X = x + i, Y = y + j, Z = z + k;
              if (X >= 0 && X < 13 && Y >= 0 && Y < 5 && Z >= 0 && Z < 3)
                std::memcpy(
                    &expected[static_cast<size_t>((k * 2 + j) * 8 + i)],
                    &memory[static_cast<size_t>(Z * 160 + Y * 32 + X * 2)], 2);
            }
        ASSERT_EQ(box, expected) << x << " " << y << " " << z;
      }
}

TEST(TensorMap, OneDimension) {
  TensorMap map;
  map.address = 1024;
  map.dims = {100};
  map.box = {64};
  int32_t at = 64, lines = 0;
  forEachBoxLine(map, &at, [&](const BoxLine &line) {
    ++lines;
    EXPECT_EQ(line.global, 1024u + 128);
    EXPECT_EQ(line.bytes, 72u);
    EXPECT_EQ(line.skip, 0u);
  });
  EXPECT_EQ(lines, 1);
}

TEST(TensorMap, FarCoordinatesAreOutside) {
  TensorMap map = matrixMap(64, 64, 64, 8, 128);
  for (int32_t far : {INT32_MIN, INT32_MAX}) {
    int32_t at[2] = {far, far};
    int lines = 0;
    forEachBoxLine(map, at, [&](const BoxLine &line) {
      EXPECT_EQ(line.bytes, 0u);
      ++lines;
    });
    EXPECT_EQ(lines, 8);
  }
}
