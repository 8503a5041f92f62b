//===- SimtTile.h - A thread's products by FMAs ----------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_GPU_SIMTTILE_H
#define MOEC_PASSES_GPU_SIMTTILE_H

#include "passes/GPU/LaunchShape.h"

namespace moec::gpu {

/// What a thread multiplies of a factor that lies in shared memory as f32,
/// [step][row]: groups of up to four rows that lie side by side (one load of 16
/// bytes), the groups of all threads side by side, so that a quarter of a warp
/// reads all banks.
struct SimtFactor {
  /// Byte of the first group at step 0 (i32). If there are several: steps 4 i
  /// to 4 i + 3 count from number i, in turn.
  llvm::SmallVector<mlir::Value> at;
  int64_t rows;    ///< of the thread: 1, 2, 4 or 8
  int64_t between; ///< elements from one of its groups to the next
  int64_t stride;  ///< elements from one step to the next

  static int64_t groupSize(int64_t rows) { return std::min<int64_t>(rows, 4); }
};

/// sums[i * right.rows + j] += sum over k < depth of left(i, k) * right(j, k),
/// in ascending k, written out.
llvm::SmallVector<mlir::Value>
multiplySimt(mlir::OpBuilder &b, mlir::Location loc, const SharedMemory &memory,
             const SimtFactor &left, const SimtFactor &right, int64_t depth,
             mlir::ValueRange sums);

} // namespace moec::gpu

#endif // MOEC_PASSES_GPU_SIMTTILE_H
