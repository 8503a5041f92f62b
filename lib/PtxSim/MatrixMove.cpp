//===- MatrixMove.cpp - ldmatrix and stmatrix -----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/MatrixMove.h"

#include <algorithm>

using namespace moec::ptxsim;

WarpRegister moec::ptxsim::loadMatrixFragment(const MatrixRows &rows,
                                              bool transposed) {
  WarpRegister fragment;
  for (int lane = 0; lane < warpLanes; ++lane) {
    int i = lane / 4, j = 2 * (lane % 4);
    uint32_t low = transposed ? rows[j][i] : rows[i][j];
    uint32_t high = transposed ? rows[j + 1][i] : rows[i][j + 1];
    fragment[lane] = low | high << 16;
  }
  return fragment;
}

MatrixRows moec::ptxsim::storeMatrixFragment(const WarpRegister &fragment,
                                             bool transposed) {
  MatrixRows rows;
  for (int lane = 0; lane < warpLanes; ++lane) {
    int i = lane / 4, j = 2 * (lane % 4);
    auto low = static_cast<uint16_t>(fragment[lane]);
    auto high = static_cast<uint16_t>(fragment[lane] >> 16);
    (transposed ? rows[j][i] : rows[i][j]) = low;
    (transposed ? rows[j + 1][i] : rows[i][j + 1]) = high;
  }
  return rows;
}

int moec::ptxsim::sharedPasses16(const uint32_t *addresses, int count) {
  int passes = 0;
  for (int first = 0; first < count; first += 8) {
    int last = std::min(first + 8, count);
    int worst = 0;
    // Nearly always every row has banks of its own.
    uint32_t quads = 0;
    for (int i = first; i < last; ++i)
      quads |= 1u << (addresses[i] >> 4 & 7);
    if (__builtin_popcount(quads) == last - first) {
      ++passes;
      continue;
    }
    // A 16-byte access takes four neighbouring banks: two of them collide in
    // all four or in none.
    for (int quad = 0; quad < 8; ++quad) {
      uint32_t seen[8];
      int distinct = 0;
      for (int i = first; i < last; ++i)
        if (static_cast<int>((addresses[i] >> 4) & 7) == quad &&
            std::find(seen, seen + distinct, addresses[i] >> 4) ==
                seen + distinct)
          seen[distinct++] = addresses[i] >> 4;
      worst = std::max(worst, distinct);
    }
    passes += worst;
  }
  return passes;
}
