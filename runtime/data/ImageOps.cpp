//===- ImageOps.cpp - Changes of a picture --------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/ImageOps.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace moec::rt {

int64_t factorOf(double number) { return std::llround(number * double(unit)); }

uint8_t brightnessOf(const uint8_t *pixel, int64_t channels) {
  if (channels != 3)
    return pixel[0];
  return uint8_t(
      (19595 * pixel[0] + 38470 * pixel[1] + 7471 * pixel[2] + 0x8000) >> 16);
}

static uint8_t blend(int64_t from, int64_t to, int64_t factor) {
  int64_t value = from * unit + (to - from) * factor + unit / 2;
  return uint8_t(std::clamp<int64_t>(value >> 16, 0, 255));
}

void changeBrightness(Image &image, int64_t factor) {
  for (uint8_t &value : image.pixels)
    value = blend(0, value, factor);
}

void changeContrast(Image &image, int64_t factor) {
  int64_t sum = 0, pixels = image.height * image.width;
  for (int64_t i = 0; i < pixels; ++i)
    sum +=
        brightnessOf(&image.pixels[size_t(i * image.channels)], image.channels);
  int64_t mean = (2 * sum + pixels) / (2 * pixels);
  for (uint8_t &value : image.pixels)
    value = blend(mean, value, factor);
}

void changeColour(Image &image, int64_t factor) {
  for (int64_t i = 0; i < image.height * image.width; ++i) {
    uint8_t *pixel = &image.pixels[size_t(i * image.channels)];
    int64_t grey = brightnessOf(pixel, image.channels);
    for (int64_t c = 0; c < image.channels; ++c)
      pixel[c] = blend(grey, pixel[c], factor);
  }
}

void changeSharpness(Image &image, int64_t factor) {
  const Image old = image;
  int64_t channels = image.channels;
  // The pixels of the edge have no neighbours all around and stay.
  for (int64_t y = 1; y + 1 < image.height; ++y)
    for (int64_t i = channels; i < (image.width - 1) * channels; ++i) {
      int64_t sum = 4 * old.row(y)[i];
      for (int64_t dy = -1; dy <= 1; ++dy)
        for (int64_t dx = -1; dx <= 1; ++dx)
          sum += old.row(y + dy)[i + dx * channels];
      image.row(y)[i] = blend((2 * sum + 13) / 26, old.row(y)[i], factor);
    }
}

/// One of the six sides of the wheel of hues and a place on it, 0 <= h < 6.
static int64_t hueOf(const uint8_t *rgb, int64_t most, int64_t range) {
  int64_t third = rgb[0] == most ? 0 : rgb[1] == most ? 1 : 2;
  int64_t apart = int64_t(rgb[(third + 1) % 3]) - rgb[(third + 2) % 3];
  return (2 * third * unit + apart * unit / range + 6 * unit) % (6 * unit);
}

void changeHue(Image &image, int64_t turn) {
  if (image.channels != 3)
    return;
  for (size_t i = 0; i < image.pixels.size(); i += 3) {
    uint8_t *rgb = &image.pixels[i];
    int64_t most = std::max({rgb[0], rgb[1], rgb[2]});
    int64_t least = std::min({rgb[0], rgb[1], rgb[2]}), range = most - least;
    if (range == 0)
      continue;
    int64_t hue = (hueOf(rgb, most, range) + 6 * turn) % (6 * unit);
    hue += hue < 0 ? 6 * unit : 0;
    // Along a side one colour goes up or down, the others are at an end.
    int64_t side = hue / unit, part = hue % unit;
    int64_t up = least + (range * part + unit / 2) / unit;
    int64_t down = most + least - up;
    const int64_t sides[6][3] = {{most, up, least}, {down, most, least},
                                 {least, most, up}, {least, down, most},
                                 {up, least, most}, {most, least, down}};
    for (size_t c = 0; c < 3; ++c)
      rgb[c] = uint8_t(sides[side][c]);
  }
}

