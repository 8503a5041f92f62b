//===- HoldOutTest.cpp - Tests of keeping a part back ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/HoldOut.h"
#include "test/runtime/ToyData.h"

#include <set>

using namespace moec::rt;
using namespace moec::rt::test;

namespace {
class HoldOut : public testing::Test {
protected:
  void SetUp() override {
    writeToyData(folder.path, 100, 3);
    data = openDataset("idx:" + folder.path, DataSplit::Train);
  }
  /// The pictures, which are all different.
  static std::vector<std::vector<uint8_t>> items(const DatasetRef &data) {
    std::vector<std::vector<uint8_t>> list;
    for (int64_t i = 0; i < data->count(); ++i)
      list.push_back(data->readImage({i}, 0).pixels);
    return list;
  }
  TemporaryFolder folder;
  DatasetRef data;
};
} // namespace

TEST_F(HoldOut, PartsAreAllOfIt) {
  HeldOut parts = holdOut(data, 0.1, 0);
  EXPECT_EQ(parts.part->count(), 10);
  EXPECT_EQ(parts.rest->count(), 90);
  std::set<std::vector<uint8_t>> all;
  for (const DatasetRef &each : {parts.part, parts.rest})
    for (auto &image : items(each))
      all.insert(image);
  EXPECT_EQ(all.size(), 100u);
  // In their order, each with its label.
  size_t found = 0;
  auto kept = items(parts.part), whole = items(data);
  for (int64_t i = 0; i < 100 && found < 10; ++i)
    if (whole[size_t(i)] == kept[found]) {
      EXPECT_EQ(labelOf(*parts.part, int64_t(found)), labelOf(*data, i));
      ++found;
    }
  EXPECT_EQ(found, 10u);
}

TEST_F(HoldOut, IsAFunctionOfTheSeed) {
  auto first = items(holdOut(data, 0.1, 0).part);
  EXPECT_EQ(items(holdOut(data, 0.1, 0).part), first);
  EXPECT_NE(items(holdOut(data, 0.1, 1).part), first);
  auto larger = items(holdOut(data, 0.2, 0).part);
  std::set<std::vector<uint8_t>> more(larger.begin(), larger.end());
  for (auto &image : first)
    EXPECT_EQ(more.count(image), 1u);
  moec::Checksum a, b;
  holdOut(data, 0.1, 0).rest->identify(a);
  holdOut(data, 0.1, 1).rest->identify(b);
  EXPECT_NE(a.value(), b.value());
}

TEST_F(HoldOut, NothingIsLeft) {
  EXPECT_ERROR(holdOut(data, 0.001, 0),
               "a share of 0.001 of 100 images is 0: expected at least one, "
               "and one that is left; fix: ");
  EXPECT_ERROR(holdOut(data, 0.999, 0), "of 100 images is 100");
}
