//===- MatrixMove.h - ldmatrix and stmatrix ------------------- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_MATRIXMOVE_H
#define MOEC_LIB_PTXSIM_MATRIXMOVE_H

#include "lib/PtxSim/Mma.h"

#include <array>
#include <cstdint>

namespace moec::ptxsim {

/// Eight rows of eight 16-bit elements, as ldmatrix and stmatrix move them. Row
/// i is the 16 bytes to which lane 8 * matrix + i points.
using MatrixRows = std::array<std::array<uint16_t, 8>, 8>;

/// ldmatrix .m8n8.b16: the register that every lane gets from one matrix. Lane
/// l gets the elements (l / 4, 2 * (l % 4)) and (l / 4, 2 * (l % 4) + 1), the
/// first in the low half; with .trans their mirror images.
WarpRegister loadMatrixFragment(const MatrixRows &rows, bool transposed);

/// stmatrix .m8n8.b16: the matrix that the register of every lane makes up, the
/// inverse of loadMatrixFragment().
MatrixRows storeMatrixFragment(const WarpRegister &fragment, bool transposed);

/// Cycles that shared memory needs for `count` accesses of 16 bytes that come
/// together, eight to a pass (32 banks of 4 bytes): the sum over groups of
/// eight of the largest number of different 4-byte words in one bank. Without
/// conflicts it is count / 8, rounded up.
int sharedPasses16(const uint32_t *addresses, int count);

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_MATRIXMOVE_H
