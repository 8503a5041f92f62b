//===- TokenGrid.cpp - Position embeddings of other image sizes -----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/weights/TokenGrid.h"

#include <algorithm>
#include <cmath>

namespace moec::rt {

std::optional<TokenGrid> TokenGrid::of(int64_t tokens) {
  for (bool classToken : {false, true}) {
    auto side = int64_t(std::llround(std::sqrt(double(tokens - classToken))));
    TokenGrid grid{side, classToken};
    if (side > 0 && grid.tokens() == tokens)
      return grid;
  }
  return std::nullopt;
}

namespace {
/// Two neighbours on an axis, and how much of the second one.
struct Between {
  int64_t first, second;
  double share;
};
} // namespace

static Between placeOf(int64_t index, int64_t from, int64_t to) {
  double at = to > 1 ? double(index) * double(from - 1) / double(to - 1) : 0;
  int64_t first = std::min(int64_t(at), from - 1);
  return {first, std::min(first + 1, from - 1), at - double(first)};
}

std::vector<float> resample(const std::vector<float> &embeddings,
                            TokenGrid from, TokenGrid to) {
  const int64_t width = int64_t(embeddings.size()) / from.tokens();
  std::vector<float> result(size_t(to.tokens() * width));
  if (to.classToken)
    std::copy_n(embeddings.begin(), width, result.begin());
  const float *patches = embeddings.data() + from.classToken * width;
  float *out = result.data() + to.classToken * width;
  for (int64_t y = 0; y < to.side; ++y)
    for (int64_t x = 0; x < to.side; ++x) {
      const Between row = placeOf(y, from.side, to.side);
      const Between column = placeOf(x, from.side, to.side);
      for (int64_t i = 0; i < width; ++i) {
        auto along = [&](int64_t r) {
          const float *start = patches + r * from.side * width + i;
          return (1 - column.share) * double(start[column.first * width]) +
                 column.share * double(start[column.second * width]);
        };
        *out++ = float((1 - row.share) * along(row.first) +
                       row.share * along(row.second));
      }
    }
  return result;
}

} // namespace moec::rt
