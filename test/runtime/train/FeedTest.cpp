//===- FeedTest.cpp - Tests of filling batches with images ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/train/Feed.h"
#include "runtime/data/MemoryDataset.h"
#include "runtime/data/Transform.h"
#include "test/runtime/ToyData.h"

#include <algorithm>
#include <numeric>
#include <set>

using namespace moec::rt;
using namespace moec::rt::test;

TEST(Feed, OrderIsAPermutationOfItsOwn) {
  std::vector<int64_t> a = shuffledOrder(100, 1, 0);
  EXPECT_EQ(std::set<int64_t>(a.begin(), a.end()).size(), 100u);
  EXPECT_EQ(*std::max_element(a.begin(), a.end()), 99);
  EXPECT_EQ(a, shuffledOrder(100, 1, 0));
  EXPECT_NE(a, shuffledOrder(100, 1, 1));
  EXPECT_NE(a, shuffledOrder(100, 2, 0));
  std::vector<int64_t> sorted(100);
  std::iota(sorted.begin(), sorted.end(), 0);
  EXPECT_NE(a, sorted);
  EXPECT_EQ(shuffledOrder(0, 1, 0).size(), 0u);
}

TEST(Feed, RepeatsFewImagesEvenly) {
  TemporaryFolder folder;
  writeToyData(folder.path, 20, 1);
  ToyImages data(folder.path, DataSplit::Train);
  Session session(loadTestModule("toy"));
  int64_t entry = session.module().requireEntry("train_step");
  const Entry &info = session.manifest().entries[entry];
  int64_t image = imageInput(session.manifest(), info);
  int64_t label = labelInput(session.manifest(), info);
  ASSERT_GE(label, 0);
  Feed feed(session, entry, data);
  ASSERT_EQ(feed.batch(), 8);
  std::vector<int64_t> order(20);
  std::iota(order.rbegin(), order.rend(), 0); // 19, 18, ...
  auto expect = [&](int64_t begin, int64_t end) {
    feed.fill(order, begin, end);
    auto *images = static_cast<const uint8_t *>(session.input(entry, image));
    auto *labels = static_cast<const int32_t *>(session.input(entry, label));
    for (int64_t row = 0; row < 8; ++row) {
      int64_t source = order[begin + row * (end - begin) / 8];
      for (int64_t p = 0; p < 16; ++p)
        EXPECT_EQ(images[row * 16 + p], data.images[source * 16 + p]);
      EXPECT_EQ(labels[row], data.labels[source]);
    }
    for (int64_t i = 0; i < end - begin; ++i) {
      int64_t row = feed.row(i, end - begin);
      EXPECT_EQ(row * (end - begin) / 8, i);
      EXPECT_TRUE(row == 0 || (row - 1) * (end - begin) / 8 == i - 1);
    }
  };
  expect(0, 8);
  expect(8, 16);
  expect(16, 20); // each twice
  expect(5, 8);   // three, three and two times
  expect(19, 20);
  EXPECT_ERROR(feed.fill(order, 0, 9), "takes 1 to 8 images at once, got 9");
  EXPECT_ERROR(feed.fill(order, 4, 4), "got 0");
}

/// A field of the input's name comes before what the model calls its image.
TEST(Feed, BindsInputsToFields) {
  TemporaryFolder folder;
  writeToyData(folder.path, 20, 1);
  DatasetRef plain = openDataset("idx:" + folder.path, DataSplit::Train);
  DatasetRef views = transformed(plain, {"views", "crop:2"});
  auto module = changedModule("toy", "\"image\"", "\"view2\"");
  Session session(module);
  int64_t entry = module->requireEntry("train_step");
  std::vector<Item> rows;
  for (int64_t i = 0; i < 8; ++i)
    rows.push_back({i, 1, 2});
  auto expectImages = [&](const Dataset &data, const char *field) {
    Feed(session, entry, data).fill(rows);
    auto *images = static_cast<const char *>(session.input(entry, 0));
    for (const Item &item : rows) {
      char image[16];
      data.read(item, size_t(data.findField(field)), image);
      EXPECT_EQ(std::memcmp(images + 16 * item.index, image, 16), 0);
    }
  };
  expectImages(*views, "view2");
  expectImages(*plain, "image");
}

