//===- LowerContractBlocks.cpp - Which tile a block computes -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/GPUContractEmitter.h"

using namespace mlir;

namespace moec::gpu {

Value GPUContractEmitter::bitXor(Value x, Value y) {
  return arith::XOrIOp::create(b, loc, x, y);
}
Value GPUContractEmitter::zero(Type type) {
  return arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
}
void GPUContractEmitter::barrier() {
  if (workers == threads)
    mlir::gpu::BarrierOp::create(b, loc);
  else // number 0 is that of the whole block
    NVVM::BarrierOp::create(b, loc, TypeRange{}, c(1), c(workers), {}, Value());
}

void GPUContractEmitter::findRaggedTile(Value tile, BlockRange &range) {
  int64_t groups = operands.dims()[0];
  Value lane = rem(tid, 32);
  auto shuffle = [&](Value value, Value from, mlir::gpu::ShuffleMode mode) {
    return mlir::gpu::ShuffleOp::create(b, loc, value, from, c(32), mode);
  };
  auto ofLane = [&](Value value, Value from) -> Value {
    return shuffle(value, from, mlir::gpu::ShuffleMode::IDX).getShuffleResult();
  };
  // Tiles of the groups before; group, first row and end of the tile.
  SmallVector<Value> found = loop(
      c(0), c(groups), 32, {c(0), c(0), c(0), c(0)},
      [&](Value base, ValueRange args) {
        Value g = add(base, lane), at = minimum(g, c(groups - 1));
        Value low = offsetAt(index(at)), high = offsetAt(index(add(at, 1)));
        Value count = pick(lessThan(g, c(groups)), tilesOf(low, high), c(0));
        Value through = count; // up to and with this group
        for (int64_t distance = 1; distance < 32; distance *= 2) {
          auto below =
              shuffle(through, c(distance), mlir::gpu::ShuffleMode::UP);
          through = pick(below.getValid(),
                         add(through, below.getShuffleResult()), through);
        }
        Value after = add(args[0], through), before = sub(after, count);
        RaggedTile mine = tileIn(tile, before, after, low, high);
        Value votes =
            NVVM::VoteSyncOp::create(b, loc, b.getI32Type(), c(-1), mine.isHere,
                                     NVVM::VoteSyncKind::ballot);
        Value isHere = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne,
                                             votes, c(0));
        Value winner =
            minimum(math::CountTrailingZerosOp::create(b, loc, votes), c(31));
        return SmallVector<Value>{
            ofLane(after, c(31)), pick(isHere, add(base, winner), args[1]),
            pick(isHere, ofLane(mine.begin, winner), args[2]),
            pick(isHere, ofLane(mine.end, winner), args[3])};
      });
  range.group[0] = index(found[1]);
  range.mBegin = found[2];
  range.mEnd = found[3];
}

/// Tiles along m that are done before the next along n.
static constexpr int64_t superRow = 16;

int64_t GPUContractEmitter::numResident() const {
  int64_t resident = std::min(numBlocks(), machine.getMultiprocessors());
  return pairs ? resident / 2 * 2 : resident;
}

BlockRange GPUContractEmitter::decodeBlock(Value rest) {
  int64_t left = numBlocks();
  auto split = [&](int64_t extent) -> Value {
    left /= extent;
    if (left == 1 && extent > 1)
      return rest; // the last digit
    Value digit = rem(rest, extent);
    rest = div(rest, extent);
    return digit;
  };
  // m fastest: neighbouring blocks share the right operand, mostly weights.
  Value mIndex, nIndex;
  if (raggedM || mTiles <= superRow || nTiles == 1) {
    mIndex = split(mTiles);
    nIndex = split(nTiles);
  } else {
    // In rows of so many tiles: the blocks that run at a time cover a square
    // rather than a stripe and so read less of both operands.
    Value tile = split(mTiles * nTiles);
    Value first = mul(div(tile, superRow * nTiles), superRow);
    Value in = rem(tile, superRow * nTiles);
    Value rows = mTiles % superRow ? minimum(c(superRow), sub(c(mTiles), first))
                                   : c(superRow);
    mIndex = add(first, arith::RemUIOp::create(b, loc, in, rows).getResult());
    nIndex = arith::DivUIOp::create(b, loc, in, rows);
  }
  SmallVector<Value> group(mDim);
  for (unsigned g = mDim; g-- > 0;)
    group[g] = index(raggedM && g == 0 ? c(0) : split(operands.dims()[g]));
  return rangeOf(mIndex, nIndex, std::move(group));
}

} // namespace moec::gpu
