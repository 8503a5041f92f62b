//===- HostCallTest.cpp - Tests of binding host calls -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/HostCall.h"
#include "test/runtime/TestSupport.h"

#include <nlohmann/json.hpp>

using namespace moec::rt;
using namespace moec::rt::test;
using nlohmann::json;

/// The manifest of the module `loops`, whose kernel 2 is a host call, the only
/// step of entry 2.
static json loops() {
  return json::parse(loadTestModule("loops")->manifestText());
}

static auto bound(const json &text) {
  return bindHostCalls(parseManifest(text.dump()));
}

TEST(HostCall, IsBoundWhenTheModuleIsLoaded) {
  auto module = loadTestModule("loops");
  EXPECT_EQ(module->hostCall(0), nullptr);
  EXPECT_EQ(module->hostCall(1), nullptr);
  ASSERT_NE(module->hostCall(2), nullptr);
  EXPECT_EQ(module->hostCall(2)->operandBytes(),
            (std::vector<int64_t>{32, 16, 76}));
  // Before any of its code is, so that a reader of modules hears of it too.
  EXPECT_ERROR(changedModule("loops", "builtin:route", "builtin:robot"),
               "kernel \"builtin:robot\": unknown host call \"robot\": "
               "expected route or expert_route");
}

TEST(HostCall, ChecksItsOperands) {
  EXPECT_EQ(bound(loops()).size(), 3u);
  json text = loops();
  json &args = text["entries"][2]["program"][0]["args"];
  args[2]["bytes"] = 75;
  EXPECT_ERROR(bound(text),
               "builtin:route in entry route: operand 2 of (gates, "
               "weights, plan) has 75 bytes, expected 76");
  args.erase(2);
  EXPECT_ERROR(bound(text), "builtin:route takes 3 operands (gates, weights, "
                            "plan), a launch of entry route has 2");
  text = loops();
  text["kernels"][2]["attributes"]["k"] = 3;
  EXPECT_ERROR(bound(text), "3 choices of 2 experts");
}
