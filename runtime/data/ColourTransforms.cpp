//===- ColourTransforms.cpp - Colours, blur and solarization --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the two views of MoCo v3 are made by (Chen et al., "An empirical study
// of training self-supervised vision transformers", arXiv 2104.02057; the same
// as in BYOL, arXiv 2006.07733, appendix B), besides resized_crop and flip.
//
//===----------------------------------------------------------------------===//

#include "runtime/data/ImageOps.h"
#include "runtime/data/ImageTransform.h"

#include <algorithm>
#include <charconv>

namespace moec::rt {

namespace {
/// Changes a picture or leaves it, at given odds.
class Sometimes : public ImageTransform {
public:
  Sometimes(DatasetRef data, double odds)
      : ImageTransform(std::move(data)), odds(odds) {}

protected:
  void change(Image &image, const Item &item, size_t field) const override {
    if (uniform(item, field, 0) < odds)
      apply(image, item, field);
  }
  /// Draws numbers from 1 on.
  virtual void apply(Image &image, const Item &item, size_t field) const = 0;

private:
  double odds;
};

class Grey : public Sometimes {
public:
  using Sometimes::Sometimes;

protected:
  void apply(Image &image, const Item &, size_t) const override {
    changeColour(image, 0);
  }
};

class Solarize : public Sometimes {
public:
  using Sometimes::Sometimes;

protected:
  void apply(Image &image, const Item &, size_t) const override {
    solarize(image, 128);
  }
};

class Blur : public Sometimes {
public:
  using Sometimes::Sometimes;

protected:
  void apply(Image &image, const Item &item, size_t field) const override {
    blur(image, 0.1 + 1.9 * uniform(item, field, 1));
  }
};

class Jitter : public Sometimes {
public:
  Jitter(DatasetRef data, const std::vector<double> &most)
      : Sometimes(std::move(data), 0.8), most(most) {}

protected:
  void apply(Image &image, const Item &item, size_t field) const override {
    // In any order.
    size_t order[4] = {0, 1, 2, 3};
    for (uint64_t i = 3; i > 0; --i)
      std::swap(order[i], order[draw(item, field, 4 + i) % (i + 1)]);
    for (size_t which : order) {
      double by = most[which] * (2 * uniform(item, field, 1 + which) - 1);
      if (which == 3)
        changeHue(image, factorOf(by));
      else
        changes[which](image, factorOf(1 + by));
    }
  }

private:
  static constexpr void (*changes[])(Image &, int64_t) = {
      changeBrightness, changeContrast, changeColour};
  std::vector<double> most;
};
} // namespace

/// As many numbers from 0 to 1 as `form` has words. Throws Error.
static std::vector<double> numbersOf(const char *name, const std::string &form,
                                     const std::string &text) {
  std::vector<double> numbers;
  size_t count = 1;
  for (char c : form)
    count += c == ',';
  for (size_t at = 0; at <= text.size();) {
    size_t end = std::min(text.find(',', at), text.size());
    double number = -1;
    auto [last, error] =
        std::from_chars(text.data() + at, text.data() + end, number);
    if (error != std::errc() || last != text.data() + end || !(number >= 0) ||
        number > 1) {
      numbers.clear();
      break;
    }
    numbers.push_back(number);
    at = end + 1;
  }
  if (numbers.size() != count)
    fail("transform {}:{}: expected {}:{}, {} from 0 to 1", name, text, name,
         form, count == 1 ? "a number" : "numbers");
  return numbers;
}

/// grey:P takes the colours from a share P of the pictures.
extern const TransformInfo greyTransform = {
    "grey", "P", "makes a share P of pictures grey, in all their channels",
    [](DatasetRef from, const std::string &text) -> std::shared_ptr<Transform> {
      return std::make_shared<Grey>(std::move(from),
                                    numbersOf("grey", "P", text)[0]);
    }};

/// solarize:P inverts the values from 128 on in a share P of the pictures.
extern const TransformInfo solarizeTransform = {
    "solarize", "P", "inverts the bright values of a share P of pictures",
    [](DatasetRef from, const std::string &text) -> std::shared_ptr<Transform> {
      return std::make_shared<Solarize>(std::move(from),
                                        numbersOf("solarize", "P", text)[0]);
    }};

/// blur:P blurs a share P of the pictures by a Gaussian whose standard
/// deviation is between 0.1 and 2 pixels.
extern const TransformInfo blurTransform = {
    "blur", "P", "blurs a share P of pictures",
    [](DatasetRef from, const std::string &text) -> std::shared_ptr<Transform> {
      return std::make_shared<Blur>(std::move(from),
                                    numbersOf("blur", "P", text)[0]);
    }};

/// jitter:B,C,S,H multiplies brightness, contrast and saturation by up to 1 +-
/// B, C and S, and turns the hue by up to +-H of a full turn, in any order, in
/// 80 % of the pictures.
extern const TransformInfo jitterTransform = {
    "jitter", "B,C,S,H",
    "changes brightness, contrast, saturation and hue of 80 % of pictures by "
    "up to these shares",
    [](DatasetRef from, const std::string &text) -> std::shared_ptr<Transform> {
      std::vector<double> most = numbersOf("jitter", "B,C,S,H", text);
      if (most[3] > 0.5)
        fail("transform jitter:{}: expected a hue H from 0 to 0.5, half a turn "
             "to either side, which is every hue, got {:g}",
             text, most[3]);
      return std::make_shared<Jitter>(std::move(from), most);
    }};

} // namespace moec::rt
