//===- DirectedRounding.cpp - Rounding other than to nearest --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/DirectedRounding.h"

#include <cmath>
#include <cstring>

namespace moec::ptxsim {

template <typename To, typename From> static To bitsOf(From from) {
  To to;
  static_assert(sizeof(to) == sizeof(from), "a cast of bits keeps the size");
  std::memcpy(&to, &from, sizeof(to));
  return to;
}

double roundTo(double value, int mantissa, int minExponent, int maxExponent,
               Rounding rounding) {
  if (!std::isfinite(value) || value == 0)
    return value;
  int exponent = std::ilogb(value);
  if (exponent < minExponent)
    exponent = minExponent;
  const double unit = std::ldexp(1.0, exponent - mantissa);
  // Exact: the unit is a power of two.
  const double scaled = value / unit;
  double r = 0;
  switch (rounding) {
  case Rounding::Nearest:
    r = std::nearbyint(scaled);
    break;
  case Rounding::NearestAway:
    r = std::round(scaled);
    break;
  case Rounding::Zero:
    r = std::trunc(scaled);
    break;
  case Rounding::Down:
    r = std::floor(scaled);
    break;
  case Rounding::Up:
    r = std::ceil(scaled);
    break;
  }
  r = std::copysign(r * unit, value);
  const double largest =
      std::ldexp(2.0 - std::ldexp(1.0, -mantissa), maxExponent);
  if (std::fabs(r) > largest) {
    const bool inward = rounding == Rounding::Zero ||
                        (rounding == Rounding::Down && value > 0) ||
                        (rounding == Rounding::Up && value < 0);
    return std::copysign(inward ? largest : HUGE_VAL, value);
  }
  return r;
}

uint32_t fmaDirected(uint32_t a, uint32_t b, uint32_t c, Rounding rounding) {
  const double p = double(bitsOf<float>(a)) * double(bitsOf<float>(b));
  const double q = double(bitsOf<float>(c));
  double s = p + q;
  if (!std::isfinite(s))
    return bitsOf<uint32_t>(float(s));
  // What the sum lost, folded into its last bit: rounding to odd.
  const double back = s - p;
  const double rest = (p - (s - back)) + (q - back);
  if (rest != 0) {
    const uint64_t u = bitsOf<uint64_t>(s);
    if ((u & 1) == 0)
      s = bitsOf<double>((rest > 0) == (s > 0) ? u + 1 : u - 1);
  }
  if (s == 0 && rounding == Rounding::Down &&
      std::signbit(p) != std::signbit(q))
    s = -0.0;
  return bitsOf<uint32_t>(float(roundTo(s, 23, -126, 127, rounding)));
}

} // namespace moec::ptxsim
