//===- TrainerTest.cpp - Tests of training --------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/train/Trainer.h"
#include "runtime/data/Weights.h"
#include "runtime/train/Checkpoint.h"
#include "test/runtime/ToyData.h"

#include <cstring>

using namespace moec::rt;
using namespace moec::rt::test;

namespace {
/// The toy model on 60 images: 7 steps of 8 in an epoch, 4 images left over.
class Training : public testing::Test {
protected:
  void SetUp() override {
    writeToyData(folder.path, 60, 21);
    data = readIdx(folder.path, DataSplit::Train);
    test = readIdx(folder.path, DataSplit::Test);
  }

  /// Trains in a new session; `losses` gets the loss of every step.
  TrainResult run(TrainOptions options, int threads = 1,
                  Dealing dealing = Dealing::Dynamic) {
    SessionOptions wanted;
    wanted.threads = threads;
    wanted.dealing = dealing;
    session = std::make_unique<Session>(loadTestModule("toy"), wanted);
    losses.clear();
    lines.clear();
    options.onStep = [&](int64_t step, float loss) {
      EXPECT_EQ(step, firstStep + int64_t(losses.size()));
      losses.push_back(loss);
    };
    options.log = [&](const std::string &line) { lines.push_back(line); };
    return train(*session, data, withTest ? &test : nullptr, options);
  }

  std::vector<float> everything() {
    std::vector<float> all(session->params(), session->params() + 64);
    all.insert(all.end(), session->state(0), session->state(0) + 64);
    return all;
  }

  TemporaryFolder folder;
  Dataset data, test;
  std::unique_ptr<Session> session;
  std::vector<float> losses;
  std::vector<std::string> lines;
  int64_t firstStep = 1;
  bool withTest = false;
};
} // namespace

TEST_F(Training, Learns) {
  withTest = true;
  TrainResult result = run({});
  EXPECT_EQ(result.steps, 21); // 3 epochs of the module
  EXPECT_EQ(losses.size(), 21u);
  EXPECT_LT(losses.back(), losses.front() / 2);
  ASSERT_TRUE(result.evaluation.has_value());
  EXPECT_EQ(result.evaluation->count, 21);
  EXPECT_GT(result.evaluation->accuracy(), 0.9);
  // A progress line and an evaluation for each epoch.
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines[0].rfind("epoch 1/3 step 7/21 loss ", 0), 0u) << lines[0];
  for (const char *part :
       {" lr 1.8e-01 ", " ms/step ", " img/s ", " GFLOP/s ", " accuracy "})
    EXPECT_NE(lines[2].find(part), std::string::npos) << lines[2];
  EXPECT_EQ(lines[1].rfind("epoch 1/3 test accuracy ", 0), 0u) << lines[1];
}

TEST_F(Training, SameBitsForAnyThreads) {
  run({});
  std::vector<float> one = losses, state = everything();
  for (int threads : {1, 2, 3})
    for (Dealing dealing : {Dealing::Dynamic, Dealing::Static}) {
      run({}, threads, dealing);
      EXPECT_EQ(losses, one) << threads;
      EXPECT_EQ(everything(), state) << threads;
    }
  TrainOptions other;
  other.seed = 1;
  run(other);
  EXPECT_NE(losses, one);
}

TEST_F(Training, ResumesBitwise) {
  TrainOptions options;
  options.seed = 42;
  run(options);
  std::vector<float> whole = losses, end = everything();
  // At the end of an epoch, inside one, right at the start.
  for (int64_t stop : {7, 10, 1, 20}) {
    TrainOptions first = options;
    first.checkpoint = folder / "c";
    firstStep = 1;
    if (stop == 7)
      first.stopAfterEpochs = 1;
    else
      first.stopAfterSteps = stop;
    EXPECT_EQ(run(first).steps, stop);
    std::vector<float> joined = losses;
    TrainOptions second;
    second.resume = folder / "c";
    firstStep = stop + 1;
    EXPECT_EQ(run(second, 2).steps, 21);
    EXPECT_EQ(lines[0], "resumed " + (folder / "c") + " at step " +
                            std::to_string(stop) + "/21, seed 42");
    joined.insert(joined.end(), losses.begin(), losses.end());
    EXPECT_EQ(joined, whole) << stop;
    EXPECT_EQ(everything(), end) << stop;
  }
}

TEST_F(Training, CheckpointEveryAndInterrupt) {
  TrainOptions options;
  options.checkpoint = folder / "c";
  options.checkpointEvery = 2;
  int asked = 0;
  // Looks at the file as a kill would leave it after step 5.
  options.interrupted = [&] {
    if (++asked == 5) {
      Session other(loadTestModule("toy"));
      EXPECT_EQ(loadCheckpoint(other, folder / "c").step, 4);
    }
    return asked == 9;
  };
  EXPECT_EQ(run(options).steps, 9);
  Session other(loadTestModule("toy"));
  EXPECT_EQ(loadCheckpoint(other, folder / "c").step, 9);
  // Its parameters serve as weights; its state is then left alone.
  Session weights(loadTestModule("toy"));
  loadWeights(weights, folder / "c");
  EXPECT_EQ(std::memcmp(weights.params(), session->params(), 64 * 4), 0);
  EXPECT_EQ(weights.state(0)[0], 0);
}

TEST_F(Training, StepsInsteadOfEpochs) {
  TrainOptions options;
  options.steps = 10;
  EXPECT_EQ(run(options).steps, 10);
  EXPECT_EQ(lines.back().rfind("epoch 2/2 step 10/10 ", 0), 0u) << lines.back();
  // The schedule spans these 10 steps: it ends at a tenth of the rate.
  EXPECT_NE(lines.back().find(" lr 5.0e-02 "), std::string::npos);
}

TEST_F(Training, Errors) {
  TrainOptions options;
  options.resume = folder / "none";
  EXPECT_ERROR(run(options), "cannot open");
  Session plain(loadTestModule("toy"));
  saveWeights(plain, folder / "w");
  options.resume = folder / "w";
  EXPECT_ERROR(run(options), "is no checkpoint");
  saveCheckpoint(plain, {0, 1, 21, 8, 59, 0.5}, folder / "other");
  options.resume = folder / "other";
  EXPECT_ERROR(run(options), "comes from a run with batch 8 and 59 images");
  saveCheckpoint(plain, {0, 1, 21, 8, 60, 0.5}, folder / "good");
  options.resume = folder / "good";
  options.epochs = 5;
  EXPECT_ERROR(run(options), "has 21 steps, --epochs or --steps ask for 35");
  std::string bytes = readAll(folder / "good");
  writeAll(folder / "cut", bytes.substr(0, bytes.size() - 9));
  options.epochs = 0;
  options.resume = folder / "cut";
  EXPECT_ERROR(run(options), "truncated");

  TrainOptions wild;
  wild.learningRate = 1e38;
  EXPECT_ERROR(run(wild), "training has diverged");
  data.labels[3] = 3;
  EXPECT_ERROR(run({}), "label 3 of image 3 is out of range");
  data.labels[3] = 0;
  data.count = 7;
  EXPECT_ERROR(run({}), "7 images do not fill one batch of 8");
  data.height = 5;
  EXPECT_ERROR(run({}), "images are [5, 4, 1]");
  EXPECT_ERROR(train(*std::make_unique<Session>(loadTestModule("loops")), data,
                     nullptr, {}),
               "has no entry \"train_step\"");
}
