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
    data = ToyImages(folder.path, DataSplit::Train);
    test = ToyImages(folder.path, DataSplit::Test);
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
    std::vector<float> all(params(*session), params(*session) + 64);
    all.insert(all.end(), readMoments(*session), readMoments(*session) + 64);
    return all;
  }

  TemporaryFolder folder;
  ToyImages data, test;
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
  // What is going to happen; a progress line and an evaluation for each epoch.
  ASSERT_EQ(lines.size(), 7u);
  EXPECT_EQ(lines[0], "60 images, 3 epochs of 7 steps of 8 images, learning "
                      "rate 0.5, seed 9");
  EXPECT_EQ(lines[1].rfind("epoch 1/3 step 7/21 loss ", 0), 0u) << lines[1];
  for (const char *part :
       {" lr 1.8e-01 ", " ms/step ", " img/s ", " GFLOP/s ", " accuracy "})
    EXPECT_NE(lines[3].find(part), std::string::npos) << lines[3];
  EXPECT_EQ(lines[2].rfind("epoch 1/3 test accuracy ", 0), 0u) << lines[2];
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
  // Looks at the file as a kill would leave it after step 5; the first question
  // comes before step 1.
  options.interrupted = [&] {
    if (++asked == 6) {
      Session other(loadTestModule("toy"));
      EXPECT_EQ(loadCheckpoint(other, folder / "c").step, 4);
    }
    return asked == 10;
  };
  EXPECT_EQ(run(options).steps, 9);
  Session other(loadTestModule("toy"));
  EXPECT_EQ(loadCheckpoint(other, folder / "c").step, 9);
  // Its parameters serve as weights; its state is then left alone.
  Session weights(loadTestModule("toy"));
  loadWeights(weights, folder / "c");
  EXPECT_EQ(std::memcmp(params(weights), params(*session), 64 * 4), 0);
  EXPECT_EQ(readMoments(weights)[0], 0);
}

/// A run that is resumed is the run that was begun, or an error.
TEST_F(Training, ResumesNoOtherData) {
  std::string before = identityOf(data);
  data.images[7] ^= 1;
  EXPECT_NE(identityOf(data), before);
  data.images[7] ^= 1;
  std::swap(data.labels[0], data.labels[1]);
  EXPECT_NE(identityOf(data), before);
}

TEST_F(Training, ResumesNoOtherRun) {
  Session plain(loadTestModule("toy"));
  std::string course = courseOf(plain.manifest());
  RunPosition good = {3, 1, 21, 8, 60, 0.25, course, identityOf(data)};
  auto expect = [&](RunPosition there, TrainOptions options, const char *part) {
    saveCheckpoint(plain, there, folder / "c");
    options.resume = folder / "c";
    firstStep = 2;
    EXPECT_ERROR(run(options), part);
    EXPECT_TRUE(losses.empty());
  };
  RunPosition other = good;
  other.images = 59;
  expect(other, {}, "training images: 59 there, 60 here");
  other = good;
  other.data = "0123456789abcdef";
  expect(
      other, {},
      "checksum of the training images and labels: 0123456789abcdef there, ");
  other = good;
  other.batch = 4;
  expect(other, {}, "batch: 4 there, 8 here");
  TrainOptions options;
  options.epochs = 5;
  expect(good, options, "steps (--epochs, --steps): 21 there, 35 here");
  options = {};
  options.learningRate = 0.1;
  expect(good, options, "--learning-rate: 0.25 there, 0.1 here");
  options = {};
  options.seed = 4;
  expect(good, options, "--seed: 3 there, 4 here");
  other = good;
  auto replace = [&](const std::string &from, const std::string &to) {
    other.course = course;
    size_t at = course.find(from);
    ASSERT_NE(at, std::string::npos) << course;
    other.course.replace(at, from.size(), to);
  };
  replace("\"final\":0.1", "\"final\":0.0,\"clip_norm\":1.0");
  expect(other, {},
         "clip_norm: 1.0 there, nothing here; schedule.final: 0.0 there, 0.1 "
         "here");
  replace("\"precision\":\"f32\"", "\"precision\":\"bf16\"");
  expect(other, {}, "precision: \"bf16\" there, \"f32\" here");
  replace("\"bias\":false", "\"bias\":true");
  expect(other, {}, "decays.bias: true there, false here");
  other = good;
  other.step = 22;
  expect(other, {}, "is damaged: it stands at step 22 of 21");

  // The same values, said once more, do no harm; all steps done: nothing to do.
  options = {};
  options.epochs = 3;
  options.seed = 3;
  options.learningRate = 0.25;
  options.resume = folder / "c";
  good.step = 21;
  saveCheckpoint(plain, good, folder / "c");
  TrainResult result = run(options);
  EXPECT_EQ(result.start, 21);
  EXPECT_EQ(result.steps, 21);
  EXPECT_TRUE(losses.empty());
}

