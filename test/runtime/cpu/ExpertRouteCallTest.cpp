//===- ExpertRouteCallTest.cpp - Tests of builtin:expert_route ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/HostCall.h"
#include "test/runtime/TestSupport.h"

using namespace moec::rt;
using namespace moec::rt::test;

static std::shared_ptr<const HostCall> bind(const char *attributes) {
  Kernel kernel;
  kernel.symbol = "builtin:expert_route";
  kernel.attributes = attributes;
  return findRegistered(allHostCalls(), "expert_route")->bind(kernel);
}

TEST(ExpertRouteCall, ReadsItsAttributes) {
  auto call = bind("{\"items\": 8, \"experts\": 4, \"groups\": 2, "
                   "\"capacity\": 3}");
  ASSERT_NE(call, nullptr);
  EXPECT_EQ(call->operandBytes(), (std::vector<int64_t>{128, 4 * 117}));
  EXPECT_EQ(call->scratchBytes(), 16 * 16);
  // As many choices as the compiler numbers.
  EXPECT_NE(bind("{\"items\": 2147483647, \"experts\": 1, \"groups\": 1, "
                 "\"capacity\": 1}"),
            nullptr);
  EXPECT_ERROR(bind(""), "\"items\" is missing");
  EXPECT_ERROR(bind("{\"items\": 8, \"experts\": 4, \"groups\": 3, "
                    "\"capacity\": 2}"),
               "3 groups do not divide 8 items");
  EXPECT_ERROR(bind("{\"items\": 8, \"experts\": 4, \"groups\": 2, "
                    "\"capacity\": 5}"),
               "5 items of a group of 4");
  EXPECT_ERROR(bind("{\"items\": 65536, \"experts\": 65536, \"groups\": 1, "
                    "\"capacity\": 1}"),
               "items * experts is too large");
}

TEST(ExpertRouteCall, Runs) {
  auto call = bind("{\"items\": 2, \"experts\": 1, \"groups\": 1, "
                   "\"capacity\": 1}");
  float gates[] = {0.25f, 0.75f};
  int32_t plan[8] = {}, scratch[32] = {};
  ASSERT_EQ(call->operandBytes()[1], int64_t(sizeof plan));
  ASSERT_LE(call->scratchBytes(), int64_t(sizeof scratch));
  void *args[] = {gates, plan};
  call->run(args, scratch);
  EXPECT_EQ(std::vector<int32_t>(plan, plan + 8),
            (std::vector<int32_t>{0, 1, 1, 1, -1, 0, 0, 0}));
}
