//===- SimDeviceTest.cpp - Tests of the simulator as a device -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Fault.h"
#include "runtime/core/Session.h"
#include "runtime/data/Npy.h"
#include "runtime/train/Checkpoint.h"
#include "test/runtime/ToolTestSupport.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>

using namespace moec::rt;
using namespace moec::rt::test;
using nlohmann::json;

static std::unique_ptr<Session> openSim(const char *name,
                                        bool profile = false) {
  SessionOptions options;
  options.threads = 1;
  options.device = "ptxsim";
  options.profile = profile;
  return std::make_unique<Session>(loadTestModule(name), options);
}

namespace {
class SimTraining : public testing::Test {
protected:
  void SetUp() override {
    writeToyData(folder.path, 60, 21);
    data = ToyImages(folder.path, DataSplit::Train);
    test = ToyImages(folder.path, DataSplit::Test);
  }
  /// Losses of a run; the session is left in `session`.
  std::vector<float> run(TrainOptions options) {
    session = openSim("gpu-toy");
    std::vector<float> losses;
    options.onStep = [&](int64_t, float loss) { losses.push_back(loss); };
    result = train(*session, data, &test, options);
    return losses;
  }
  TemporaryFolder folder;
  ToyImages data, test;
  std::unique_ptr<Session> session;
  TrainResult result;
};
} // namespace

TEST_F(SimTraining, LearnsWithTheSameBitsInEveryRun) {
  std::vector<float> losses = run({});
  EXPECT_EQ(losses.size(), 21u);
  EXPECT_LT(losses.back(), losses.front() / 2);
  EXPECT_GT(result.evaluation->accuracy(), 0.9);
  std::vector<float> params(readParams(*session), readParams(*session) + 64);
  EXPECT_EQ(run({}), losses);
  EXPECT_EQ(std::memcmp(params.data(), readParams(*session), 256), 0);
}

TEST_F(SimTraining, ResumesBitwise) {
  run({});
  std::vector<float> params(readParams(*session), readParams(*session) + 64);
  TrainOptions first;
  first.checkpoint = folder / "c";
  first.stopAfterSteps = 9;
  run(first);
  TrainOptions second;
  second.resume = folder / "c";
  EXPECT_EQ(run(second).size(), 12u);
  EXPECT_EQ(std::memcmp(params.data(), readParams(*session), 256), 0);
}

TEST_F(SimTraining, MatchesAComputationByHand) {
  auto session = openSim("gpu-toy");
  session->initVariables(2);
  int64_t entry = session->module().requireEntry("infer", 8);
  std::vector<uint8_t> image(128);
  for (int i = 0; i < 128; ++i)
    image[i] = uint8_t(randomBits(3, uint64_t(i)));
  session->setInput(entry, "image", image.data(), 128);
  session->run(entry);
  auto *logits = static_cast<const float *>(session->output(entry, 0));
  const float *params = readParams(*session);
  for (int b = 0; b < 8; ++b)
    for (int c = 0; c < 3; ++c) {
      double sum = params[48 + c];
      for (int p = 0; p < 16; ++p)
        sum += image[b * 16 + p] / 256.0 * double(params[p * 3 + c]);
      EXPECT_NEAR(logits[b * 3 + c], sum, 1e-5);
    }
}

TEST(SimDevice, FaultsNameKernelNodeLineAndThread) {
  auto session = openSim("gpu-toy");
  int64_t entry = session->module().requireEntry("fault");
  std::string error = errorOf([&] { session->run(entry); });
  for (const char *part :
       {"device ptxsim: kernel toy_fault (broken.node), launch 1 of 1 in entry "
        "fault: ",
        "line ", "thread 0", "out of bounds"})
    EXPECT_NE(error.find(part), std::string::npos) << part << ": " << error;
  // The device is as good as before.
  EXPECT_NO_THROW(session->run(0));
}

/// What a kernel reads or writes behind its operand is a fault, also where the
/// arena goes on.
TEST(SimDevice, OperandsHaveBounds) {
  auto session = openSim("gpu-toy");
  int64_t entry = session->module().requireEntry("overrun");
  const Argument &operand =
      session->manifest().entries[size_t(entry)].program[0].body[0].args[0];
  ASSERT_LT(operand.offset + 4096 + 4,
            session->manifest().entries[size_t(entry)].arena);
  EXPECT_ERROR(session->run(entry), "out of bounds");
}

TEST(SimDevice, CodeThatItDoesNotKnow) {
  EXPECT_ERROR(openSim("gpu-broken"), "PTX text");
  EXPECT_ERROR(openSim("gpu-empty"), "its PTX text lacks: toy_logits, ");
}

TEST(SimDevice, MemoryIsBounded) {
  Session session = Session(loadTestModule("gpu-toy"), [] {
    SessionOptions options;
    options.device = "ptxsim";
    return options;
  }());
  EXPECT_GT(session.device().capacity(), 0);
  EXPECT_ERROR(const_cast<Device &>(session.device())
                   .allocate(size_t(session.device().capacity()) + 1, "much"),
               "much");
}

