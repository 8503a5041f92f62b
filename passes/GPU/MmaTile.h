//===- MmaTile.h - A warp's products by mma.sync ---------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_GPU_MMATILE_H
#define MOEC_PASSES_GPU_MMATILE_H

#include "passes/GPU/PanelStager.h"

namespace moec::gpu {

/// Products of bf16 panels in shared memory by mma.sync m16n8k16 (PTX ISA,
/// "Matrix Fragments for mma.m16n8k16").
class MmaTile : codegen::IndexMath {
public:
  /// `stager` outlives this.
  MmaTile(mlir::Operation *op, PanelStager &stager)
      : IndexMath(op, mlir::IntegerType::get(op->getContext(), 32)),
        stager(stager) {}

  /// The fragments of rows `first` .. + `rows`, a multiple of 16, of a panel
  /// in the stage at byte `stage`, for the 16 steps from `k` on: four registers
  /// (i32) for every 16 rows. As a right factor two of them for every 8 rows.
  llvm::SmallVector<mlir::Value> fragments(mlir::OpBuilder &at,
                                           const Panel &panel, bool isLeft,
                                           mlir::Value stage, mlir::Value first,
                                           int64_t rows, mlir::Value k);
  /// sums += left * right, 16 x 8: four registers of the left factor, two of
  /// the right one, and four sums (f32).
  void multiply(mlir::OpBuilder &at, mlir::ValueRange left,
                mlir::ValueRange right,
                llvm::MutableArrayRef<mlir::Value> sums);

private:
  PanelStager &stager;
};

} // namespace moec::gpu

#endif // MOEC_PASSES_GPU_MMATILE_H
