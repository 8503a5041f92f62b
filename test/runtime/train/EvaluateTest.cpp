//===- EvaluateTest.cpp - Tests of accuracy and loss ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/train/Evaluate.h"
#include "test/runtime/ToyData.h"

#include <cmath>
#include <cstring>

using namespace moec::rt;
using namespace moec::rt::test;

namespace {
class Evaluating : public testing::Test {
protected:
  void SetUp() override {
    writeToyData(folder.path, 8, 21);
    test = readIdx(folder.path, DataSplit::Test);
  }

  TemporaryFolder folder;
  Dataset test;
};
} // namespace

TEST_F(Evaluating, IgnoresThePadding) {
  Session one(loadTestModule("toy"));
  one.initParameters(4);
  // 21 images in batches of 5 and of 8: both leave a part.
  Evaluation five = evaluate(one, one.module().requireEntry("infer", 5), test);
  Evaluation eight = evaluate(one, pickInferEntry(one.module()), test);
  EXPECT_EQ(pickInferEntry(one.module()),
            one.module().requireEntry("infer", 8));
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
      logits[c] = one.params()[48 + c];
      for (int p = 0; p < 16; ++p)
        logits[c] +=
            test.images[i * 16 + p] / 255.0 * double(one.params()[p * 3 + c]);
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
  session.initParameters(4);
  int64_t entry = pickEvalEntry(session.module()), next = 0;
  EXPECT_EQ(entry, pickInferEntry(session.module()));
  auto expectRow = [&](int64_t image, int64_t row, const float *logits) {
    EXPECT_EQ(image, next++);
    // 0 to 7, 8 to 15, and 13 to 20, of which three count already.
    EXPECT_EQ(row, image < 16 ? image % 8 : image - 13);
    auto *batch = static_cast<const uint8_t *>(session.input(entry, 0));
    EXPECT_EQ(std::memcmp(batch + row * 16, &test.images[image * 16], 16), 0);
    EXPECT_EQ(logits,
              static_cast<const float *>(session.output(entry, 0)) + row * 3);
  };
  Evaluation whole = evaluate(session, entry, test, expectRow);
  EXPECT_EQ(next, 21);
  // Fewer than a batch: each as often as the others, or once less.
  test.count = 3;
  std::vector<int64_t> rows;
  evaluate(session, entry, test,
           [&](int64_t, int64_t row, const float *) { rows.push_back(row); });
  EXPECT_EQ(rows, (std::vector<int64_t>{0, 3, 6}));
  EXPECT_EQ(whole.count, 21);
}

TEST_F(Evaluating, WhatIsNotFiniteIsNoClass) {
  Session session(loadTestModule("toy"));
  std::memset(session.params(), 0, 64 * 4);
  for (float value : {NAN, INFINITY, -INFINITY}) {
    session.params()[49] = value; // bias of class 1
    EXPECT_ERROR(evaluate(session, pickEvalEntry(session.module()), test),
                 "for class 1: these weights");
  }
}

TEST_F(Evaluating, EqualLogitsCountAsTheFirstClass) {
  Session session(loadTestModule("toy"));
  std::memset(session.params(), 0, 64 * 4);
  Evaluation result = evaluate(session, pickInferEntry(session.module()), test);
  // Every third image is of class 0.
  EXPECT_EQ(result.correct, 7);
  EXPECT_NEAR(result.accuracy(), 1.0 / 3, 1e-12);
  EXPECT_NEAR(result.loss, std::log(3.0), 1e-6);
}

TEST_F(Evaluating, LargeLogitsDoNotOverflow) {
  Session session(loadTestModule("toy"));
  std::memset(session.params(), 0, 64 * 4);
  session.params()[48] = 3e38f; // bias of class 0
  Evaluation result = evaluate(session, pickInferEntry(session.module()), test);
  EXPECT_NEAR(result.loss, 3e38 / 3 * 2, 1e33);
}

TEST_F(Evaluating, NothingToEvaluate) {
  Session session(loadTestModule("toy"));
  test.count = 0;
  test.images.clear();
  test.labels.clear();
  Evaluation result = evaluate(session, pickInferEntry(session.module()), test);
  EXPECT_EQ(result.count, 0);
  EXPECT_EQ(result.loss, 0);
  EXPECT_EQ(result.accuracy(), 0);
}

TEST_F(Evaluating, Errors) {
  Session session(loadTestModule("toy"));
  EXPECT_ERROR(pickInferEntry(session.module(), 3), "with batch 3");
  test.labels[20] = 3;
  EXPECT_ERROR(evaluate(session, pickInferEntry(session.module()), test), "3");
  Session loops(loadTestModule("loops"));
  test.labels[20] = 0;
  EXPECT_ERROR(evaluate(loops, 0, test), "no output that says the class");
}
