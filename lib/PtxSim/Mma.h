//===- Mma.h - mma.sync: products of small tiles by one warp -- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_MMA_H
#define MOEC_LIB_PTXSIM_MMA_H

#include "lib/PtxSim/TensorFloat.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace moec::ptxsim {

constexpr int warpLanes = 32;

/// One 32-bit register of all lanes of a warp.
using WarpRegister = std::array<uint32_t, warpLanes>;

/// What an mma.sync computes: D[m, n] = A[m, k] * B[k, n] + C[m, n]. A is held
/// by rows and B by columns (.row.col), the only layout of these shapes.
struct MmaShape {
  int m = 16, n = 8, k = 16;
  MatrixType type = MatrixType::BF16;
  /// C and D are f16 instead of f32.
  bool halfAccumulator = false;

  int elementsPerRegister() const { return type == MatrixType::TF32 ? 1 : 2; }
  int aRegisters() const { return m * k / warpLanes / elementsPerRegister(); }
  int bRegisters() const { return k * n / warpLanes / elementsPerRegister(); }
  int cRegisters() const {
    return m * n / warpLanes / (halfAccumulator ? 2 : 1);
  }
};

/// Reads what follows "mma.sync.aligned." in an opcode, for example
/// "m16n8k16.row.col.f32.bf16.bf16.f32". False where that is not one of
///   m16n8k8   f16, bf16, tf32
///   m16n8k16  f16, bf16
///   m16n8k4   tf32
/// with f32 accumulators, or f16 ones for f16.
bool parseMmaShape(std::string_view modifiers, MmaShape &shape);

/// Executes one mma.sync. Fragments as in the manual, section "Matrix fragments
/// for mma.m16n8k..."; with g = lane / 4 and t = lane % 4, register r and p
/// elements to a register, element e of it:
///   A: row g + 8 * (r & 1), column p * t + e + 4 * p * (r >> 1)
///   B: row p * t + e + 4 * p * r, column g
///   C: f32 row g + 8 * (r >> 1), column 2 * t + (r & 1);
///      f16 row g + 8 * r, column 2 * t + e
/// Sums are built in f32, see multiplyAccumulate(); an f16 result is rounded
/// once at the end. D may be the registers of C.
void executeMma(const MmaShape &shape, const WarpRegister *a,
                const WarpRegister *b, const WarpRegister *c, WarpRegister *d);

/// Floating-point operations of one mma.sync: 2 * m * n * k.
inline int64_t mmaFlops(const MmaShape &shape) {
  return int64_t{2} * shape.m * shape.n * shape.k;
}

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_MMA_H
