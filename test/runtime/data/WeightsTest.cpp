//===- WeightsTest.cpp - Tests of parameters in files ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Weights.h"
#include "test/runtime/TestSupport.h"

#include <cstring>

using namespace moec::rt;
using namespace moec::rt::test;

static std::string_view asBytes(const std::vector<float> &values) {
  return {reinterpret_cast<const char *>(values.data()), values.size() * 4};
}

TEST(Weights, AllProblemsInOneError) {
  TemporaryFolder folder;
  std::vector<float> values(48, 1);
  writeSafetensors(folder / "w",
                   {{"weight", "F32", {3, 16}, asBytes(values)},
                    {"extra", "F32", {48}, asBytes(values)},
                    {"more", "F32", {48}, asBytes(values)}},
                   {});
  Session session(loadTestModule("toy"));
  session.initParameters(3);
  std::vector<float> before(session.params(), session.params() + 64);
  std::string error = errorOf([&] { loadWeights(session, folder / "w"); });
  for (const char *part :
       {"4 problems", "\"weight\": expected F32 [16, 3], got F32 [3, 16]",
        "missing \"bias\" F32 [3]", "unexpected \"extra\" F32 [48]",
        "unexpected \"more\""})
    EXPECT_NE(error.find(part), std::string::npos) << error;
  EXPECT_EQ(std::memcmp(before.data(), session.params(), 64 * 4), 0)
      << "a failed load must change nothing";
  writeSafetensors(folder / "h",
                   {{"weight", "F16", {16, 3}, asBytes(values).substr(0, 96)},
                    {"bias", "F32", {3}, asBytes(values).substr(0, 12)}},
                   {});
  EXPECT_ERROR(loadWeights(session, folder / "h"), "got F16 [16, 3]");
}

TEST(Weights, GoRound) {
  TemporaryFolder folder;
  Session a(loadTestModule("toy")), b(loadTestModule("toy"));
  a.initParameters(3);
  saveWeights(a, folder / "w");
  loadWeights(b, folder / "w");
  EXPECT_EQ(std::memcmp(a.params(), b.params(), 64 * 4), 0);
}