/// The loss of a step tells of the weights before it.
TEST_F(Training, RuinedWeightsAreNotKept) {
  for (double rate : {1e30, 3e38}) {
    TrainOptions options;
    options.checkpoint = folder / "c";
    options.stopAfterSteps = 3;
    firstStep = 1;
    run(options);
    std::string before = readAll(folder / "c");
    options.learningRate = rate;
    options.steps = 1;
    // Also where nothing would be kept.
    for (std::string checkpoint : {folder / "c", std::string()}) {
      options.checkpoint = checkpoint;
      EXPECT_ERROR(run(options), "the weights are ruined after step 1: ");
      EXPECT_EQ(losses.size(), 1u);
      EXPECT_EQ(readAll(folder / "c"), before);
    }
    options.checkpointEvery = 1;
    options.checkpoint = folder / "c";
    options.steps = 5;
    EXPECT_ERROR(run(options), "c was left as it was");
    EXPECT_EQ(readAll(folder / "c"), before);
  }
}

/// What the evaluation needs is looked at before the first step.
TEST_F(Training, TestImagesAreCheckedFirst) {
  withTest = true;
  ToyImages good = test;
  test.height = 8;
  test.width = 2;
  EXPECT_ERROR(run({}), "images are [8, 2, 1]");
  EXPECT_TRUE(losses.empty());
  test = good;
  test.labels[20] = 3;
  EXPECT_ERROR(run({}), "t10k-labels-idx1-ubyte: label 3 of image 20");
  EXPECT_TRUE(losses.empty());
}

TEST_F(Training, InterruptedEvaluation) {
  withTest = true;
  TrainOptions options;
  options.checkpoint = folder / "c";
  // Asked before the run, after each of 7 steps, and after 8 and 16 images of
  // the first evaluation.
  int asked = 0;
  options.interrupted = [&] { return ++asked == 10; };
  TrainResult result = run(options);
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(result.steps, 7);
  EXPECT_EQ(result.allSteps, 21);
  EXPECT_FALSE(result.evaluation.has_value());
  Session other(loadTestModule("toy"));
  EXPECT_EQ(loadCheckpoint(other, folder / "c").step, 7);
  // In the last one: a resumed run has nothing left to train but to evaluate.
  asked = -17;
  EXPECT_TRUE(run(options).interrupted);
  EXPECT_EQ(loadCheckpoint(other, folder / "c").step, 21);
  options.resume = folder / "c";
  options.interrupted = nullptr;
  result = run(options);
  EXPECT_EQ(result.start, 21);
  EXPECT_TRUE(result.evaluation.has_value());
}

/// Who wants to stop a run that has nothing left to do gets the whole run.
TEST_F(Training, TooLateToInterrupt) {
  TrainOptions options;
  run(options);
  std::vector<float> end = everything();
  options.checkpoint = folder / "c";
  // Asked before the run and after each step but the last one.
  int asked = 0;
  options.interrupted = [&] { return ++asked > 21; };
  TrainResult result = run(options);
  EXPECT_EQ(asked, 21);
  EXPECT_FALSE(result.interrupted);
  EXPECT_EQ(result.steps, 21);
  EXPECT_EQ(everything(), end);
  // Nor is there anything to stop in a run that was complete before.
  options.resume = folder / "c";
  result = run(options);
  EXPECT_FALSE(result.interrupted);
  EXPECT_EQ(result.steps, 21);
  withTest = true;
  EXPECT_TRUE(run(options).interrupted);
}

