//===- LoaderTest.cpp - Tests of reading batches ahead --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/train/Loader.h"
#include "runtime/data/Transform.h"
#include "runtime/train/Trainer.h"
#include "test/runtime/ToyData.h"

#include <atomic>
#include <chrono>

using namespace moec::rt;
using namespace moec::rt::test;

namespace {
class Loading : public testing::Test {
protected:
  void SetUp() override {
    writeToyData(folder.path, 60, 21);
    data = transformed(openDataset("idx:" + folder.path, DataSplit::Train),
                       {"flip", "crop:1"});
  }
  static std::vector<Item> rows(int64_t batch) {
    std::vector<Item> items;
    for (int64_t i = 0; i < 8; ++i)
      items.push_back({(batch * 8 + i) % 60, batch / 7, 3});
    return items;
  }
  /// Images and labels of the batches first <= b < end.
  std::string load(int64_t first, int64_t end, int threads,
                   const Loader::Rows &rowsOf = rows) {
    Session session(loadTestModule("toy"));
    int64_t entry = session.module().requireEntry("train_step");
    Feed feed(session, entry, *data);
    Loader loader(feed, rowsOf, first, end, threads);
    std::string bytes;
    for (int64_t i = first; i < end; ++i) {
      loader.next();
      bytes.append(static_cast<char *>(session.input(entry, 0)), 128);
      bytes.append(static_cast<char *>(session.input(entry, 1)), 32);
    }
    return bytes;
  }
  TemporaryFolder folder;
  DatasetRef data;
};
} // namespace

TEST_F(Loading, TheSameForAnyNumberOfThreads) {
  std::string alone = load(0, 50, 0);
  EXPECT_EQ(alone.size(), 50u * 160);
  for (int threads : {1, 2, 3, 7})
    EXPECT_EQ(load(0, 50, threads), alone) << threads;
  // From anywhere.
  EXPECT_EQ(load(13, 50, 3), alone.substr(13 * 160));
  EXPECT_EQ(load(49, 50, 3), alone.substr(49 * 160));
  EXPECT_EQ(load(5, 5, 3), "");
}

TEST_F(Loading, ReadsAheadButNotTooFar) {
  std::atomic<int64_t> last{-1};
  Session session(loadTestModule("toy"));
  Feed feed(session, session.module().requireEntry("train_step"), *data);
  auto watched = [&](int64_t batch) {
    int64_t seen = last;
    while (seen < batch && !last.compare_exchange_weak(seen, batch))
      ;
    return rows(batch);
  };
  Loader loader(feed, watched, 0, 1000, 2);
  EXPECT_EQ(last, -1);
  loader.next();
  EXPECT_EQ(last, 0); // the threads begin with the second one
  for (int64_t taken = 2; taken < 20; ++taken) {
    loader.next();
    EXPECT_GE(last, taken - 1);
    EXPECT_LE(last, taken + 2);
  }
  // The third batch behind the last one taken is read without being asked for.
  for (int wait = 0; wait < 10000 && last < 21; ++wait)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(last, 21);
}

TEST_F(Loading, ErrorsComeWithTheirBatch) {
  auto failing = [](int64_t batch) {
    if (batch == 4)
      throw Error("batch 4 is damaged");
    return rows(batch);
  };
  for (int threads : {0, 1, 3}) {
    EXPECT_EQ(load(0, 4, threads, failing).size(), 4u * 160);
    EXPECT_ERROR(load(0, 10, threads, failing), "batch 4 is damaged");
  }
}

TEST_F(Loading, TrainingDoesNotDependOnThem) {
  std::vector<float> losses[3];
  for (int threads : {0, 1, 2}) {
    Session session(loadTestModule("toy"));
    TrainOptions options;
    options.loaderThreads = threads;
    options.seed = 4;
    options.onStep = [&](int64_t, float loss) {
      losses[threads].push_back(loss);
    };
    train(session, *data, nullptr, options);
  }
  EXPECT_EQ(losses[0].size(), 21u);
  EXPECT_EQ(losses[0], losses[1]);
  EXPECT_EQ(losses[0], losses[2]);
}
