//===- Mma.cpp - mma.sync: products of small tiles by one warp ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Mma.h"

using namespace moec::ptxsim;

/// Cuts the text up to the next dot off `rest`.
static std::string_view nextPart(std::string_view &rest) {
  size_t dot = rest.find('.');
  std::string_view part = rest.substr(0, dot);
  rest =
      dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  return part;
}

bool moec::ptxsim::parseMmaShape(std::string_view modifiers, MmaShape &shape) {
  std::string_view size = nextPart(modifiers);
  if (size == "m16n8k16")
    shape.k = 16;
  else if (size == "m16n8k8")
    shape.k = 8;
  else if (size == "m16n8k4")
    shape.k = 4;
  else
    return false;
  if (nextPart(modifiers) != "row" || nextPart(modifiers) != "col")
    return false;
  std::string_view d = nextPart(modifiers), a = nextPart(modifiers),
                   b = nextPart(modifiers), c = nextPart(modifiers);
  if (!modifiers.empty() || a != b || c != d)
    return false;
  if (a == "f16" && shape.k >= 8)
    shape.type = MatrixType::F16;
  else if (a == "bf16" && shape.k >= 8)
    shape.type = MatrixType::BF16;
  else if (a == "tf32" && shape.k <= 8)
    shape.type = MatrixType::TF32;
  else
    return false;
  shape.halfAccumulator = d == "f16";
  return d == "f32" || (d == "f16" && shape.type == MatrixType::F16);
}

/// The value of element `e` of a register.
static float element(MatrixType type, uint32_t bits, int e) {
  return matrixElement(type, e ? bits >> 16 : bits);
}

/// The registers of A and B as matrices, A [m][k] and B [k][n].
template <MatrixType type>
static void spread(const MmaShape &shape, const WarpRegister *a,
                   const WarpRegister *b, float *left, float *right) {
  constexpr int packed = type == MatrixType::TF32 ? 1 : 2;
  for (int lane = 0; lane < warpLanes; ++lane) {
    int g = lane / 4, t = lane % 4;
    for (int r = 0; r < shape.aRegisters(); ++r)
      for (int e = 0; e < packed; ++e)
        left[(g + 8 * (r & 1)) * shape.k + packed * (t + 4 * (r >> 1)) + e] =
            element(type, a[r][lane], e);
    for (int r = 0; r < shape.bRegisters(); ++r)
      for (int e = 0; e < packed; ++e)
        right[(packed * (t + 4 * r) + e) * shape.n + g] =
            element(type, b[r][lane], e);
  }
}

void moec::ptxsim::executeMma(const MmaShape &shape, const WarpRegister *a,
                              const WarpRegister *b, const WarpRegister *c,
                              WarpRegister *d) {
  float left[16 * 16], right[16 * 8], acc[16 * 8];
  auto *toMatrices = shape.type == MatrixType::F16 ? spread<MatrixType::F16>
                     : shape.type == MatrixType::BF16
                         ? spread<MatrixType::BF16>
                         : spread<MatrixType::TF32>;
  toMatrices(shape, a, b, left, right);
  for (int lane = 0; lane < warpLanes; ++lane) {
    int g = lane / 4, t = lane % 4;
    if (shape.halfAccumulator) {
      for (int r = 0; r < 2; ++r)
        for (int e = 0; e < 2; ++e)
          acc[(g + 8 * r) * shape.n + 2 * t + e] =
              element(MatrixType::F16, c[r][lane], e);
    } else {
      for (int r = 0; r < 4; ++r)
        acc[(g + 8 * (r >> 1)) * shape.n + 2 * t + (r & 1)] =
            bitsToFloat(c[r][lane]);
    }
  }
  multiplyAccumulate(shape.m, shape.n, shape.k, left, right, acc);
  for (int lane = 0; lane < warpLanes; ++lane) {
    int g = lane / 4, t = lane % 4;
    if (shape.halfAccumulator) {
      for (int r = 0; r < 2; ++r) {
        const float *pair = acc + (g + 8 * r) * shape.n + 2 * t;
        d[r][lane] = floatToHalf(pair[0]) |
                     static_cast<uint32_t>(floatToHalf(pair[1])) << 16;
      }
    } else {
      for (int r = 0; r < 4; ++r)
        d[r][lane] =
            floatToBits(acc[(g + 8 * (r >> 1)) * shape.n + 2 * t + (r & 1)]);
    }
  }
}
