//===- OrderKeyTest.cpp - Tests of how gates are ordered ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cpu/OrderKey.h"

#include <gtest/gtest.h>

#include <cmath>
#include <iterator>

using namespace moec::rt;

TEST(OrderKey, OrdersAsFloatsDo) {
  using Limits = std::numeric_limits<float>;
  const float rising[] = {-Limits::infinity(),
                          -Limits::max(),
                          -1.5f,
                          -1.0f,
                          -Limits::denorm_min(),
                          0.0f,
                          Limits::denorm_min(),
                          1.0f,
                          Limits::max(),
                          Limits::infinity()};
  for (size_t i = 1; i < std::size(rising); ++i)
    EXPECT_LT(orderKey(rising[i - 1]), orderKey(rising[i])) << rising[i];
}

TEST(OrderKey, ZerosAreEqualAndNaNIsTheLowest) {
  EXPECT_EQ(orderKey(-0.0f), orderKey(0.0f));
  for (float sign : {1.0f, -1.0f}) {
    float nan = std::copysign(std::numeric_limits<float>::quiet_NaN(), sign);
    EXPECT_EQ(orderKey(nan), std::numeric_limits<int32_t>::min());
    EXPECT_LT(orderKey(nan), orderKey(-std::numeric_limits<float>::infinity()));
  }
}
