//===- Compare.cpp - How far a result may be from the reference -----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/fuzz/models/Compare.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace moec::fuzz {

/// Below it kernels, which count subnormal numbers as zero, lose everything;
/// products of two numbers lose it from the root on.
static constexpr double tiny = 1e-35;
/// Near the end of f32, where sums in another order overflow.
static constexpr double huge = 1e37;
/// Two units in the last place of f32.
static constexpr double unit = 0x1p-22;

std::string Expected::text() const {
  switch (kind) {
  case Kind::Output:
    return "output '" + name + "'";
  case Kind::Metric:
    return "metric '" + name + "'";
  case Kind::Variable:
    break;
  }
  return "the new value of '" + name + "'";
}

std::string Deviation::text(const Expected &expected) const {
  char line[256];
  std::snprintf(line, sizeof(line),
                ", element %lld of %zu: expected %.9g, got %.9g, %.3g times "
                "the allowed error of %.3g",
                (long long)at, expected.exact.size(), this->expected, got,
                ratio, allowed);
  return expected.text() + line;
}

static int64_t rowLength(const std::vector<int64_t> &shape) {
  int64_t length = 1;
  for (size_t i = shape.size(); i-- > 0 && length < 8;)
    length *= shape[i];
  return length;
}

Deviation compare(const Expected &expected, const float *got, double factor) {
  Deviation worst;
  int64_t total = int64_t(expected.exact.size());
  int64_t length = expected.kind == Expected::Kind::Variable
                       ? 8
                       : std::max<int64_t>(1, rowLength(expected.shape));
  for (int64_t begin = 0; begin < total; begin += length) {
    int64_t end = std::min(begin + length, total);
    double spread = 0, largest = 0;
    for (int64_t i = begin; i < end; ++i) {
      if (!std::isfinite(expected.spread[i]))
        continue;
      spread = std::max(spread, expected.spread[i]);
      largest = std::max(largest, std::fabs(expected.exact[i]));
    }
    double allowed = factor * (spread + unit * largest + tiny);
    for (int64_t i = begin; i < end; ++i) {
      // Where f32 cannot hold the result, or only just, nobody has a right
      // value.
      if (!std::isfinite(expected.spread[i]) ||
          std::max(std::fabs(expected.exact[i]), allowed) > huge) {
        ++worst.skipped;
        continue;
      }
      ++worst.compared;
      double ratio = std::fabs(double(got[i]) - expected.exact[i]) / allowed;
      if (!std::isfinite(got[i]))
        ratio = std::numeric_limits<double>::infinity();
      if (worst.at >= 0 && ratio <= worst.ratio)
        continue;
      worst.ratio = ratio;
      worst.at = i;
      worst.expected = expected.exact[i];
      worst.got = got[i];
      worst.allowed = allowed;
    }
  }
  return worst;
}

} // namespace moec::fuzz
