//===- LayerNorm.h - Layer normalisation of one row -------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_REFERENCE_LAYERNORM_H
#define MOEC_LIB_REFERENCE_LAYERNORM_H

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace moec::reference {

/// A row of n values, normalised. The distances from a first mean add up to
/// what rounding has left of it: a constant row has variance 0.
template <typename T> class NormalizedRow {
public:
  NormalizedRow(const T *row, int64_t n, double eps) : row(row), n(n) {
    for (int64_t i = 0; i < n; ++i)
      mean += row[i];
    T first = mean / T(n), rest = 0, squares = 0;
    for (int64_t i = 0; i < n; ++i) {
      T d = row[i] - first;
      rest += d;
      squares += d * d;
    }
    rest /= T(n);
    mean = first + rest;
    T variance = std::max(T(0), squares / T(n) - rest * rest);
    rstd = T(1) / std::sqrt(variance + T(eps));
  }

  /// Value i, with mean 0 and variance 1.
  T operator[](int64_t i) const { return (row[i] - mean) * rstd; }

  /// The gradient of the row into `to`, given that of what scale and bias made
  /// of it; theirs are added to `scaleGrad` and `biasGrad`.
  void gradient(const T *scale, const T *outGrad, T *to, T *scaleGrad,
                T *biasGrad) const {
    T meanG = 0, meanGH = 0;
    for (int64_t i = 0; i < n; ++i) {
      T h = (*this)[i], g = outGrad[i] * scale[i];
      meanG += g;
      meanGH += g * h;
      scaleGrad[i] += outGrad[i] * h;
      biasGrad[i] += outGrad[i];
    }
    meanG /= T(n);
    meanGH /= T(n);
    for (int64_t i = 0; i < n; ++i)
      to[i] = rstd * (outGrad[i] * scale[i] - meanG - (*this)[i] * meanGH);
  }

private:
  const T *row;
  int64_t n;
  T mean = 0, rstd = 0;
};

} // namespace moec::reference

#endif // MOEC_LIB_REFERENCE_LAYERNORM_H
