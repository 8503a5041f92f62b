//===- EvaluateTest.cpp - Tests of accuracy and loss ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/train/Evaluate.h"
#include "runtime/core/Fail.h"
#include "runtime/train/Feed.h"
#include "test/runtime/ToyData.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>

using namespace moec::rt;
using namespace moec::rt::test;

namespace {
class Evaluating : public testing::Test {
protected:
  void SetUp() override {
    writeToyData(folder.path, 8, 21);
    test = ToyImages(folder.path, DataSplit::Test);
  }

  TemporaryFolder folder;
  ToyImages test;
};
} // namespace

TEST_F(Evaluating, IgnoresThePadding) {
  Session one(loadTestModule("toy"));
  one.initVariables(4);
  // 21 images in batches of 5 and of 8: both leave a part.
  Evaluation five = evaluate(one, pickEvalEntry(one.module(), 5), test);
  Evaluation eight = evaluate(one, pickEvalEntry(one.module()), test);
  EXPECT_EQ(pickEvalEntry(one.module()), one.module().requireEntry("eval", 8));
  EXPECT_EQ(five.correct, eight.correct);
  EXPECT_EQ(five.loss, eight.loss);
  EXPECT_EQ(five.count, 21);

  // By hand.
  int64_t correct = 0;
  double loss = 0;
  for (int64_t i = 0; i < 21; ++i) {
    double logits[3], sum = 0;
    int best = 0;
    for (int c = 0; c < 3; ++c) {
      logits[c] = params(one)[48 + c];
      for (int p = 0; p < 16; ++p)
        logits[c] +=
            test.images[i * 16 + p] / 255.0 * double(params(one)[p * 3 + c]);
      best = logits[c] > logits[best] ? c : best;
      sum += std::exp(logits[c]);
    }
    correct += best == test.labels[i];
    loss += std::log(sum) - logits[test.labels[i]];
  }
  EXPECT_EQ(five.correct, correct);
  EXPECT_NEAR(five.loss, loss / 21, 1e-5);
}

TEST_F(Evaluating, EveryImageOnceInABatchOfImages) {
  Session session(loadTestModule("toy"));
  session.initVariables(4);
  int64_t entry = pickLogitsEntry(session.module()), next = 0;
  EXPECT_EQ(entry, pickInferEntry(session.module()));
  auto expectRow = [&](int64_t image, int64_t row) {
    EXPECT_EQ(image, next++);
    // 0 to 7, 8 to 15, and 13 to 20, of which three count already.
    EXPECT_EQ(row, image < 16 ? image % 8 : image - 13);
    auto *batch = static_cast<const uint8_t *>(session.input(entry, 0));
    EXPECT_EQ(std::memcmp(batch + row * 16, &test.images[image * 16], 16), 0);
  };
  EXPECT_EQ(runOverImages(session, entry, test, expectRow), 21);
  EXPECT_EQ(next, 21);
  // Stopped between two batches.
  next = 0;
  auto stop = [](int64_t done) { return done == 16; };
  EXPECT_EQ(runOverImages(session, entry, test, expectRow, stop), 16);
  EXPECT_EQ(next, 16);
  // Fewer than a batch: each as often as the others, or once less.
  test.items = 3;
  std::vector<int64_t> rows;
  runOverImages(session, entry, test,
                [&](int64_t, int64_t row) { rows.push_back(row); });
  EXPECT_EQ(rows, (std::vector<int64_t>{0, 3, 6}));
}

/// Only the rows of the last batch that are new count, each once: every image
/// has the loss that it has alone.
TEST_F(Evaluating, SumsTheRightRows) {
  Session session(loadTestModule("toy"));
  session.initVariables(4);
  int64_t entry = pickEvalEntry(session.module());
  ToyImages one = test;
  one.items = 1;
  double sum = 0;
  int64_t correct = 0;
  for (int64_t i = 0; i < 21; ++i) {
    one.images.assign(&test.images[i * 16], &test.images[i * 16] + 16);
    one.labels = {test.labels[i]};
    Evaluation alone = evaluate(session, entry, one);
    sum += alone.loss;
    correct += *alone.correct;
  }
  for (int64_t batch : {5, 8}) {
    Evaluation all =
        evaluate(session, pickEvalEntry(session.module(), batch), test);
    EXPECT_EQ(all.loss, sum / 21);
    EXPECT_EQ(all.correct, correct);
  }
}

TEST_F(Evaluating, WhatIsNotFiniteIsNoClass) {
  Session session(loadTestModule("toy"));
  for (float value : {NAN, INFINITY, -INFINITY}) {
    std::memset(params(session), 0, 64 * 4);
    params(session)[49] = value; // bias of class 1
    EXPECT_ERROR(evaluate(session, pickEvalEntry(session.module()), test),
                 "so there is no class to count");
  }
}

