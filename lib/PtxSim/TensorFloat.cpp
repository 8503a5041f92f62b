//===- TensorFloat.cpp - Number formats of the tensor cores ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/TensorFloat.h"

using namespace moec::ptxsim;

float moec::ptxsim::halfToFloat(uint16_t bits) {
  uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
  uint32_t exponent = (bits >> 10) & 0x1f;
  uint32_t fraction = bits & 0x3ff;
  if (exponent == 0x1f)
    return bitsToFloat(sign | 0x7f800000u | (fraction << 13));
  if (exponent)
    return bitsToFloat(sign | ((exponent + 112) << 23) | (fraction << 13));
  // Zero or subnormal: fraction * 2^-24, which f32 holds as a normal number.
  float magnitude = static_cast<float>(fraction) * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}

uint16_t moec::ptxsim::floatToHalf(float value) {
  uint32_t bits = floatToBits(value);
  uint16_t sign = static_cast<uint16_t>((bits >> 16) & 0x8000u);
  bits &= 0x7fffffffu;
  if (bits > 0x7f800000u)
    return sign | 0x7fff;  // the NaN that the hardware makes
  if (bits >= 0x47800000u) // 2^16 and above
    return sign | 0x7c00;
  if (bits < 0x33000000u) // below half of the smallest subnormal
    return sign;
  int exponent = static_cast<int>(bits >> 23) - 127;
  uint32_t fraction = (bits & 0x7fffffu) | 0x800000u;
  // Bits to drop: 13 for a normal number, more for a subnormal one.
  int shift = exponent < -14 ? 13 + (-14 - exponent) : 13;
  uint32_t kept = fraction >> shift;
  uint32_t rest = fraction & ((1u << shift) - 1);
  uint32_t half = 1u << (shift - 1);
  if (rest > half || (rest == half && (kept & 1)))
    ++kept;
  // A carry out of the fraction moves on into the exponent, up to infinity.
  if (exponent < -14)
    return sign | static_cast<uint16_t>(kept);
  return sign | static_cast<uint16_t>(((exponent + 14) << 10) + kept);
}

/// Eight columns, whose sums stay in registers.
static void multiplyAccumulate8(int m, int k, const float *a, const float *b,
                                float *acc) {
  for (int row = 0; row < m; ++row, acc += 8) {
    float sum[8];
    for (int column = 0; column < 8; ++column)
      sum[column] = acc[column];
    for (int inner = 0; inner < k; ++inner) {
      float factor = a[row * k + inner];
      for (int column = 0; column < 8; ++column)
        sum[column] += factor * b[inner * 8 + column];
    }
    for (int column = 0; column < 8; ++column)
      acc[column] = sum[column];
  }
}

void moec::ptxsim::multiplyAccumulate(int m, int n, int k, const float *a,
                                      const float *b, float *acc) {
  if (n == 8)
    return multiplyAccumulate8(m, k, a, b, acc);
  for (int row = 0; row < m; ++row) {
    float *out = acc + static_cast<int64_t>(row) * n;
    for (int inner = 0; inner < k; ++inner) {
      float factor = a[static_cast<int64_t>(row) * k + inner];
      const float *line = b + static_cast<int64_t>(inner) * n;
      for (int column = 0; column < n; ++column)
        out[column] += factor * line[column];
    }
  }
}
