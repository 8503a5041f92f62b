//===- WeightsTest.cpp - Tests of parameters in files ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Weights.h"
#include "runtime/train/Checkpoint.h"
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
  session.initVariables(3);
  std::vector<float> before(params(session), params(session) + 64);
  std::string error = errorOf([&] { loadWeights(session, folder / "w"); });
  for (const char *part :
       {"4 problems", "\"weight\": expected F32 [16, 3], got F32 [3, 16]",
        "missing \"bias\" F32 [3]", "unexpected \"extra\" F32 [48]",
        "unexpected \"more\""})
    EXPECT_NE(error.find(part), std::string::npos) << error;
  EXPECT_EQ(std::memcmp(before.data(), params(session), 64 * 4), 0)
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
  a.initVariables(3);
  saveWeights(a, folder / "w");
  loadWeights(b, folder / "w");
  EXPECT_EQ(std::memcmp(params(a), params(b), 64 * 4), 0);
}

static void fillAll(Session &session, int first) {
  for (size_t i = 0; i < session.manifest().variables.size(); ++i)
    std::memset(session.variable<char>(int64_t(i)), first + int(i),
                size_t(session.manifest().variables[i].bytes()));
}

/// Byte 0 of every variable.
static std::string firstBytes(Session &session) {
  std::string bytes;
  for (size_t i = 0; i < session.manifest().variables.size(); ++i)
    bytes += *session.readVariable<char>(int64_t(i));
  return bytes;
}

/// The variables of `roles`: parameter, statistic (i32), shadow, moment (u8),
/// derived.
TEST(Weights, HoldWhatMakesUpTheModel) {
  TemporaryFolder folder;
  Session a(loadTestModule("roles")), b(loadTestModule("roles"));
  fillAll(a, 'a');
  fillAll(b, 'A');
  saveWeights(a, folder / "w");
  SafetensorsFile file(folder / "w");
  ASSERT_EQ(file.tensors().size(), 3u);
  EXPECT_EQ(file.find("count")->dtype, "I32");
  EXPECT_NE(file.find("ema.weight"), nullptr);
  loadWeights(b, folder / "w");
  EXPECT_EQ(firstBytes(b), "abcDE");
  // A checkpoint serves as weights; what else it holds is skipped.
  fillAll(b, 'A');
  saveCheckpoint(a, {}, folder / "c");
  EXPECT_EQ(SafetensorsFile(folder / "c").tensors().size(), 4u);
  loadWeights(b, folder / "c");
  EXPECT_EQ(firstBytes(b), "abcDE");
  fillAll(b, 'A');
  loadCheckpoint(b, folder / "c");
  EXPECT_EQ(firstBytes(b), "abcdE");
  // Also in a model that has no such variables.
  Session toy(loadTestModule("toy"));
  saveCheckpoint(toy, {}, folder / "t");
  EXPECT_EQ(SafetensorsFile(folder / "t").metadata("moments"),
            "[\"weight.momentum\",\"bias.momentum\"]");
  EXPECT_ERROR(loadWeights(b, folder / "t"), "unexpected \"bias\" F32 [3]");
  EXPECT_EQ(errorOf([&] { loadWeights(b, folder / "t"); }).find("momentum"),
            std::string::npos);
}

TEST(Weights, TakeWhatIsChosen) {
  TemporaryFolder folder;
  std::vector<float> values(48, 1);
  // A head of another size, and a decoder that the model does not have.
  writeSafetensors(folder / "w",
                   {{"weight", "F32", {16, 3}, asBytes(values)},
                    {"bias", "F32", {48}, asBytes(values)},
                    {"decoder.bias", "F32", {48}, asBytes(values)}},
                   {});
  Session session(loadTestModule("toy"));
  session.initVariables(3);
  std::vector<float> before(params(session), params(session) + 64);
  std::string error = errorOf([&] {
    loadWeights(session, folder / "w", {{"decoder*", "weight"}, {"b", "*s"}});
  });
  for (const char *part :
       {"2 problems", "--ignore 'weight' fits no tensor that the model does",
        "--fresh 'b' fits no variable of the model"})
    EXPECT_NE(error.find(part), std::string::npos) << error;
  EXPECT_EQ(std::memcmp(before.data(), params(session), 64 * 4), 0);
  loadWeights(session, folder / "w", {{"decoder*"}, {"bias"}});
  for (int64_t i = 0; i < 2; ++i) {
    const Variable &variable = session.manifest().variables[size_t(i)];
    const float *now = session.readVariable(i);
    if (variable.name == "weight") {
      EXPECT_EQ(now[0], 1) << variable.name;
    } else {
      EXPECT_NE(now[0], 1) << variable.name;
    }
  }
}
