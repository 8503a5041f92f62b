//===- BuiltinsTest.cpp - Tests of making builtin kernels -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cpu/Builtins.h"
#include "test/runtime/TestSupport.h"

using namespace moec::rt;
using namespace moec::rt::test;

TEST(Builtins, ChecksAttributes) {
  auto make = [](const char *attributes) {
    Kernel kernel;
    kernel.symbol = "builtin:route";
    kernel.blocks = 1;
    kernel.attributes = attributes;
    return makeBuiltin(kernel);
  };
  EXPECT_NE(make("{\"items\": 4, \"experts\": 2, \"k\": 1, \"capacity\": 3}"),
            nullptr);
  EXPECT_ERROR(make(""), "\"items\" is missing");
  EXPECT_ERROR(
      make("{\"items\": 4, \"experts\": 2, \"k\": 3, \"capacity\": 3}"),
      "3 choices of 2 experts");
  EXPECT_ERROR(make("{\"items\": 4, \"experts\": 2, \"k\": 1, \"capacity\": 3, "
                    "\"priority\": \"luck\"}"),
               "got \"luck\"");
  Kernel unknown;
  unknown.symbol = "builtin:teleport";
  EXPECT_ERROR(makeBuiltin(unknown), "unknown kernel \"builtin:teleport\"");
  Kernel known;
  known.symbol = "builtin:route";
  EXPECT_ERROR(checkBuiltinArguments(known, 2), "takes 3 operands");
}
