//===- MixupTest.cpp - Tests of mixtures of pictures ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/MemoryDataset.h"
#include "runtime/data/Transform.h"
#include "test/runtime/data/ImageTestSupport.h"

#include <cmath>
#include <map>

using namespace moec::rt;
using namespace moec::rt::test;

namespace {
constexpr int64_t items = 200;

/// Item i has pixels i and 255 - i, and the label i.
class Mixup : public testing::Test {
protected:
  void SetUp() override {
    std::vector<uint8_t> pixels, labels;
    for (int64_t i = 0; i < items; ++i) {
      pixels.push_back(uint8_t(i));
      pixels.push_back(uint8_t(255 - i));
      labels.push_back(uint8_t(i));
    }
    data = labelledImages("photos", "labels", 1, 2, 1, pixels, labels);
  }

  struct Mixture {
    int32_t label, partner;
    float share;
    std::vector<uint8_t> pixels;
  };
  static Mixture read(const Dataset &from, const Item &item) {
    Mixture mixture;
    mixture.pixels.resize(2);
    from.read(item, 0, mixture.pixels.data());
    from.read(item, 1, &mixture.label);
    from.read(item, 2, &mixture.partner);
    from.read(item, 3, &mixture.share);
    return mixture;
  }
  DatasetRef data;
};
} // namespace

TEST_F(Mixup, AddsThePartnerAndTheShareOfTheItemItself) {
  DatasetRef mixed = transformed(data, {"mixup:0.5"});
  std::vector<TensorInfo> fields = mixed->fields();
  ASSERT_EQ(fields.size(), 4u);
  EXPECT_EQ(fields[2].name, "partner");
  EXPECT_EQ(fields[2].dtype, DType::I32);
  EXPECT_EQ(fields[3].name, "share");
  EXPECT_EQ(fields[3].dtype, DType::F32);
  EXPECT_TRUE(fields[3].shape.empty());
  for (int64_t i = 0; i < items; ++i) {
    Mixture m = read(*mixed, {i, 3, 7});
    EXPECT_EQ(m.label, i);
    EXPECT_GE(m.share, 0.5f);
    EXPECT_LE(m.share, 1.0f);
    double first = m.share * double(i) + (1 - m.share) * m.partner;
    EXPECT_NEAR(m.pixels[0], first, 0.5 + 1e-4);
    EXPECT_NEAR(m.pixels[1], 255 - first, 0.5 + 1e-4);
  }
}

TEST_F(Mixup, IsAFunctionOfSeedEpochAndItem) {
  DatasetRef mixed = transformed(data, {"mixup:1"});
  auto same = [&](const Item &a, const Item &b) {
    Mixture x = read(*mixed, a), y = read(*mixed, b);
    return x.partner == y.partner && x.share == y.share;
  };
  int alike = 0;
  for (int64_t i = 0; i < items; ++i) {
    EXPECT_TRUE(same({i, 3, 7}, {i, 3, 7}));
    alike += same({i, 3, 7}, {i, 4, 7}) + same({i, 3, 7}, {i, 3, 8});
  }
  EXPECT_EQ(alike, 0);
}

/// The larger of a number of Beta(a, a) and 1 less it has the mean 1/2 +
/// E|b - 1/2|: 3/4 where a = 1, since b is uniform; 1/2 + 1/pi where a = 1/2
/// (the arcsine law); and the variance of b, 1 / (4 (2a + 1)), is E(b - 1/2)^2.
TEST_F(Mixup, SharesAreOfTheBetaDistribution) {
  for (auto [alpha, mean] : std::map<double, double>{
           {0.2, NAN}, {0.5, 0.5 + 1 / M_PI}, {1, 0.75}, {4, NAN}}) {
    DatasetRef mixed = transformed(data, {fmt::format("mixup:{}", alpha)});
    double sum = 0, squares = 0, fourth = 0;
    const int64_t epochs = 100, count = epochs * items;
    for (int64_t epoch = 0; epoch < epochs; ++epoch)
      for (int64_t i = 0; i < items; ++i) {
        double share = read(*mixed, {i, epoch, 1}).share - 0.5;
        sum += share;
        squares += share * share;
        fourth += share * share * share * share;
      }
    double variance = squares / count;
    double error =
        4 * std::sqrt((fourth / count - variance * variance) / count);
    EXPECT_NEAR(variance, 1 / (4 * (2 * alpha + 1)), error) << alpha;
    double average = sum / count;
    double spread = 4 * std::sqrt((variance - average * average) / count);
    if (!std::isnan(mean))
      EXPECT_NEAR(0.5 + average, mean, spread) << alpha;
  }
}

TEST_F(Mixup, PartnersAreDrawnEvenly) {
  DatasetRef mixed = transformed(data, {"mixup:0.2"});
  std::vector<int> counts(size_t(items), 0);
  const int64_t epochs = 100;
  for (int64_t epoch = 0; epoch < epochs; ++epoch)
    for (int64_t i = 0; i < items; ++i)
      ++counts[size_t(read(*mixed, {i, epoch, 1}).partner)];
  double chi = 0;
  for (int count : counts)
    chi += (count - double(epochs)) * (count - double(epochs)) / double(epochs);
  // items - 1 degrees of freedom, 4 standard deviations.
  EXPECT_NEAR(chi, items - 1, 4 * std::sqrt(2.0 * (items - 1)));
}

TEST_F(Mixup, StandsInAChain) {
  DatasetRef mixed = transformed(data, {"views", "mixup:1@view1"});
  EXPECT_EQ(mixed->fields().size(), 6u);
  int changed = 0;
  for (int64_t i = 0; i < items; ++i) {
    EXPECT_EQ(mixed->readImage({i}, 0).pixels[0], i);
    EXPECT_EQ(mixed->readImage({i}, 3).pixels[0], i);
    changed += mixed->readImage({i}, 2).pixels[0] != i;
  }
  EXPECT_GT(changed, items / 2);
}

TEST_F(Mixup, Errors) {
  for (const char *bad : {"", "0", "-1", "x", "101", "nan", "0.5x"})
    EXPECT_ERROR(transformed(data, {std::string("mixup:") + bad}),
                 "expected a number above 0, at most 100");
  EXPECT_ERROR(transformed(data, {"mixup:1", "mixup:1"}),
               "photos has a field \"partner\" already");
  EXPECT_ERROR(transformed(data, {"mixup:1@label"}),
               "transform mixup:1@label: photos has no pictures \"label\"");
  MemoryDataset::Column numbers = {{"label", DType::I32, {}, 1}, "n", {}};
  numbers.bytes.resize(4);
  DatasetRef plain = std::make_shared<MemoryDataset>(
      1, std::vector<MemoryDataset::Column>{numbers});
  EXPECT_ERROR(transformed(plain, {"mixup:1"}),
               "n has no pictures with labels to mix");
}
