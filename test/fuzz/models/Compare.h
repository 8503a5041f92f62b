//===- Compare.h - How far a result may be from the reference ---*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The reference is evaluated in double, in f32 with each of the four rounding
// modes, and in double with the result of each op moved a little at random,
// which tells apart what symmetric numbers, rounded alike, keep equal. How far
// those are apart is what f32 arithmetic is worth for this model and these
// inputs, with every cancellation and saturation in it (random or directed
// rounding as a measure of error: Vignes, "A stochastic arithmetic for reliable
// scientific computation", 1993). Compiled code may be off by a multiple of
// that, since it sums in another order and has its own exp, tanh and erf.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_FUZZ_MODELS_COMPARE_H
#define MOEC_TEST_FUZZ_MODELS_COMPARE_H

#include <cstdint>
#include <string>
#include <vector>

namespace moec::fuzz {

/// A result of the reference.
struct Expected {
  /// An output, a metric, or the new value of a variable, by its name.
  enum class Kind { Output, Metric, Variable };
  Kind kind = Kind::Output;
  std::string name;
  std::vector<int64_t> shape;
  std::vector<double> exact;
  /// The largest distance of the other evaluations from `exact`; infinite
  /// where one of them is not finite, NaN where the result is undefined.
  std::vector<double> spread;

  std::string text() const;
};

/// The worst element of a comparison.
struct Deviation {
  /// Distance over what it may be: above 1 is a finding.
  double ratio = 0;
  int64_t at = -1;
  double expected = 0, got = 0, allowed = 0;
  int64_t compared = 0, skipped = 0;
  std::string text(const Expected &expected) const;
};

/// Compares element by element, each against the spread of the elements around
/// it: rows along the innermost dimensions that have 8 elements or more.
/// `factor`: how many times that spread a result may be off.
Deviation compare(const Expected &expected, const float *got, double factor);

} // namespace moec::fuzz

#endif // MOEC_TEST_FUZZ_MODELS_COMPARE_H
