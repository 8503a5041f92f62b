//===- Wgmma.h - wgmma: products by four warps ---------------- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_WGMMA_H
#define MOEC_LIB_PTXSIM_WGMMA_H

#include "lib/PtxSim/Mma.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace moec::ptxsim {

/// What a wgmma.mma_async computes: D[64, n] = A[64, k] * B[k, n] (+ D). A row
/// of k elements is always 32 bytes.
struct WgmmaShape {
  int n = 8, k = 16;
  MatrixType type = MatrixType::BF16;
  bool halfAccumulator = false;

  int accumulatorRegisters() const { return halfAccumulator ? n / 4 : n / 2; }
  int64_t flops() const { return int64_t{2} * 64 * n * k; }
};

/// Reads what follows "wgmma.mma_async.sync.aligned." in an opcode, for example
/// "m64n128k16.f32.bf16.bf16". False where that is not m64nNk16 of f16 or bf16
/// or m64nNk8 of tf32, N = 8, 16, ... 256, with f32 accumulators, or f16 ones
/// for f16.
bool parseWgmmaShape(std::string_view modifiers, WgmmaShape &shape);

/// A matrix descriptor: where an operand lies in shared memory.
struct MatrixDescriptor {
  uint32_t start = 0;   ///< address, a multiple of 16
  uint32_t leading = 0; ///< leading-dimension byte offset
  uint32_t stride = 0;  ///< stride-dimension byte offset
  uint32_t base = 0;    ///< base offset, 0 to 7
  unsigned swizzle = 0; ///< bytes: 0, 32, 64 or 128
};

/// The bits of a descriptor. Fields hold address and offsets without their low
/// four bits: start 0-13, leading 16-29, stride 32-45, base offset 49-51,
/// swizzle 62-63 (0 none, 1 128 bytes, 2 64 bytes, 3 32 bytes). Throws
/// Violation where a bit of no field is set.
MatrixDescriptor decodeMatrixDescriptor(uint64_t bits);
uint64_t encodeMatrixDescriptor(const MatrixDescriptor &descriptor);

/// The addresses of the 16-byte pieces of an operand with `rows` rows (m of A,
/// n of B, a multiple of 8) and 32 bytes of k, in shared memory.
///
/// K-major (no transposition): pieces [rows][2]; piece j of row r lies at
///   (r % 8) * w + (r / 8) * stride + j * 16     w = swizzle, or 16 for none;
///   without swizzle j * leading stands for j * 16.
/// MN-major (2-byte elements, k = 16): pieces [16][rows / 8]; piece i of k
/// lies, with c = swizzle / 16, at
///   (i % c) * 16 + (i / c) * leading + (k % 8) * swizzle + (k / 8) * stride,
///   without swizzle at i * stride + (k % 8) * 16 + (k / 8) * leading.
/// Bits 4-6 of each address are then combined with bits 7-9 as the swizzle
/// says; a pattern that does not begin on its repeat is shifted by the base
/// offset.
void operandPieces(const MatrixDescriptor &descriptor, int rows, bool mnMajor,
                   std::vector<uint32_t> &addresses);

/// Elements of an operand, from its pieces in the order of operandPieces():
/// out [rows][k] for A, or [k][rows] for B. `bytes` holds 16 bytes a piece.
void operandElements(const uint8_t *bytes, MatrixType type, int rows,
                     bool mnMajor, bool rowsOutside, float *out);

/// Passes that shared memory needs for the pieces, eight a core matrix, beyond
/// the one of each core matrix.
int64_t operandConflicts(const std::vector<uint32_t> &addresses, int rows,
                         bool mnMajor);

/// A[64, k] out of four registers (f16, bf16) or four (tf32) of four warps:
/// register r of warp w in registers[4 * w + r]. Warp w holds rows 16 * w on,
/// as an mma.sync of 16 rows holds A.
void wgmmaRegistersToA(const WgmmaShape &shape, const WarpRegister *registers,
                       float *a);

/// Row and column of D that register `r` of lane `lane` of warp `warp` holds;
/// of an f16 pair the first.
inline int wgmmaRow(const WgmmaShape &shape, int warp, int lane, int r) {
  return 16 * warp + lane / 4 +
         8 * (shape.halfAccumulator ? r & 1 : r >> 1 & 1);
}
inline int wgmmaColumn(const WgmmaShape &shape, int lane, int r) {
  return shape.halfAccumulator ? 8 * (r >> 1) + 2 * (lane % 4)
                               : 8 * (r >> 2) + 2 * (lane % 4) + (r & 1);
}

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_WGMMA_H
