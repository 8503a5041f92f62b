//===- ResizeTransforms.cpp - Transforms to one size ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/ImageTransform.h"
#include "runtime/data/Resize.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace moec::rt {

namespace {
struct Size {
  int64_t height = 0, width = 0;
};

class Resize : public ImageTransform {
public:
  Resize(DatasetRef data, Size size)
      : ImageTransform(std::move(data)), size(size) {
    setSize(size.height, size.width);
  }

protected:
  void change(Image &image, const Item &, size_t) const override {
    image = resized(image, {0, 0, image.height, image.width}, size.height,
                    size.width);
  }
  const Size size;
};

class ResizedCrop : public Resize {
public:
  using Resize::Resize;

protected:
  void change(Image &image, const Item &item, size_t field) const override {
    image = resized(image, partOf(image, item, field), size.height, size.width);
  }

private:
  /// 3/4 to 4/3 for 0 to 1024, even on a logarithmic scale; by multiplications,
  /// which are the same everywhere, as pow() is not.
  static double ratioOf(uint64_t number) {
    double ratio = 0.75, factor = 1.0005620369313586; // (16/9)^(1/1024)
    for (; number; number >>= 1, factor *= factor)
      if (number & 1)
        ratio *= factor;
    return ratio;
  }
  Box partOf(const Image &image, const Item &item, size_t field) const {
    double area = double(image.height) * double(image.width);
    for (uint64_t number = 0; number < 40; number += 4) {
      double part = area * (0.08 + 0.92 * uniform(item, field, number));
      double ratio = ratioOf(draw(item, field, number + 1) % 1025);
      int64_t width = std::llround(std::sqrt(part * ratio));
      int64_t height = std::llround(std::sqrt(part / ratio));
      if (width < 1 || height < 1 || width > image.width ||
          height > image.height)
        continue;
      auto place = [&](uint64_t which, int64_t room) {
        return int64_t(draw(item, field, which) % uint64_t(room + 1));
      };
      return {place(number + 2, image.height - height),
              place(number + 3, image.width - width), height, width};
    }
    // As much of the middle as the ratios allow.
    int64_t height =
        std::min(image.height, std::max<int64_t>(image.width * 4 / 3, 1));
    int64_t width =
        std::min(image.width, std::max<int64_t>(image.height * 4 / 3, 1));
    return {(image.height - height) / 2, (image.width - width) / 2, height,
            width};
  }
};
} // namespace

/// "224" or "192x256", height and width.
static Size sizeOf(const char *name, const std::string &text) {
  Size size;
  const char *end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), end, size.height);
  size.width = size.height;
  if (error == std::errc() && at != end && *at == 'x') {
    auto second = std::from_chars(at + 1, end, size.width);
    at = second.ptr;
    error = second.ec;
  }
  auto good = [](int64_t value) { return value >= 1 && value <= 4096; };
  if (error != std::errc() || at != end || !good(size.height) ||
      !good(size.width))
    fail("transform {}:{}: expected a size of 1 to 4096 pixels, as 224 or "
         "192x256 (height x width)",
         name, text);
  return size;
}

/// resize:N or resize:HxW scales every picture, whatever its size and shape.
extern const TransformInfo resizeTransform = {
    "resize", "HxW", "scales pictures to this height and width; N: to NxN",
    [](DatasetRef from, const std::string &text) -> std::shared_ptr<Transform> {
      return std::make_shared<Resize>(std::move(from), sizeOf("resize", text));
    }};

/// resized_crop:HxW takes a part of every picture of 8 to 100 % of its area and
/// of a ratio of 3/4 to 4/3, and scales it (Szegedy et al., "Going deeper with
/// convolutions", arXiv 1409.4842, section 6). Where no such part is found in
/// 10 draws, it is the middle.
extern const TransformInfo resizedCropTransform = {
    "resized_crop", "HxW",
    "scales a part of pictures, 8 to 100 % of the area and of a ratio of 3/4 "
    "to 4/3, to this size",
    [](DatasetRef from, const std::string &text) -> std::shared_ptr<Transform> {
      return std::make_shared<ResizedCrop>(std::move(from),
                                           sizeOf("resized_crop", text));
    }};

} // namespace moec::rt
