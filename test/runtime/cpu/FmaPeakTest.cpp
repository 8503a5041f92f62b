//===- FmaPeakTest.cpp - Tests of the peak measurement --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cpu/FmaPeak.h"

#include <gtest/gtest.h>

using namespace moec::rt;

// No test of speed: only that the loop is neither removed nor left unmeasured.
TEST(FmaPeak, IsPlausible) {
  double peak = measureFmaPeak(1, 0.02);
  EXPECT_GT(peak, 1e8) << fmaPeakIsa();
  EXPECT_LT(peak, 1e12) << fmaPeakIsa();
}
