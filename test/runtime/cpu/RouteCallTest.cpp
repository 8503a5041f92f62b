//===- RouteCallTest.cpp - Tests of builtin:route -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/HostCall.h"
#include "runtime/cpu/Route.h"
#include "test/runtime/TestSupport.h"

using namespace moec::rt;
using namespace moec::rt::test;

TEST(RouteCall, ReadsItsAttributes) {
  auto bind = [](const char *attributes) {
    Kernel kernel;
    kernel.symbol = "builtin:route";
    kernel.attributes = attributes;
    return findRegistered(allHostCalls(), "route")->bind(kernel);
  };
  auto call = bind("{\"items\": 4, \"experts\": 2, \"k\": 1, \"capacity\": 3, "
                   "\"groups\": 1}");
  ASSERT_NE(call, nullptr);
  EXPECT_EQ(call->operandBytes(), (std::vector<int64_t>{32, 16, 76}));
  EXPECT_EQ(call->scratchBytes(), routeScratchBytes(4, 2, 1));
  // As many choices as the compiler numbers, and no more.
  EXPECT_NE(bind("{\"items\": 2147483647, \"experts\": 1, \"k\": 1, "
                 "\"capacity\": 3, \"groups\": 1}"),
            nullptr);
  EXPECT_ERROR(bind("{\"items\": 2147483647, \"experts\": 2, \"k\": 2, "
                    "\"capacity\": 3, \"groups\": 1}"),
               "items * k is too large");
  EXPECT_ERROR(bind("{\"items\": 4, \"experts\": 2, \"k\": 1, \"capacity\": 3, "
                    "\"groups\": 3}"),
               "3 groups do not divide 4 items");
  EXPECT_ERROR(bind(""), "\"items\" is missing");
  EXPECT_ERROR(bind("{\"items\": 4, \"experts\": 2, \"k\": 3, \"capacity\": 3, "
                    "\"groups\": 1}"),
               "3 choices of 2 experts");
  EXPECT_ERROR(bind("{\"items\": 4, \"experts\": 2, \"k\": 1, \"capacity\": 3, "
                    "\"groups\": 1, "
                    "\"priority\": \"luck\"}"),
               "got \"luck\"");
}
