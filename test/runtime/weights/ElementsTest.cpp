//===- ElementsTest.cpp - Tests of stored elements ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/weights/Elements.h"
#include "test/runtime/TestSupport.h"

#include <cmath>
#include <cstdint>
#include <cstring>

using namespace moec::rt;

template <typename T> static double decode(const char *dtype, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  return decoderOf(dtype)(bytes);
}

TEST(Elements, Numbers) {
  EXPECT_EQ(decode<float>("F32", 0.1f), double(0.1f));
  EXPECT_EQ(decode<double>("F64", 0.1), 0.1);
  EXPECT_EQ(decode<int8_t>("I8", -3), -3);
  EXPECT_EQ(decode<uint8_t>("U8", 253), 253);
  EXPECT_EQ(decode<int64_t>("I64", -5), -5);
  EXPECT_EQ(decode<uint16_t>("BF16", 0x3F80), 1);
  EXPECT_EQ(decode<uint16_t>("BF16", 0xC049), -3.140625);
  EXPECT_EQ(decoderOf("F8_E4M3"), nullptr);
  EXPECT_EQ(decoderOf("F7"), nullptr);
  EXPECT_TRUE(isFloating("BF16"));
  EXPECT_FALSE(isFloating("I32"));
}

TEST(Elements, HalfPrecision) {
  EXPECT_EQ(decode<uint16_t>("F16", 0x3C00), 1);
  EXPECT_EQ(decode<uint16_t>("F16", 0xC000), -2);
  EXPECT_EQ(decode<uint16_t>("F16", 0x7BFF), 65504); // the largest
  EXPECT_EQ(decode<uint16_t>("F16", 0x0400), std::ldexp(1, -14));
  EXPECT_EQ(decode<uint16_t>("F16", 0x0001), std::ldexp(1, -24)); // subnormal
  EXPECT_EQ(decode<uint16_t>("F16", 0x83FF), -1023 * std::ldexp(1, -24));
  EXPECT_EQ(decode<uint16_t>("F16", 0x7C00), INFINITY);
  EXPECT_EQ(decode<uint16_t>("F16", 0xFC00), -INFINITY);
  EXPECT_TRUE(std::isnan(decode<uint16_t>("F16", 0x7E00)));
  EXPECT_TRUE(std::signbit(decode<uint16_t>("F16", 0x8000)));
}
