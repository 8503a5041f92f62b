//===- DirectedRounding.h - Rounding other than to nearest ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_DIRECTEDROUNDING_H
#define MOEC_LIB_PTXSIM_DIRECTEDROUNDING_H

#include <cstdint>

namespace moec::ptxsim {

enum class Rounding : uint8_t { Nearest, Zero, Down, Up, NearestAway };

/// a * b + c of the f32 values with these bits, rounded once.
uint32_t fmaDirected(uint32_t a, uint32_t b, uint32_t c, Rounding rounding);

/// A value as a float of `mantissa` bits behind the point and exponents down to
/// `minExponent` (of normal values) and up to `maxExponent`, rounded once.
/// Too large values become infinite, or the largest one when rounded inwards.
double roundTo(double value, int mantissa, int minExponent, int maxExponent,
               Rounding rounding);

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_DIRECTEDROUNDING_H
