//===- SimtTile.cpp - A thread's products by FMAs -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/SimtTile.h"

using namespace mlir;

namespace moec::gpu {

/// The elements of step `k`.
static SmallVector<Value> read(OpBuilder &b, Location loc,
                               const SharedMemory &memory,
                               const SimtFactor &factor, int64_t k) {
  int64_t width = SimtFactor::groupSize(factor.rows);
  Type type = b.getF32Type();
  if (width > 1)
    type = VectorType::get({width}, type);
  Value at = factor.at[k / 4 % factor.at.size()];
  SmallVector<Value> elements;
  for (int64_t g = 0; g < factor.rows / width; ++g) {
    Value group = memory.load(b, loc, type, at,
                              (k * factor.stride + g * factor.between) * 4);
    for (int64_t j = 0; j < width; ++j)
      elements.push_back(width == 1 ? group
                                    : vector::ExtractOp::create(
                                          b, loc, group, ArrayRef<int64_t>{j})
                                          .getResult());
  }
  return elements;
}

SmallVector<Value> multiplySimt(OpBuilder &b, Location loc,
                                const SharedMemory &memory,
                                const SimtFactor &left, const SimtFactor &right,
                                int64_t depth, ValueRange sumsIn) {
  SmallVector<Value> sums(sumsIn);
  for (int64_t k = 0; k < depth; ++k) {
    SmallVector<Value> rows = read(b, loc, memory, left, k);
    SmallVector<Value> columns = read(b, loc, memory, right, k);
    for (int64_t i = 0; i < left.rows; ++i)
      for (int64_t j = 0; j < right.rows; ++j) {
        Value &sum = sums[i * right.rows + j];
        sum = math::FmaOp::create(b, loc, rows[i], columns[j], sum);
      }
  }
  return sums;
}

} // namespace moec::gpu
