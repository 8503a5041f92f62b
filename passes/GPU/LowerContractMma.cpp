//===- LowerContractMma.cpp - Contraction by mma.sync ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A warp has micro m x micro n of the tile, in pieces of 16 x 8; per step of 16
// along k it loads the fragments of its rows and columns with ldmatrix and
// multiplies all pairs. A panel whose lines run along k is read as it lies, one
// whose lines run along its rows with .trans.
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/GPUContractEmitter.h"

using namespace mlir;

namespace moec::gpu {

SmallVector<Value> GPUContractEmitter::fragments(const Panel &panel,
                                                 Value stage, Value first,
                                                 int64_t rows, Value kk) {
  // Four matrices of 8 x 8 a time; lanes 8 i .. 8 i + 7 point to the lines of
  // matrix i. On the left matrix 1 is below matrix 0, on the right it is the
  // second half of k: the order in which mma.sync wants the registers.
  Value lane = rem(tid, 32), in = rem(lane, 8), matrix = div(lane, 8);
  bool isLeft = &panel == &left;
  Value rowHalf = isLeft ? rem(matrix, 2) : div(matrix, 2),
        kHalf = isLeft ? div(matrix, 2) : rem(matrix, 2);
  Type i32 = b.getI32Type();
  auto four =
      LLVM::LLVMStructType::getLiteral(b.getContext(), {i32, i32, i32, i32});
  SmallVector<Value> registers;
  for (int64_t at = 0; at < rows; at += 16) {
    Value row = add(mad(rowHalf, 8, first), at), k = mad(kHalf, 8, kk);
    (panel.alongK ? row : k) = add(panel.alongK ? row : k, in);
    Value place = add(add(stage, swizzled(panel, row, k)), panel.offset);
    Value loaded = NVVM::LdMatrixOp::create(
        b, loc, four, sharedAt(place), 4,
        panel.alongK ? NVVM::MMALayout::row : NVVM::MMALayout::col,
        NVVM::LdStMatrixShapeAttr::get(b.getContext(), 8, 8),
        NVVM::LdStMatrixEltType::B16);
    for (int64_t r = 0; r < 4; ++r)
      registers.push_back(LLVM::ExtractValueOp::create(b, loc, loaded, r));
  }
  return registers;
}

SmallVector<Value> GPUContractEmitter::mmaTile(Value stage, ValueRange sumsIn) {
  SmallVector<Value> sums(sumsIn);
  int64_t columns = nTile / nMicro;
  Value warp = div(inPart(), 32);
  Value firstRow = mul(div(warp, columns), mMicro),
        firstColumn = mul(rem(warp, columns), nMicro);
  Type f32 = b.getF32Type();
  auto result =
      LLVM::LLVMStructType::getLiteral(b.getContext(), {f32, f32, f32, f32});
  for (int64_t at = 0; at < kTile / kParts; at += 16) {
    Value kk = kParts == 1 ? c(at) : add(mul(part(), kTile / kParts), at);
    SmallVector<Value> rows = fragments(left, stage, firstRow, mMicro, kk),
                       cols = fragments(right, stage, firstColumn, nMicro, kk);
    for (int64_t i = 0; i < mMicro / 16; ++i)
      for (int64_t j = 0; j < nMicro / 8; ++j) {
        auto sum = MutableArrayRef(sums).slice((i * (nMicro / 8) + j) * 4, 4);
        Value product = NVVM::MmaOp::create(
            b, loc, result, ValueRange(ArrayRef(rows).slice(i * 4, 4)),
            ValueRange(ArrayRef(cols).slice(j * 2, 2)), ValueRange(sum),
            ArrayRef<int64_t>{16, 8, 16}, std::nullopt, std::nullopt,
            std::array{NVVM::MMATypes::bf16, NVVM::MMATypes::bf16},
            std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
        for (int64_t r = 0; r < 4; ++r)
          sum[r] = LLVM::ExtractValueOp::create(b, loc, product, r);
      }
  }
  return sums;
}

void GPUContractEmitter::emitMma(const BlockRange &range) {
  SmallVector<Value> sums(mMicro * nMicro / 32, zero(b.getF32Type()));
  sums = mainLoop(range, sums, [&](Value stage, ValueRange sumsIn) {
    return mmaTile(stage, sumsIn);
  });
  // 16 rows of every warp at a time. Register r of a piece holds row
  // lane / 4 + 8 (r / 2), column 2 (lane % 4) + r % 2.
  int64_t warpRows = mTile / mMicro, warpColumns = nTile / nMicro;
  Value warp = div(inPart(), 32), lane = rem(tid, 32);
  Value row = mad(div(warp, warpColumns), 16, div(lane, 4));
  Value column = mad(rem(warp, warpColumns), nMicro, mul(rem(lane, 4), 2));
  // Of the two halves of 16 columns.
  Value places[] = {epiloguePlace(row, column),
                    epiloguePlace(row, add(column, 8))};
  if (kParts > 1)
    for (Value &place : places)
      place = mad(part(), epilogueBytes(warpRows * 16) / kParts, place);
  for (int64_t i = 0; i < mMicro / 16; ++i) {
    if (i)
      barrier();
    for (int64_t j = 0; j < nMicro / 8; ++j)
      for (int64_t half = 0; half < 2; ++half) {
        auto sum =
            ArrayRef(sums).slice((i * (nMicro / 8) + j) * 4 + half * 2, 2);
        Value pair = vector::FromElementsOp::create(
            b, loc, VectorType::get({2}, b.getF32Type()), sum);
        sharedStore(pair, places[j % 2],
                    (half * 8 * epilogueStride() + j / 2 * 16) * 4);
      }
    barrier();
    emitEpilogue(range,
                 {warpRows * 16, [&](Value local) {
                    return add(mad(div(local, 16), mMicro, rem(local, 16)),
                               i * 16);
                  }});
  }
}

} // namespace moec::gpu
