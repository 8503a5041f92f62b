//===- ImageTransforms.cpp - Flips, shifts and views ----------------------===//
//-----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/ImageTransform.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace moec::rt {

namespace {
class Flip : public ImageTransform {
public:
  using ImageTransform::ImageTransform;

protected:
  void change(Image &image, const Item &item, size_t field) const override {
    if (draw(item, field) & 1)
      return;
    int64_t channels = image.channels;
    for (int64_t y = 0; y < image.height; ++y)
      for (int64_t left = 0, right = image.width - 1; left < right;
           ++left, --right)
        std::swap_ranges(image.row(y) + left * channels,
                         image.row(y) + (left + 1) * channels,
                         image.row(y) + right * channels);
  }
};

class Crop : public ImageTransform {
public:
  Crop(DatasetRef data, int64_t most)
      : ImageTransform(std::move(data)), most(most) {
    for (const TensorInfo &field : from->fields())
      if (isImage(field) && hasOneSize(field) &&
          most >= std::min(field.shape[0], field.shape[1]))
        fail("transform crop:{}: would shift pictures out of sight, which are "
             "{} (height, width, channels): expected fewer pixels than they "
             "have",
             most, shapeText(field.shape));
  }

protected:
  void change(Image &image, const Item &item, size_t field) const override {
    int64_t height = image.height, width = image.width;
    auto shift = [&](uint64_t number) {
      return int64_t(draw(item, field, number) % uint64_t(2 * most + 1)) - most;
    };
    int64_t down = shift(0), right = shift(1);
    Image old(height, width, image.channels);
    std::swap(old, image);
    // Columns that stay inside.
    int64_t begin = std::max<int64_t>(right, 0);
    int64_t end = std::min(width, width + right);
    for (int64_t y = std::max<int64_t>(down, 0);
         y < std::min(height, height + down) && begin < end; ++y)
      std::memcpy(image.row(y) + begin * image.channels,
                  old.row(y - down) + (begin - right) * image.channels,
                  size_t((end - begin) * image.channels));
  }

private:
  int64_t most;
};

class Views : public Transform {
public:
  explicit Views(DatasetRef data) : Transform(std::move(data)) {
    list = from->fields();
    own = list.size();
    int64_t found = from->findField("image");
    if (found < 0 || !isImage(list[size_t(found)]))
      fail("{} has no pictures to view: expected a field \"image\" of u8 "
           "[height, width, channels]",
           name());
    image = size_t(found);
    for (const char *view : {"view1", "view2"}) {
      TensorInfo field = list[image];
      field.name = view;
      if (from->findField(view) >= 0)
        fail("{} has a field \"{}\" already", name(), view);
      list.push_back(std::move(field));
    }
  }
  std::string sourceOf(size_t field) const override {
    return from->sourceOf(field < own ? field : image);
  }
  std::vector<TensorInfo> fields() const override { return list; }
  void read(const Item &item, size_t field, void *to) const override {
    from->read(item, field < own ? field : image, to);
  }
  Image readImage(const Item &item, size_t field) const override {
    return from->readImage(item, field < own ? field : image);
  }

private:
  std::vector<TensorInfo> list;
  size_t own, image;
};
} // namespace

/// Mirrors every picture from left to right, or leaves it, at equal odds.
extern const TransformInfo flipTransform = {
    "flip", "", "mirrors every second picture",
    [](DatasetRef from, const std::string &) -> std::shared_ptr<Transform> {
      return std::make_shared<Flip>(std::move(from));
    }};

/// crop:N shifts every picture by up to N pixels, at equal odds for each of the
/// (2N + 1)^2 shifts; what comes in from outside is 0. (Padding by N, then a
/// random crop of the old size.)
extern const TransformInfo cropTransform = {
    "crop", "N", "shifts pictures by up to N pixels",
    [](DatasetRef from, const std::string &text) -> std::shared_ptr<Transform> {
      int64_t most = 0;
      auto [end, error] =
          std::from_chars(text.data(), text.data() + text.size(), most);
      if (error != std::errc() || end != text.data() + text.size() ||
          most < 1 || most > 1000)
        fail("transform crop:{}: expected a number of pixels from 1 to 1000",
             text);
      return std::make_shared<Crop>(std::move(from), most);
    }};

/// Adds the fields view1 and view2, both the picture `image`. Transforms behind
/// it draw numbers of their own for each of the three.
extern const TransformInfo viewsTransform = {
    "views", "", "adds view1 and view2, copies of image for later transforms",
    [](DatasetRef from, const std::string &) -> std::shared_ptr<Transform> {
      return std::make_shared<Views>(std::move(from));
    },
    "view1 view2"};

} // namespace moec::rt
