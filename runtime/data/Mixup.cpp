//===- Mixup.cpp - Mixtures of two pictures -------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/ImageOps.h"
#include "runtime/data/Transform.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>

namespace moec::rt {

namespace {
/// What an item is mixed with.
struct Mixture {
  Item partner;
  int64_t share; ///< of the item itself, half of `unit` to `unit`
};

class Mixup : public Transform {
public:
  Mixup(DatasetRef data, double alpha)
      : Transform(std::move(data)), alpha(alpha), list(from->fields()),
        own(list.size()) {
    bool pictures = false;
    for (const TensorInfo &field : list) {
      pictures |= isImage(field);
      if (!hasOneSize(field))
        fail("{} has pictures of several sizes, which cannot be mixed; fix: "
             "scale them to one ahead of it, with resize or resized_crop",
             name());
    }
    int64_t found = from->findField("label");
    if (!pictures || found < 0 || list[size_t(found)].dtype != DType::I32 ||
        !list[size_t(found)].shape.empty())
      fail("{} has no pictures with labels to mix: expected fields of u8 "
           "[height, width, channels] and \"label\", an i32 scalar",
           name());
    label = size_t(found);
    for (const char *added : {"partner", "share"}) {
      if (from->findField(added) >= 0)
        fail("{} has a field \"{}\" already", name(), added);
      TensorInfo field = list[label];
      field.name = added;
      if (list.size() > own)
        field.dtype = DType::F32;
      list.push_back(std::move(field));
    }
  }

  std::string sourceOf(size_t field) const override {
    return from->sourceOf(field < own ? field : label);
  }
  std::vector<TensorInfo> fields() const override { return list; }
  void restrictTo(const std::string &field) override {
    int64_t found = from->findField(field);
    if (found < 0 || !isImage(list[size_t(found)]))
      fail("transform {}: {} has no pictures \"{}\"", words, name(), field);
    only = size_t(found);
  }

  void read(const Item &item, size_t field, void *to) const override {
    if (field == own)
      return from->read(mix(item).partner, label, to);
    if (field > own) {
      float share = float(mix(item).share) / float(unit);
      std::memcpy(to, &share, sizeof share);
      return;
    }
    if (!changes(field))
      return from->read(item, field, to);
    Image image = readImage(item, field);
    std::memcpy(to, image.pixels.data(), image.pixels.size());
  }

  Image readImage(const Item &item, size_t field) const override {
    Image image = from->readImage(item, field);
    if (!changes(field))
      return image;
    Mixture mixture = mix(item);
    if (mixture.share == unit)
      return image;
    Image other = from->readImage(mixture.partner, field);
    auto share = uint32_t(mixture.share), rest = uint32_t(unit) - share;
    uint8_t *pixels = image.pixels.data();
    const uint8_t *others = other.pixels.data();
    for (size_t i = 0; i < image.pixels.size(); ++i)
      pixels[i] = uint8_t(
          (pixels[i] * share + others[i] * rest + uint32_t(unit / 2)) >> 16);
    return image;
  }

private:
  bool changes(size_t field) const {
    return isImage(list[field]) && (!only || *only == field);
  }

  /// The same for all fields.
  Mixture mix(const Item &item) const {
    Item partner = item;
    partner.index = int64_t(draw(item, label, 0) % uint64_t(count()));
    uint64_t number = 1;
    double ours = logGamma(item, number), theirs = logGamma(item, number);
    double share = 1 / (1 + std::exp(theirs - ours));
    return {partner, factorOf(std::max(share, 1 - share))};
  }

  /// The logarithm of a number of the gamma distribution of shape alpha
  /// (Marsaglia and Tsang, ACM TOMS 26, 2000): of alpha + 1, times u^(1 /
  /// alpha), where alpha is below 1. Two of them in proportion to their sum are
  /// of the beta distribution.
  double logGamma(const Item &item, uint64_t &number) const {
    // 0 < x <= 1
    auto next = [&] { return 1 - uniform(item, label, number++); };
    double shape = alpha < 1 ? alpha + 1 : alpha;
    double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
    for (;;) {
      double radius = std::sqrt(-2 * std::log(next()));
      double x = radius * std::cos(6.283185307179586 * next());
      double v = (1 + c * x) * (1 + c * x) * (1 + c * x), u = next();
      if (v <= 0 || std::log(u) >= x * x / 2 + d - d * v + d * std::log(v))
        continue;
      double result = std::log(d * v);
      return alpha < 1 ? result + std::log(next()) / alpha : result;
    }
  }

  double alpha;
  std::vector<TensorInfo> list;
  size_t own, label = 0;
  std::optional<size_t> only;
};
} // namespace

/// mixup:ALPHA mixes every picture with that of another item, drawn evenly from
/// all (Zhang et al., arXiv 1710.09412). The share of the picture itself is
/// drawn from Beta(ALPHA, ALPHA), or 1 less that if this is more, so that
/// `label` is always that of the larger share: pairs come in both orders, so
/// mixtures are as in the paper. It is a number of 1 / 65536, and pixels are
/// rounded to u8. Adds the fields `partner`, the label of the other, and
/// `share`, which the losses take.
extern const TransformInfo mixupTransform = {
    "mixup", "ALPHA",
    "mixes each picture with another one, adds partner and share for the loss",
    [](DatasetRef from, const std::string &text) -> std::shared_ptr<Transform> {
      double alpha = 0;
      auto [end, error] =
          std::from_chars(text.data(), text.data() + text.size(), alpha);
      if (error != std::errc() || end != text.data() + text.size() ||
          !(alpha > 0 && alpha <= 100))
        fail("transform mixup:{}: expected a number above 0, at most 100",
             text);
      return std::make_shared<Mixup>(std::move(from), alpha);
    },
    "partner share"};

} // namespace moec::rt