TEST(SimDevice, CountersAreSummedForEachKernel) {
  auto session = openSim("gpu-toy", true);
  session->run(0);
  session->run(0);
  const KernelCost &cost = session->costs()[5];
  EXPECT_EQ(cost.launches, 2);
  std::vector<std::string> names = session->device().counterNames();
  ASSERT_EQ(cost.counters.size(), names.size());
  auto at = [&](const char *name) {
    auto it = std::find(names.begin(), names.end(), name);
    return it == names.end() ? -1.0 : cost.counters[size_t(it - names.begin())];
  };
  EXPECT_EQ(at("blocks"), 10);
  EXPECT_EQ(at("warps"), 10);
  // 16 products and as many sums for each of 15 logits, in two runs; and the
  // scaling of the pixels.
  EXPECT_EQ(at("float_flops"), 2 * 15 * 16 * 3);
  EXPECT_GT(at("global_load_sectors"), 0);
  EXPECT_EQ(at("tensor_flops"), 0);
  EXPECT_EQ(session->costs()[0].launches, 0);
}

namespace {
class SimCommands : public CommandTest {
protected:
  std::string gpu = module("gpu-toy");
};
} // namespace

TEST_F(SimCommands, EveryCommand) {
  std::string weights = folder / "w";
  ASSERT_EQ(run({"train", gpu, "--data", data, "--device=ptxsim", "--batch=8",
                 "--steps=2", "--save", weights}),
            0)
      << err;
  EXPECT_TRUE(has(out, "no evaluation on the simulator")) << out;
  EXPECT_TRUE(has(out, "epoch 1/1 step 2/2 loss ")) << out;
  EXPECT_FALSE(has(out, "test accuracy")) << out;
  ASSERT_EQ(run({"train", gpu, "--data", data, "--device=ptxsim", "--steps=2",
                 "--test-images=16"}),
            0)
      << err;
  EXPECT_TRUE(has(out, "/16 images")) << out;
  ASSERT_EQ(run({"eval", gpu, "--weights", weights, "--data", data,
                 "--device=ptxsim", "--test-images=10", "--json"}),
            0)
      << err;
  EXPECT_EQ(json::parse(out)["images"], 10);
  ASSERT_EQ(run({"classify", gpu, "--weights", weights, "--data", data,
                 "--device=ptxsim", "--test-images=10", "--count=1"}),
            0)
      << err;
  EXPECT_TRUE(has(out, " of 10 test images are right")) << out;
  std::vector<uint8_t> image(80, 9);
  writeNpy(folder / "x.npy", DType::U8, {5, 4, 4, 1}, image.data());
  ASSERT_EQ(run({"run", gpu, "--device=ptxsim", "--weights", weights,
                 "--input=@" + (folder / "x.npy")}),
            0)
      << err;
  EXPECT_TRUE(has(out, "logits: f32 [5, 3]")) << out;
  ASSERT_EQ(run({"inspect", gpu, "--device=ptxsim"}), 0) << err;
  EXPECT_TRUE(has(out, "device PTX simulator (sm_80)")) << out;
  EXPECT_TRUE(has(out, " instructions, 0 bytes of static shared memory"))
      << out;
}

TEST_F(SimCommands, CountersAreATableAndJson) {
  ASSERT_EQ(run({"bench", gpu, "--device=ptxsim", "--counters"}), 0) << err;
  for (const char *part :
       {"train_step batch 8 on PTX simulator (sm_80): 1 runs after 0",
        "no time of a GPU", "warp inst", "tensor MF", "toy_update (sgd)",
        "local KiB", "stages"})
    EXPECT_TRUE(has(out, part)) << part << "\n" << out;
  ASSERT_EQ(run({"bench", gpu, "--device=ptxsim", "--counters", "--json",
                 "--entry=infer", "--batch=5", "--repetitions=2"}),
            0)
      << err;
  json result = json::parse(out);
  ASSERT_EQ(result["kernels"].size(), 1u);
  // For one run, whatever the repetitions.
  EXPECT_EQ(result["kernels"][0]["launches"], 1);
  EXPECT_EQ(result["kernels"][0]["counters"]["blocks"], 5);
  EXPECT_EQ(result["kernels"][0]["counters"]["float_flops"], 15 * 16 * 3);
}

TEST_F(SimCommands, Errors) {
  EXPECT_EQ(run({"train", gpu, "--data", data, "--device=ptxsim", "--batch=5",
                 "--steps=1"}),
            1);
  EXPECT_TRUE(has(err, "no entry \"train_step\" with batch 5")) << err;
  EXPECT_EQ(run({"train", gpu, "--data", data, "--device=ptxsim", "--steps=1",
                 "--test-images=99"}),
            1);
  EXPECT_TRUE(has(err, "has 21 test images")) << err;
  TemporaryFolder small;
  writeToyData(small.path, 7, 3);
  EXPECT_EQ(run({"train", gpu, "--data", "idx:" + small.path, "--device=ptxsim",
                 "--steps=1"}),
            1);
  EXPECT_TRUE(has(err, "7 images do not fill one batch of 8")) << err;
}
