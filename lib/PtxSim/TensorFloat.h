//===- TensorFloat.h - Number formats of the tensor cores ----- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_TENSORFLOAT_H
#define MOEC_LIB_PTXSIM_TENSORFLOAT_H

#include <cstdint>
#include <cstring>

namespace moec::ptxsim {

/// What the elements of a matrix operand are.
enum class MatrixType { F16, BF16, TF32 };

/// Bytes of one element in shared memory.
inline int matrixElementBytes(MatrixType type) {
  return type == MatrixType::TF32 ? 4 : 2;
}

inline float bitsToFloat(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

inline uint32_t floatToBits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

/// IEEE binary16 to binary32, exact; a NaN stays a NaN.
float halfToFloat(uint16_t bits);

/// binary32 to IEEE binary16, to nearest, ties to even; too large is infinite.
uint16_t floatToHalf(float value);

/// bfloat16 to binary32, exact.
inline float bfloatToFloat(uint16_t bits) {
  return bitsToFloat(static_cast<uint32_t>(bits) << 16);
}

/// What the tensor cores read of a .tf32 register: sign, 8 bits of exponent, 10
/// of fraction. The manual leaves the other 13 bits undefined; they are cut
/// off.
inline float tf32ToFloat(uint32_t bits) {
  return bitsToFloat(bits & 0xffffe000u);
}

/// The value of the element whose bits stand in the low end of `bits`.
inline float matrixElement(MatrixType type, uint32_t bits) {
  switch (type) {
  case MatrixType::F16:
    return halfToFloat(static_cast<uint16_t>(bits));
  case MatrixType::BF16:
    return bfloatToFloat(static_cast<uint16_t>(bits));
  case MatrixType::TF32:
    return tf32ToFloat(bits);
  }
  return 0;
}

/// acc[m][n] += sum over k of a[m][k] * b[k][n], all dense and row-major.
///
/// A product of two elements is exact in f32 (11 + 11 bits at most). Products
/// are added in ascending k, each sum rounded to nearest. The manual does not
/// say in which order hardware adds nor how it rounds between; one fixed order
/// makes two runs bitwise equal.
void multiplyAccumulate(int m, int n, int k, const float *a, const float *b,
                        float *acc);

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_TENSORFLOAT_H