/// Pictures as other programs keep them.
TEST(Feed, PicturesThatDoNotFit) {
  Session session(loadTestModule("toy"));
  int64_t entry = session.module().requireEntry("train_step");
  auto images = [](std::vector<int64_t> shape, DType dtype = DType::U8) {
    std::vector<MemoryDataset::Column> columns = {
        {{"image", dtype, std::move(shape), 16}, "photos", {}},
        {{"label", DType::I32, {}, 1}, "labels", {}}};
    columns[0].bytes.resize(16);
    columns[1].bytes.resize(4);
    return MemoryDataset(1, std::move(columns));
  };
  Feed(session, entry, images({4, 4, 1}));
  EXPECT_ERROR(Feed(session, entry, images({1, 4, 4})),
               "photos: images are [1, 4, 4] (height, width, channels), the "
               "model wants [4, 4, 1]; fix: the channels stand first, put them "
               "last: images.transpose(0, 2, 3, 1) in NumPy");
  EXPECT_ERROR(Feed(session, entry, images({4, 1, 4})),
               "fix: take data of this size, or give its input \"image\" the "
               "shape [batch, 4, 1, 4]");
  EXPECT_ERROR(Feed(session, entry, images({2, 8, 1})),
               "photos: images are [2, 8, 1] (height, width, channels), the "
               "model wants [4, 4, 1]; fix: scale them with --transform "
               "resize:4x4, take data of this size, or ");
  int64_t infer = session.module().requireEntry("infer");
  EXPECT_ERROR(Feed(session, infer, images({2, 8, 1})),
               "fix: scale them with --test-transform resize:4x4, take ");
  EXPECT_ERROR(Feed(session, entry, images({anySize, anySize, 1})),
               "photos: images have several sizes, the model wants [4, 4, 1]; "
               "fix: scale them with --transform resize:4x4");
  EXPECT_ERROR(Feed(session, entry, images({4, 4, 1}, DType::F32)),
               "photos: input \"image\" of entry train_step cannot take the "
               "field \"image\", which is f32: expected an input of f32 with "
               "batch 8 in front, got u8 [8, 4, 4, 1]; fix: convert the data, "
               "or declare the input so in the model");
  EXPECT_ERROR(Feed(session, entry, images({1, 4, 4}, DType::F32)),
               "in the model; besides, the channels stand first, put them "
               "last: ");
}

TEST(Feed, FindsItsInputs) {
  Manifest manifest;
  Entry entry;
  entry.name = "infer";
  entry.inputs = {{{"label", DType::I32, {2}, 2}},
                  {{"mask", DType::F32, {2}, 2}},
                  {{"bytes", DType::U8, {2}, 2}, InputSource::Host},
                  {{"pixels", DType::U8, {2, 4}, 8}}};
  EXPECT_EQ(imageInput(manifest, entry), 3); // the only bytes
  EXPECT_EQ(labelInput(manifest, entry), 0);
  entry.inputs[1].name = "image";
  EXPECT_EQ(imageInput(manifest, entry), 1); // by its name
  manifest.data.image = "pixels";
  manifest.data.label = "class";
  EXPECT_EQ(imageInput(manifest, entry), 3); // as the module says
  EXPECT_EQ(labelInput(manifest, entry), -1);
  manifest.data.image = "photo";
  EXPECT_ERROR(imageInput(manifest, entry), "has no field \"photo\"");
  // An input of the training loop is no datum, whatever its name.
  manifest.data.image = "image";
  manifest.data.label = "label";
  entry.inputs[0].source = entry.inputs[1].source = InputSource::Host;
  EXPECT_ERROR(imageInput(manifest, entry), "has no field \"image\"");
  EXPECT_EQ(labelInput(manifest, entry), -1);
  manifest.data.image = "";
  entry.inputs = {{{"x", DType::F32, {2, 4}, 8}}};
  EXPECT_ERROR(imageInput(manifest, entry), "has no image input");
}

TEST(Feed, ClassesFollowFromDataOrLogits) {
  Manifest manifest;
  EXPECT_EQ(moduleClasses(manifest), 0);
  Entry entry;
  entry.name = "infer";
  manifest.entries = {entry};
  EXPECT_EQ(moduleClasses(manifest), 0);
  manifest.entries[0].outputs = {{{"logits", DType::F32, {2, 10}, 20}}};
  EXPECT_EQ(moduleClasses(manifest), 10);
  manifest.entries[0].outputs[0].shape = {2, 5, 2};
  EXPECT_EQ(moduleClasses(manifest), 0);
  // By name, wherever it stands.
  manifest.entries[0].outputs.push_back({{"scores", DType::F32, {2, 4}, 8}});
  manifest.data.logits = "scores";
  EXPECT_EQ(moduleClasses(manifest), 4);
  EXPECT_EQ(logitsOutput(manifest, manifest.entries[0]), 1);
  manifest.data.logits = "others";
  EXPECT_EQ(moduleClasses(manifest), 0);
  EXPECT_EQ(logitsOutput(manifest, manifest.entries[0]), -1);
  manifest.data.classes = 7;
  EXPECT_EQ(moduleClasses(manifest), 7);
}