TEST_F(Training, Progress) {
  withTest = true;
  TrainOptions options;
  std::vector<TrainProgress> seen;
  options.onProgress = [&](const TrainProgress &now) { seen.push_back(now); };
  run(options);
  // 21 steps, and three evaluations of 8, 16 and 21 images.
  ASSERT_EQ(seen.size(), 30u);
  EXPECT_EQ(seen[0].step, 1);
  EXPECT_EQ(seen[0].steps, 21);
  EXPECT_GT(seen[0].secondsPerStep, 0);
  EXPECT_GT(seen[0].secondsLeft, 0);
  EXPECT_EQ(seen[29].secondsLeft, 0);
  EXPECT_EQ(seen[8].tested, 16);
  EXPECT_EQ(seen[8].testImages, 21);
  EXPECT_EQ(seen[8].epoch, 1);
  EXPECT_EQ(seen[10].epoch, 2);
}

TEST_F(Training, StepsInsteadOfEpochs) {
  TrainOptions options;
  options.steps = 10;
  EXPECT_EQ(run(options).steps, 10);
  EXPECT_EQ(lines.back().rfind("epoch 2/2 step 10/10 ", 0), 0u) << lines.back();
  // The schedule spans these 10 steps: it ends at a tenth of the rate.
  EXPECT_NE(lines.back().find(" lr 5.0e-02 "), std::string::npos);
}

/// What the entry asks of the host is known before the first step.
TEST_F(Training, WhatTheHostHasToGive) {
  auto expect = [&](const char *from, const char *to, const char *part) {
    Session session(changedModule("toy", from, to));
    int64_t steps = 0;
    TrainOptions options;
    options.onStep = [&](int64_t, float) { ++steps; };
    EXPECT_ERROR(train(session, data, nullptr, options), part);
    EXPECT_EQ(steps, 0);
  };
  expect("\"name\": \"step\"", "\"name\": \"stop\"",
         "the training loop knows no \"stop\"");
  expect("\"name\": \"learning_rate\"", "\"name\": \"learning_rats\"",
         "there is nothing to train");
  expect("\"name\": \"loss\", \"dtype\": \"f32\", \"shape\": []",
         "\"name\": \"lost\", \"dtype\": \"f32\", \"shape\": []",
         "it should have an output \"loss\"");
  expect("\"name\": \"seed\", \"dtype\": \"i32\", \"shape\": [], \"source\": "
         "\"host\"",
         "\"name\": \"seed\", \"dtype\": \"i32\", \"shape\": [], \"source\":"
         "\"field\"",
         "has a field \"seed\" for which there are no data");
}

/// A run that starts from weights starts with nothing remembered.
TEST_F(Training, WeightsAreKeptAndMomentsAreNot) {
  Session once(loadTestModule("toy")), again(loadTestModule("toy"));
  TrainOptions options;
  options.steps = 3;
  options.learningRate = 0.25;
  train(again, data, nullptr, options);
  once.initVariables(5);
  again.initVariables(5, /*keepWeights=*/true);
  std::memcpy(params(again), params(once), 64 * 4);
  again.variable(2)[0] = 7;
  train(once, data, nullptr, options, /*keepWeights=*/true);
  train(again, data, nullptr, options, /*keepWeights=*/true);
  EXPECT_EQ(std::memcmp(params(again), params(once), 64 * 4), 0);
  EXPECT_EQ(std::memcmp(readMoments(again), readMoments(once), 48 * 4), 0);
}

TEST_F(Training, Errors) {
  TrainOptions options;
  options.resume = folder / "none";
  EXPECT_ERROR(run(options), "cannot open");
  Session plain(loadTestModule("toy"));
  saveWeights(plain, folder / "w");
  options.resume = folder / "w";
  EXPECT_ERROR(run(options), "is no checkpoint");
  std::string bytes = readAll(folder / "w");
  writeAll(folder / "cut", bytes.substr(0, bytes.size() - 9));
  options.resume = folder / "cut";
  EXPECT_ERROR(run(options), "truncated");

  TrainOptions wild;
  wild.learningRate = 1e38;
  EXPECT_ERROR(run(wild), "training has diverged");
  data.labels[3] = 3;
  EXPECT_ERROR(run({}), "label 3 of image 3 is out of range");
  data.labels[3] = 0;
  data.items = 7;
  EXPECT_ERROR(run({}), "7 images do not fill one batch of 8");
  data.height = 5;
  EXPECT_ERROR(run({}), "images are [5, 4, 1]");
  EXPECT_ERROR(train(*std::make_unique<Session>(loadTestModule("loops")), data,
                     nullptr, {}),
               "has no entry \"train_step\"");
}
