//===- RandAugment.cpp - A few random changes of each picture -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Cubuk et al., "RandAugment: Practical automated data augmentation with a
// reduced search space", arXiv 1909.13719: N changes, each drawn from the 14 of
// figure 2, at one strength M. What a strength of 0 to 30 means is as in
// torchvision: shears up to 0.3, shifts up to 150/331 of the size, turns up to
// 30 degrees, 4 bits, and factors of 1 - 0.9 to 1 + 0.9.
//
//===----------------------------------------------------------------------===//

#include "runtime/data/ImageOps.h"
#include "runtime/data/ImageTransform.h"

#include <charconv>
#include <cmath>
#include <iterator>

namespace moec::rt {

namespace {
/// Strength from 0 to 1; `sign` is 1 or -1, at equal odds, for what may go both
/// ways.
using Change = void (*)(Image &image, double strength, double sign);

class RandAugment : public ImageTransform {
public:
  RandAugment(DatasetRef data, int64_t number, int64_t magnitude)
      : ImageTransform(std::move(data)), number(number),
        strength(double(magnitude) / 30) {}

protected:
  void change(Image &image, const Item &item, size_t field) const override;

private:
  int64_t number;
  double strength;
};
} // namespace

static void identity(Image &, double, double) {}

static void shearX(Image &image, double strength, double sign) {
  Affine from;
  from.xy = factorOf(0.3 * strength * sign);
  transform(image, from);
}

static void shearY(Image &image, double strength, double sign) {
  Affine from;
  from.yx = factorOf(0.3 * strength * sign);
  transform(image, from);
}

/// By whole pixels.
static int64_t shiftOf(int64_t size, double strength, double sign) {
  return std::llround(150.0 / 331 * double(size) * strength * sign) * unit;
}

static void shiftX(Image &image, double strength, double sign) {
  Affine from;
  from.x0 = shiftOf(image.width, strength, sign);
  transform(image, from);
}

static void shiftY(Image &image, double strength, double sign) {
  Affine from;
  from.y0 = shiftOf(image.height, strength, sign);
  transform(image, from);
}

static void turn(Image &image, double strength, double sign) {
  double angle = 30.0 / 180 * 3.14159265358979323846 * strength * sign;
  Affine from;
  from.xx = from.yy = factorOf(std::cos(angle));
  from.yx = factorOf(std::sin(angle));
  from.xy = -from.yx;
  transform(image, from);
}

static int64_t around1(double strength, double sign) {
  return factorOf(1 + 0.9 * strength * sign);
}

static constexpr Change allChanges[] = {
    identity,
    shearX,
    shearY,
    shiftX,
    shiftY,
    turn,
    [](Image &image, double strength, double sign) {
      changeBrightness(image, around1(strength, sign));
    },
    [](Image &image, double strength, double sign) {
      changeColour(image, around1(strength, sign));
    },
    [](Image &image, double strength, double sign) {
      changeContrast(image, around1(strength, sign));
    },
    [](Image &image, double strength, double sign) {
      changeSharpness(image, around1(strength, sign));
    },
    [](Image &image, double strength, double) {
      posterize(image, 8 - int(std::lround(4 * strength)));
    },
    [](Image &image, double strength, double) {
      solarize(image, int(std::lround(256 * (1 - strength))));
    },
    [](Image &image, double, double) { autoContrast(image); },
    [](Image &image, double, double) { equalize(image); },
};

void RandAugment::change(Image &image, const Item &item, size_t field) const {
  for (int64_t i = 0; i < number; ++i) {
    uint64_t bits = draw(item, field, uint64_t(i));
    Change chosen = allChanges[(bits >> 1) % std::size(allChanges)];
    chosen(image, strength, bits & 1 ? 1 : -1);
  }
}

extern const TransformInfo randAugmentTransform = {
    "rand_augment", "N,M",
    "makes N random changes of strength M, 0 to 30, as 2,9 does",
    [](DatasetRef from, const std::string &text) -> std::shared_ptr<Transform> {
      int64_t number = 0, magnitude = -1;
      const char *end = text.data() + text.size();
      auto [at, error] = std::from_chars(text.data(), end, number);
      if (error == std::errc() && at != end && *at == ',') {
        auto second = std::from_chars(at + 1, end, magnitude);
        at = second.ptr;
        error = second.ec;
      }
      if (error != std::errc() || at != end || number < 1 || number > 14 ||
          magnitude < 0 || magnitude > 30)
        fail("transform rand_augment:{}: expected a number of changes from 1 "
             "to 14 and their strength from 0 to 30, as 2,9",
             text);
      return std::make_shared<RandAugment>(std::move(from), number, magnitude);
    }};

} // namespace moec::rt
