//===- MmaTile.cpp - A warp's products by mma.sync ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A panel whose lines run along the depth is read as it lies, one whose lines
// run along its rows with .trans.
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/MmaTile.h"

using namespace mlir;

namespace moec::gpu {

SmallVector<Value> MmaTile::fragments(OpBuilder &at, const Panel &panel,
                                      bool isLeft, Value stage, Value first,
                                      int64_t rows, Value k) {
  b.restoreInsertionPoint(at.saveInsertionPoint());
  // Four matrices of 8 x 8 a time; lanes 8 i .. 8 i + 7 point to the lines of
  // matrix i. On the left matrix 1 is below matrix 0, on the right it is the
  // second half of k: the order in which mma.sync wants the registers.
  Value lane = rem(stager.worker, 32), in = rem(lane, 8), matrix = div(lane, 8);
  Value rowHalf = isLeft ? rem(matrix, 2) : div(matrix, 2),
        kHalf = isLeft ? div(matrix, 2) : rem(matrix, 2);
  Type i32 = b.getI32Type();
  auto four =
      LLVM::LLVMStructType::getLiteral(b.getContext(), {i32, i32, i32, i32});
  SmallVector<Value> registers;
  for (int64_t begin = 0; begin < rows; begin += 16) {
    Value row = add(mad(rowHalf, 8, first), begin), kk = mad(kHalf, 8, k);
    (panel.alongDepth ? row : kk) = add(panel.alongDepth ? row : kk, in);
    Value place =
        add(add(stage, stager.swizzled(b, panel, row, kk)), panel.offset);
    Value loaded = NVVM::LdMatrixOp::create(
        b, loc, four, stager.memory.at(b, loc, place), 4,
        panel.alongDepth ? NVVM::MMALayout::row : NVVM::MMALayout::col,
        NVVM::LdStMatrixShapeAttr::get(b.getContext(), 8, 8),
        NVVM::LdStMatrixEltType::B16);
    for (int64_t r = 0; r < 4; ++r)
      registers.push_back(LLVM::ExtractValueOp::create(b, loc, loaded, r));
  }
  return registers;
}

void MmaTile::multiply(OpBuilder &at, ValueRange left, ValueRange right,
                       MutableArrayRef<Value> sums) {
  b.restoreInsertionPoint(at.saveInsertionPoint());
  Type f32 = b.getF32Type();
  auto result =
      LLVM::LLVMStructType::getLiteral(b.getContext(), {f32, f32, f32, f32});
  Value product = NVVM::MmaOp::create(
      b, loc, result, left, right, ValueRange(ArrayRef<Value>(sums)),
      ArrayRef<int64_t>{16, 8, 16}, std::nullopt, std::nullopt,
      std::array{NVVM::MMATypes::bf16, NVVM::MMATypes::bf16},
      std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
  for (int64_t r = 0; r < 4; ++r)
    sums[r] = LLVM::ExtractValueOp::create(b, loc, product, r);
}

} // namespace moec::gpu
