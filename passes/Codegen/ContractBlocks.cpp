//===- ContractBlocks.cpp - A contraction in blocks -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Codegen/ContractBlocks.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moec::codegen {

/// Whether no set has more than `most` of the lines of 64 bytes that rows so
/// far apart begin in. Ends early where one has: rows of a large batch are
/// many.
static bool fitSets(int64_t sets, int64_t rows, int64_t stride, int64_t most) {
  constexpr int64_t lineElements = 16;
  SmallVector<int64_t> lines(sets);
  for (int64_t r = 0, last = -1; r < rows; ++r) {
    int64_t line = r * stride / lineElements;
    int64_t &inSet = lines[line % sets];
    inSet += line != last;
    if (inSet > most)
      return false;
    last = line;
  }
  return true;
}

bool canReadRows(int64_t rows, int64_t stride) {
  // Sets of 8 or 12 lines of L1.
  return fitSets(64, rows, stride, 6);
}

bool canReadStrip(int64_t lanes, int64_t depth, int64_t stride) {
  if (stride <= 0 || stride > 512 || stride % 256 == 0)
    return false;
  // With 16 lanes L2 is four times as large, and strips of 6272 rows were
  // faster in place than packed. Here 8 lines of a set are shared with the left
  // rows and the next strip: 3 are as good as packed, 6 and 12 are not.
  return lanes > 8 || fitSets(1024, depth, stride, 4);
}

LogicalResult ContractBlocks::readContract(StringRef scheduler) {
  FailureOr<KernelOperands> found = KernelOperands::create(b, op);
  if (failed(found))
    return failure();
  operands = *found;
  ArrayRef<int64_t> dims = operands.dims();
  mDim = op.getMDim(), nDim = op.getNDim(), kDim = op.getKDim();
  M = dims[mDim], N = dims[nDim], K = dims[kDim];
  if (op.getRaggedDim()) {
    raggedM = *op.getRaggedDim() == mDim;
    raggedK = *op.getRaggedDim() == kDim;
  }
  kernel::ScheduleAttr schedule = op.getScheduleAttr();
  if (!schedule || schedule.getTile().size() != 3 ||
      schedule.getMicro().size() != 2)
    return op.emitOpError("needs #kernel.schedule<tile = [m, n, k], micro = "
                          "[rows, columns]>; run ")
           << scheduler << " first";
  mTile = schedule.getTile()[0], nTile = schedule.getTile()[1];
  kTile = schedule.getTile()[2];
  return success();
}

void ContractBlocks::countTiles() {
  // Each group may end in the middle of a tile.
  mTiles =
      raggedM ? M / mTile + operands.dims()[0] : llvm::divideCeil(M, mTile);
  nTiles = llvm::divideCeil(N, nTile);
}

int64_t ContractBlocks::numBlocks() const {
  int64_t blocks = mTiles * nTiles;
  for (unsigned g = 0; g < mDim; ++g)
    blocks *= raggedM && g == 0 ? 1 : operands.dims()[g];
  return blocks;
}

bool ContractBlocks::movesAlongK(Region &region, unsigned rowDim) const {
  int64_t slowAlongRow = operands.numApart(region, rowDim);
  int64_t slowAlongK = operands.numApart(region, kDim);
  return slowAlongK < slowAlongRow ||
         (slowAlongK == slowAlongRow && rowDim == mDim);
}

Value ContractBlocks::offsetAt(Value group) {
  return position(operands.groupOffset(b, loc, group));
}

ContractBlocks::RaggedTile ContractBlocks::tileIn(Value tile, Value before,
                                                  Value after, Value low,
                                                  Value high) {
  Value begin = mad(sub(tile, before), mTile, low);
  Value end = minimum(add(begin, mTile), high);
  Value notBefore =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, tile, before);
  return {both(notBefore, lessThan(tile, after)), begin, end};
}

void ContractBlocks::findRaggedTile(Value tile, BlockRange &range) {
  // Tiles of the groups before; group, first row and end of the tile.
  SmallVector<Value> start = {c(0), c(0), c(0), c(0)};
  auto search = scf::ForOp::create(
      b, loc, c(0), c(operands.dims()[0]), c(1), start,
      [&](OpBuilder &inner, Location, Value g, ValueRange args) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPoint(inner.getInsertionBlock(),
                            inner.getInsertionPoint());
        Value low = offsetAt(index(g)), high = offsetAt(index(add(g, 1)));
        Value after = add(args[0], tilesOf(low, high));
        RaggedTile found = tileIn(tile, args[0], after, low, high);
        scf::YieldOp::create(
            b, loc,
            ValueRange{after, pick(found.isHere, g, args[1]),
                       pick(found.isHere, found.begin, args[2]),
                       pick(found.isHere, found.end, args[3])});
      });
  range.group[0] = index(search.getResult(1));
  range.mBegin = search.getResult(2);
  range.mEnd = search.getResult(3);
}

BlockRange ContractBlocks::rangeOf(Value m, Value n, SmallVector<Value> group) {
  BlockRange range;
  range.group = std::move(group);
  range.nBegin = mul(n, nTile);
  range.nEnd = N % nTile ? minimum(add(range.nBegin, nTile), c(N))
                         : add(range.nBegin, nTile);
  if (raggedM) {
    findRaggedTile(m, range);
  } else {
    range.mBegin = mul(m, mTile);
    range.mEnd = M % mTile ? minimum(add(range.mBegin, mTile), c(M))
                           : add(range.mBegin, mTile);
  }
  range.kBegin = c(0);
  range.kEnd = c(K);
  if (raggedK) {
    Value one = arith::ConstantIndexOp::create(b, loc, 1);
    range.kBegin = offsetAt(range.group[0]);
    range.kEnd = offsetAt(arith::AddIOp::create(b, loc, range.group[0], one));
  }
  return range;
}

SmallVector<Value> ContractBlocks::pointOf(const BlockRange &range, Value m,
                                           Value n, Value k) {
  SmallVector<Value> dims = range.group;
  for (Value v : {m, n, k})
    dims.push_back(v ? index(v) : Value());
  return dims;
}

} // namespace moec::codegen
