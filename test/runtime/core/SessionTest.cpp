//===- SessionTest.cpp - Tests of running programs ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Session.h"
#include "test/runtime/TestSupport.h"

#include <cmath>
#include <cstring>
#include <numeric>

using namespace moec::rt;
using namespace moec::rt::test;

static SessionOptions with(int threads, Dealing dealing = Dealing::Dynamic) {
  SessionOptions options;
  options.threads = threads;
  options.dealing = dealing;
  return options;
}

static std::vector<float> floats(const void *data, size_t count) {
  auto *begin = static_cast<const float *>(data);
  return {begin, begin + count};
}

/// Runs an entry of the loops module on 0, 1, ... 15.
static std::vector<float> runLoops(Session &session, const char *name) {
  int64_t entry = session.module().requireEntry(name);
  std::vector<float> x(16);
  std::iota(x.begin(), x.end(), 0.0f);
  session.setInput(entry, "x", x.data(), 64);
  session.run(entry);
  return floats(session.output(entry, 0), 16);
}

TEST(Session, RepeatStrideAndRing) {
  for (int threads : {1, 2, 3})
    for (Dealing dealing : {Dealing::Dynamic, Dealing::Static}) {
      Session session(loadTestModule("loops"), with(threads, dealing));
      for (int i = 0; i < 48; ++i)
        params(session)[i] = float(i + 1);
      for (int round = 0; round < 50; ++round) {
        std::vector<float> forward = runLoops(session, "chain");
        std::vector<float> backward = runLoops(session, "back");
        for (int i = 0; i < 16; ++i) {
          float p0 = float(i + 1), p1 = p0 + 16, p2 = p0 + 32;
          EXPECT_EQ(forward[i], 8 * float(i) + 4 * p0 + 2 * p1 + p2);
          EXPECT_EQ(backward[i], 8 * float(i) + 4 * p2 + 2 * p1 + p0);
        }
      }
    }
}

TEST(Session, BuiltinRuns) {
  Session session(loadTestModule("loops"), with(2));
  int64_t entry = session.module().requireEntry("route");
  float gates[8] = {0.9f, 0.1f, 0.2f, 0.8f, 0.7f, 0.3f, 0.4f, 0.6f};
  session.setInput(entry, "gates", gates, sizeof(gates));
  session.run(entry);
  std::vector<float> weights = floats(session.output(entry, 0), 4);
  EXPECT_EQ(weights, (std::vector<float>{0.9f, 0.8f, 0.7f, 0.6f}));
  auto *plan = static_cast<const int32_t *>(session.output(entry, 1));
  EXPECT_EQ(std::vector<int32_t>(plan, plan + 7),
            (std::vector<int32_t>{0, 2, 4, 0, 2, 1, 3}));
}

TEST(Session, LabelsAreClasses) {
  Session session(loadTestModule("toy"), with(1));
  int64_t entry = session.module().requireEntry("train_step");
  for (int32_t label : {3, -1, INT32_MAX, INT32_MIN}) {
    std::vector<int32_t> labels(8, 2);
    labels[5] = label;
    session.setInput(entry, "label", labels.data(), 32);
    params(session)[0] = 7;
    EXPECT_ERROR(session.run(entry),
                 "label " + std::to_string(label) +
                     " at index 5 is out of range: the model has 3 classes");
    EXPECT_EQ(params(session)[0], 7); // nothing ran
    labels[5] = 0;
    session.setInput(entry, "label", labels.data(), 32);
    session.run(entry);
  }
}

TEST(Session, InitialValues) {
  Session a(loadTestModule("loops"), with(1)),
      b(loadTestModule("loops"), with(3));
  a.initVariables(7);
  b.initVariables(7);
  EXPECT_EQ(std::memcmp(params(a), params(b), 48 * 4), 0);
  b.initVariables(8);
  EXPECT_NE(std::memcmp(params(a), params(b), 48 * 4), 0);
  float least = 2, most = -2;
  for (int i = 0; i < 48; ++i) {
    least = std::fmin(least, params(a)[i]);
    most = std::fmax(most, params(a)[i]);
  }
  EXPECT_LT(least, -0.5f);
  EXPECT_GE(least, -1.0f);
  EXPECT_GT(most, 0.5f);
  EXPECT_LE(most, 1.0f);

  Session toy(loadTestModule("toy"), with(1));
  toy.initVariables(1);
  double sum = 0, squares = 0;
  for (int i = 0; i < 48; ++i) {
    sum += params(toy)[i];
    squares += double(params(toy)[i]) * params(toy)[i];
  }
  EXPECT_NEAR(sum / 48, 0, 0.06);
  EXPECT_NEAR(std::sqrt(squares / 48), 0.1, 0.04);
  EXPECT_EQ(floats(params(toy) + 48, 3), (std::vector<float>(3, 0.0f)));
}