void blur(Image &image, double deviation) {
  auto radius = int64_t(std::ceil(3 * deviation));
  std::vector<int64_t> weights;
  double sum = 0;
  for (int64_t x = -radius; x <= radius; ++x)
    sum += std::exp(-double(x * x) / (2 * deviation * deviation));
  int64_t left = unit;
  for (int64_t x = -radius; x <= radius; ++x) {
    weights.push_back(
        factorOf(std::exp(-double(x * x) / (2 * deviation * deviation)) / sum));
    left -= weights.back();
  }
  weights[size_t(radius)] += left; // so that a grey area keeps its value
  int64_t channels = image.channels;
  for (bool down : {false, true}) {
    const Image old = image;
    for (int64_t y = 0; y < image.height; ++y)
      for (int64_t x = 0; x < image.width; ++x)
        for (int64_t c = 0; c < channels; ++c) {
          int64_t value = unit / 2;
          for (int64_t d = -radius; d <= radius; ++d) {
            int64_t fromY =
                std::clamp<int64_t>(y + (down ? d : 0), 0, image.height - 1);
            int64_t fromX =
                std::clamp<int64_t>(x + (down ? 0 : d), 0, image.width - 1);
            value += weights[size_t(d + radius)] *
                     old.row(fromY)[fromX * channels + c];
          }
          image.row(y)[x * channels + c] =
              uint8_t(std::clamp<int64_t>(value / unit, 0, 255));
        }
  }
}

void solarize(Image &image, int threshold) {
  for (uint8_t &value : image.pixels)
    if (value >= threshold)
      value = uint8_t(255 - value);
}

void posterize(Image &image, int bits) {
  for (uint8_t &value : image.pixels)
    value = uint8_t(value & ~((1 << (8 - bits)) - 1));
}

/// Replaces the values of a channel.
static void look(Image &image, int64_t channel,
                 const std::array<uint8_t, 256> &table) {
  for (auto i = size_t(channel); i < image.pixels.size();
       i += size_t(image.channels))
    image.pixels[i] = table[image.pixels[i]];
}

/// How many pixels of a channel have each value.
static std::array<int64_t, 256> histogram(const Image &image, int64_t channel) {
  std::array<int64_t, 256> counts = {};
  for (auto i = size_t(channel); i < image.pixels.size();
       i += size_t(image.channels))
    ++counts[image.pixels[i]];
  return counts;
}

void autoContrast(Image &image) {
  for (int64_t c = 0; c < image.channels; ++c) {
    std::array<int64_t, 256> counts = histogram(image, c);
    int least = 0, most = 255;
    while (least < 255 && !counts[size_t(least)])
      ++least;
    while (most > 0 && !counts[size_t(most)])
      --most;
    std::array<uint8_t, 256> table;
    for (int value = 0; value < 256; ++value)
      table[size_t(value)] =
          most <= least ? uint8_t(value)
                        : uint8_t(std::clamp(
                              (2 * 255 * (value - least) + (most - least)) /
                                  (2 * (most - least)),
                              0, 255));
    look(image, c, table);
  }
}

void equalize(Image &image) {
  for (int64_t c = 0; c < image.channels; ++c) {
    std::array<int64_t, 256> counts = histogram(image, c);
    int64_t pixels = image.height * image.width, last = 0, below = 0;
    for (int64_t count : counts)
      last = count ? count : last;
    // Pixels between two steps of the result.
    int64_t step = (pixels - last) / 255;
    if (step == 0)
      continue;
    std::array<uint8_t, 256> table;
    for (size_t value = 0; value < 256; ++value) {
      table[value] = uint8_t(std::min<int64_t>((below + step / 2) / step, 255));
      below += counts[value];
    }
    look(image, c, table);
  }
}

void transform(Image &image, const Affine &from) {
  const Image old = image;
  int64_t channels = image.channels;
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x) {
      // Twice the distance from the middle, which may lie between two pixels.
      int64_t dx = 2 * x + 1 - image.width, dy = 2 * y + 1 - image.height;
      auto place = [](int64_t twice, int64_t shift, int64_t size) {
        // The pixel in which the place lies, rounded down.
        return (twice + 2 * shift + size * unit) >> 17;
      };
      int64_t fromX = place(from.xx * dx + from.xy * dy, from.x0, image.width);
      int64_t fromY = place(from.yx * dx + from.yy * dy, from.y0, image.height);
      bool inside = fromX >= 0 && fromX < image.width && fromY >= 0 &&
                    fromY < image.height;
      for (int64_t c = 0; c < channels; ++c)
        image.row(y)[x * channels + c] =
            inside ? old.row(fromY)[fromX * channels + c] : uint8_t(0);
    }
}

} // namespace moec::rt