/// A model need not classify: its loss counts alone.
TEST_F(Evaluating, WithoutAccuracy) {
  Session toy(loadTestModule("toy")),
      other(changedModule("toy", "\"accuracy\"", "\"hit_rate\""));
  toy.initVariables(4);
  other.initVariables(4);
  int64_t entry = pickEvalEntry(other.module());
  checkEvaluation(other, entry, test);
  Evaluation one = evaluate(toy, entry, test),
             two = evaluate(other, entry, test);
  EXPECT_EQ(two.loss, one.loss);
  EXPECT_EQ(two.count, 21);
  EXPECT_TRUE(one.correct);
  EXPECT_FALSE(two.correct);
  EXPECT_EQ(one.countText(), fmt::format("{}/21", *one.correct));
  EXPECT_EQ(two.countText(), "21");
  EXPECT_EQ(one.accuracyText(),
            fmt::format("accuracy {:.2f} % ", one.accuracy() * 100));
  EXPECT_EQ(two.accuracyText(), "");
  params(other)[49] = NAN;
  EXPECT_ERROR(evaluate(other, entry, test), "so there is nothing to count");
}

TEST_F(Evaluating, EqualLogitsCountAsTheFirstClass) {
  Session session(loadTestModule("toy"));
  std::memset(params(session), 0, 64 * 4);
  Evaluation result = evaluate(session, pickEvalEntry(session.module()), test);
  // Every third image is of class 0.
  EXPECT_EQ(result.correct, 7);
  EXPECT_NEAR(result.accuracy(), 1.0 / 3, 1e-12);
  EXPECT_NEAR(result.loss, std::log(3.0), 1e-6);
}

TEST_F(Evaluating, LargeLogitsDoNotOverflow) {
  Session session(loadTestModule("toy"));
  std::memset(params(session), 0, 64 * 4);
  params(session)[48] = 3e38f; // bias of class 0
  Evaluation result = evaluate(session, pickEvalEntry(session.module()), test);
  EXPECT_NEAR(result.loss, 3e38 / 3 * 2, 1e33);
}

TEST_F(Evaluating, NothingToEvaluate) {
  Session session(loadTestModule("toy"));
  test.items = 0;
  test.images.clear();
  test.labels.clear();
  Evaluation result = evaluate(session, pickEvalEntry(session.module()), test);
  EXPECT_EQ(result.count, 0);
  EXPECT_EQ(result.loss, 0);
  EXPECT_EQ(result.accuracy(), 0);
}

/// The toy with a change (a JSON patch) to its manifest.
static Manifest changed(const char *patch) {
  nlohmann::json text =
      nlohmann::json::parse(loadTestModule("toy")->manifestText());
  return parseManifest(text.patch(nlohmann::json::parse(patch)).dump());
}

TEST_F(Evaluating, Errors) {
  Session session(loadTestModule("toy"));
  EXPECT_ERROR(pickEvalEntry(session.module(), 3), "with batch 3");
  // infer has no metrics, train_step not one for each image.
  EXPECT_ERROR(evaluate(session, pickInferEntry(session.module()), test),
               "entry infer has no metric \"loss\", which evaluation needs");
  EXPECT_ERROR(checkEvaluation(session, 2, test),
               "entry train_step: evaluation needs the metric \"loss\" as f32 "
               "[8], but it is f32 []");
  EXPECT_ERROR(
      runOverImages(session, 2, test, [](int64_t, int64_t) {}),
      "entry train_step has an input \"learning_rate\" of the training loop");
  test.labels[20] = 3;
  EXPECT_ERROR(evaluate(session, pickEvalEntry(session.module()), test), "3");
  Session loops(loadTestModule("loops"));
  test.labels[20] = 0;
  EXPECT_ERROR(pickEvalEntry(loops.module()), "has no entry \"eval\"");
  EXPECT_ERROR(pickLogitsEntry(loops.module()),
               "has an output that says the class");
}

TEST_F(Evaluating, LogitsMayBeThoseOfEval) {
  EXPECT_EQ(findLogitsEntry(changed("[]")), 0);
  // As in a model whose outputs leave them out.
  Manifest manifest = changed(R"([
    {"op": "replace", "path": "/entries/0/outputs/0/name", "value": "pooled"},
    {"op": "replace", "path": "/entries/1/outputs/0/name", "value": "pooled"}])");
  EXPECT_EQ(findLogitsEntry(manifest), 3);
  manifest.data.classes = 0;
  EXPECT_EQ(moduleClasses(manifest), 3);
}