/// The numbers of a stream in order, for one place along the axis.
TEST(Session, AlikeAlongAnAxis) {
  auto start = [](const char *alike) {
    std::string from =
        R"("block": "parameter", "offset": 0, "init": { "op": "uniform", "limit": 1 })";
    std::string to =
        R"("block":"parameter","offset":0,"init":{"op":"uniform","limit":1)";
    to += alike;
    to.resize(from.size(), ' ');
    Session session(changedModule("roles", from, to), with(2));
    session.initVariables(5);
    return floats(params(session), 6);
  };
  std::vector<float> plain = start("}"), rows = start(",\"alike\":0}"),
                     columns = start(",\"alike\":1}");
  EXPECT_EQ(rows, (std::vector<float>{plain[0], plain[1], plain[2], plain[0],
                                      plain[1], plain[2]}));
  EXPECT_EQ(columns, (std::vector<float>{plain[0], plain[0], plain[0], plain[1],
                                         plain[1], plain[1]}));
}

/// Bit by bit what seed, name and index gave in every version: weights that a
/// seed makes are part of a run.
TEST(Session, StartValuesAreForEver) {
  Session session(loadTestModule("toy"));
  session.initVariables(9);
  uint32_t bits[3];
  std::memcpy(bits, params(session), sizeof(bits));
  EXPECT_EQ(bits[0], 0xbd4da757u);
  EXPECT_EQ(bits[1], 0x3d08718cu);
  EXPECT_EQ(bits[2], 0x3e001165u);
}

TEST(Session, EveryRoleIsInitialised) {
  Session session(loadTestModule("roles"));
  auto expect = [&](bool weights, bool others) {
    EXPECT_EQ(session.readVariable(0)[0] != 9.0f, weights);
    EXPECT_EQ(session.readVariable<int32_t>(1)[1] == 1, weights);
    // A shadow starts as a copy.
    EXPECT_EQ(session.readVariable(2)[5] == session.readVariable(0)[5],
              weights);
    EXPECT_EQ(session.readVariable<uint8_t>(3)[2] == 0, others);
    EXPECT_EQ(session.readVariable(4)[0] == 0.0f, others);
  };
  auto spoil = [&] {
    session.variable(0)[0] = session.variable(2)[5] = session.variable(4)[0] =
        9.0f;
    session.variable<int32_t>(1)[1] = session.variable<uint8_t>(3)[2] = 9;
    expect(false, false);
  };
  spoil();
  session.initVariables(1);
  expect(true, true);
  spoil();
  session.initVariables(1, /*keepWeights=*/true);
  expect(false, true);
}

TEST(Session, InputErrors) {
  Session session(loadTestModule("toy"), with(1));
  uint8_t image[80] = {};
  EXPECT_NO_THROW(session.setInput(0, "image", image, 80));
  EXPECT_ERROR(session.setInput(0, "image", image, 79),
               "expected u8 [5, 4, 4, 1] = 80 bytes, got 79 bytes");
  EXPECT_ERROR(session.setInput(0, "picture", image, 80),
               "has no input \"picture\"; it has: image");
  EXPECT_ERROR(Session(loadTestModule("toy"), with(100000)),
               "at most 1024 threads");
}

/// A field comes before an input of the host that has the same name.
TEST(Session, InputsOfOneName) {
  auto module = changedModule("toy", "\"name\": \"label\", \"dtype\"",
                              "\"name\": \"step\", \"dtype\" ");
  Session session(module, with(1));
  int64_t entry = module->requireEntry("train_step");
  std::vector<int32_t> labels(8, 2);
  session.setInput(entry, "step", labels.data(), 32);
  EXPECT_EQ(static_cast<int32_t *>(session.input(entry, 1))[7], 2);
  EXPECT_EQ(*static_cast<int32_t *>(session.input(entry, 3)), 0);
  EXPECT_ERROR(session.setInput(entry, "step", labels.data(), 4),
               "expected i32 [8] = 32 bytes, got 4 bytes");
  float rate = 0.5f;
  session.setInput(entry, "learning_rate", &rate, 4);
  EXPECT_EQ(*static_cast<float *>(session.input(entry, 2)), 0.5f);
}

TEST(Session, ProfileCountsLaunches) {
  SessionOptions options = with(2);
  options.profile = true;
  Session session(loadTestModule("loops"), options);
  runLoops(session, "chain");
  runLoops(session, "chain");
  ASSERT_EQ(session.costs().size(), 3u);
  EXPECT_EQ(session.costs()[0].launches, 4);
  EXPECT_EQ(session.costs()[1].launches, 6);
  EXPECT_EQ(session.costs()[2].launches, 0);
  EXPECT_GT(session.costs()[1].seconds, 0);
  session.clearCosts();
  EXPECT_EQ(session.costs()[1].launches, 0);
}

TEST(Session, SubnormalsCountAsZeroInsideOnly) {
  volatile float tiny = 1e-40f;
  for (int threads : {1, 2}) {
    Session session(loadTestModule("loops"), with(threads));
    for (int i = 0; i < 48; ++i)
      params(session)[i] = 1e-40f;
    int64_t entry = session.module().requireEntry("chain");
    std::vector<float> x(16, 1e-40f);
    session.setInput(entry, "x", x.data(), 64);
    session.run(entry);
    EXPECT_EQ(floats(session.output(entry, 0), 16), std::vector<float>(16));
    EXPECT_GT(tiny * 2, tiny) << "the caller's arithmetic has changed";
  }
}
