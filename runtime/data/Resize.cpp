//===- Resize.cpp - Pictures of another size ------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Resize.h"

#include <algorithm>
#include <cmath>

namespace moec::rt {

namespace {
/// What one pixel of the result is made of, along one dimension.
struct Taps {
  int64_t first = 0;
  std::vector<int32_t> weights; ///< in units of 2^-bits; their sum is 1
};
} // namespace

static constexpr int bits = 16;

/// The taps of `count` pixels that are made of `size` pixels from `begin` on.
static std::vector<Taps> tapsOf(int64_t begin, int64_t size, int64_t count) {
  double scale = double(size) / double(count);
  double radius = std::max(scale, 1.0);
  std::vector<Taps> all(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    Taps &taps = all[size_t(i)];
    double centre = (double(i) + 0.5) * scale;
    int64_t first =
        std::max<int64_t>(int64_t(std::ceil(centre - radius - 0.5)), 0);
    int64_t last =
        std::min(int64_t(std::floor(centre + radius - 0.5)), size - 1);
    std::vector<double> shares;
    double sum = 0;
    for (int64_t x = first; x <= last; ++x) {
      shares.push_back(
          std::max(1 - std::fabs(double(x) + 0.5 - centre) / radius, 0.0));
      sum += shares.back();
    }
    int32_t left = 1 << bits;
    for (double share : shares) {
      taps.weights.push_back(
          int32_t(std::lround(share / sum * double(1 << bits))));
      left -= taps.weights.back();
    }
    // So that a grey area keeps its value.
    *std::max_element(taps.weights.begin(), taps.weights.end()) += left;
    taps.first = begin + first;
  }
  return all;
}

/// Weighs values that are `stride` bytes apart.
static uint8_t weigh(const uint8_t *from, int64_t stride, const Taps &taps) {
  int64_t sum = int64_t(1) << (bits - 1);
  for (int32_t weight : taps.weights) {
    sum += int64_t(*from) * weight;
    from += stride;
  }
  return uint8_t(std::clamp<int64_t>(sum >> bits, 0, 255));
}

Image resized(const Image &from, const Box &part, int64_t height,
              int64_t width) {
  std::vector<Taps> across = tapsOf(part.left, part.width, width);
  std::vector<Taps> down = tapsOf(0, part.height, height);
  int64_t channels = from.channels;
  Image wide(part.height, width, channels), result(height, width, channels);
  for (int64_t y = 0; y < part.height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t c = 0; c < channels; ++c)
        wide.row(y)[x * channels + c] = weigh(
            from.row(part.top + y) + across[size_t(x)].first * channels + c,
            channels, across[size_t(x)]);
  for (int64_t y = 0; y < height; ++y)
    for (int64_t i = 0; i < width * channels; ++i)
      result.row(y)[i] = weigh(wide.row(down[size_t(y)].first) + i,
                               width * channels, down[size_t(y)]);
  return result;
}

} // namespace moec::rt
