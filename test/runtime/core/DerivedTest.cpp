//===- DerivedTest.cpp - Tests of variables that follow others ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Session.h"
#include "runtime/data/Weights.h"
#include "runtime/train/Checkpoint.h"
#include "test/runtime/TestSupport.h"

#include <nlohmann/json.hpp>

using namespace moec::rt;
using namespace moec::rt::test;
using nlohmann::json;

namespace {
/// The module `derived`: variables weight (0), twice (1), ema.weight (2),
/// beside (3), half (4), which ends where that begins.
class Derived : public testing::Test {
protected:
  static SessionOptions profiled() {
    SessionOptions options;
    options.profile = true;
    return options;
  }
  void run(const char *entry) {
    session.run(session.module().requireEntry(entry));
  }
  /// What `infer` says of the first element.
  float inferred() {
    run("infer");
    return *static_cast<const float *>(session.output(0, 0));
  }
  /// Launches of the kernel of `double` since the last call.
  int64_t prepared() { return session.takeCost(0).launches; }
  float weight() { return session.readVariable(0)[0]; }

  Session session{loadTestModule("derived"), profiled()};
};
} // namespace

TEST_F(Derived, MayBeBF16) {
  EXPECT_EQ(session.manifest().variables[4].bytes(), 8);
  session.initVariables(3);
  EXPECT_EQ(session.readVariable(3)[0], 1.0f);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(session.readVariable<uint16_t>(4)[i], 0x3f80);
}

TEST_F(Derived, AreComputedOnceAfterTheOthers) {
  session.initVariables(3);
  EXPECT_NE(weight(), 0.0f);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(inferred(), 2 * weight());
  EXPECT_EQ(prepared(), 1);
  // Whatever the host changes.
  session.variable(0)[0] = 5;
  EXPECT_EQ(inferred(), 10.0f);
  EXPECT_EQ(prepared(), 1);
  // One may look at weights, and set derived variables oneself.
  session.readVariable(0);
  session.variable(1)[0] = 7;
  EXPECT_EQ(inferred(), 7.0f);
  EXPECT_EQ(prepared(), 0);
}

TEST_F(Derived, FollowWhatEntriesChange) {
  session.variable(0)[0] = 5;
  run("double"); // by hand
  EXPECT_EQ(inferred(), 10.0f);
  EXPECT_EQ(prepared(), 1);
  run("grow");
  run("grow");
  EXPECT_EQ(inferred(), 14.0f);
  EXPECT_EQ(prepared(), 1);
  // It writes them itself, so that nothing is left to do.
  run("keep");
  run("keep");
  EXPECT_EQ(prepared(), 2); // its own launches
  EXPECT_EQ(inferred(), 18.0f);
  EXPECT_EQ(prepared(), 0);
}

TEST_F(Derived, FollowFilesOfWeights) {
  TemporaryFolder folder;
  session.initVariables(3);
  EXPECT_EQ(session.readVariable(2)[0], weight()); // the shadow is a copy
  session.variable(2)[0] = 9;
  saveWeights(session, folder / "w");
  saveCheckpoint(session, {}, folder / "c");
  const float first = weight();
  for (const char *file : {"w", "c", "w"}) {
    session.initVariables(4);
    EXPECT_NE(inferred(), 2 * first);
    prepared();
    loadWeights(session, folder / file);
    EXPECT_EQ(session.readVariable(2)[0], 9.0f);
    EXPECT_EQ(inferred(), 2 * first);
    EXPECT_EQ(prepared(), 1);
  }
  session.initVariables(4);
  inferred();
  loadCheckpoint(session, folder / "c");
  EXPECT_EQ(inferred(), 2 * first);
}

TEST_F(Derived, AShadowThatAFileLacksIsACopy) {
  TemporaryFolder folder;
  session.initVariables(3);
  const float values[] = {1, 2, 3, 4};
  std::string_view bytes(reinterpret_cast<const char *>(values), 16);
  writeSafetensors(folder / "w", {{"weight", "F32", {4}, bytes}}, {});
  loadWeights(session, folder / "w");
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(session.readVariable(2)[i], values[i]);
  EXPECT_EQ(inferred(), 2.0f);
  // A shadow alone is no model, and a checkpoint has every variable.
  writeSafetensors(folder / "s", {{"ema.weight", "F32", {4}, bytes}}, {});
  EXPECT_ERROR(loadWeights(session, folder / "s"),
               "missing \"weight\" F32 [4]");
  EXPECT_ERROR(readSessionTensors(session, SafetensorsFile(folder / "w"),
                                  Kept::Everything),
               "missing \"ema.weight\"");
}

TEST(DerivedManifest, Errors) {
  const json good = json::parse(loadTestModule("derived")->manifestText());
  auto error = [&](const std::function<void(json &)> &change) {
    json text = good;
    change(text);
    return errorOf([&] { parseManifest(text.dump()); });
  };
  auto expect = [&](const std::string &text, const char *part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  EXPECT_EQ(error([](json &) {}), "no error");
  expect(error([](json &text) { text["entries"][1]["batch"] = 2; }),
         "\"double\" writes derived variables alone, so it runs by itself: "
         "expected no batch and no inputs, got batch 2 and 0 inputs");
  expect(error([](json &text) {
           text["entries"][1]["inputs"] = {{{"name", "x"},
                                            {"dtype", "f32"},
                                            {"shape", {4}},
                                            {"source", "field"}}};
         }),
         "got batch 0 and 1 inputs");
  expect(error([](json &text) { text["entries"][2]["writes"] = {"derived"}; }),
         "manifest/entries/2: the entry \"grow\" writes derived variables "
         "alone, as \"double\" does: expected one such entry");
  expect(error([](json &text) { text["entries"].erase(1); }),
         "manifest/entries: variable \"twice\" is derived, but there is no "
         "entry that writes derived variables alone");
  expect(error([](json &text) {
           text["entries"].erase(1);
           for (int derived : {4, 3, 1})
             text["variables"].erase(derived);
         }),
         "manifest/entries/0: the entry \"infer\" uses derived variables, but "
         "there is no entry that writes derived variables alone");
  expect(error([](json &text) { text["entries"][2]["name"] = "keep"; }),
         "entry \"keep\" with batch 0 stands twice");
  expect(error([](json &text) { text["variables"][2].erase("of"); }),
         "shadow \"ema.weight\" has no \"of\"");
  expect(error([](json &text) { text["variables"][2]["shape"] = {2, 2}; }),
         "expected a parameter of f32 [2, 2], got \"weight\", a parameter of "
         "f32 [4]");
  expect(error([](json &text) { text["variables"][2]["of"] = "twice"; }),
         "got \"twice\", a derived of f32 [4]");
  expect(error([](json &text) {
           text["variables"][2]["init"] = {{"op", "ones"}};
         }),
         "starts as a copy of \"weight\": it has no start value of its own");
}
