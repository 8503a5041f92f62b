//===- LowerContract.cpp - kernel.contract to loops over vectors ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "mlir/IR/Remarks.h"
#include "passes/CPU/ContractEmitter.h"
#include "passes/CPU/Passes.h"
#include "passes/Remarks.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moec::cpu {
#define GEN_PASS_DEF_LOWERCONTRACTPASS
#include "passes/CPU/Passes.h.inc"

// A panel that holds all of k stays packed between blocks up to these sizes.
// The left one has to stay in L2; the right one is read again from L3, which is
// still cheaper than packing it again.
static constexpr int64_t residentLeftBytes = 192 << 10;
static constexpr int64_t residentRightBytes = 8 << 20;
// Elements between rows of a right operand that is not packed.
static constexpr int64_t maxDirectStride = 512;

Value ContractEmitter::add(Value x, Value y) {
  return arith::AddIOp::create(b, loc, x, y);
}
Value ContractEmitter::sub(Value x, Value y) {
  return arith::SubIOp::create(b, loc, x, y);
}
Value ContractEmitter::mul(Value x, int64_t y) {
  return arith::MulIOp::create(b, loc, x, c(y));
}
Value ContractEmitter::minimum(Value x, Value y) {
  return arith::MinSIOp::create(b, loc, x, y);
}
Value ContractEmitter::ceilDiv(Value x, int64_t y) {
  return arith::DivUIOp::create(b, loc, add(x, c(y - 1)), c(y));
}
void ContractEmitter::loop(Value from, Value to, int64_t step,
                           function_ref<void(Value)> body) {
  auto loop = scf::ForOp::create(b, loc, from, to, c(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

Panel ContractEmitter::planPanel(Region &region, unsigned rowDim) {
  Panel panel{&region, rowDim, false, false, true, 0, {}};
  // Lanes along the dimension in which fewer elements must be gathered.
  int64_t slowAlongRow = 0, slowAlongK = 0;
  for (unsigned input : usedArguments(region)) {
    auto slow = [&](unsigned dim) {
      LaneKind kind = operands.along(input, dim).kind;
      return kind == LaneKind::Strided || kind == LaneKind::Irregular;
    };
    int64_t weight = operands.numElements(input);
    slowAlongRow += slow(rowDim) ? weight : 0;
    slowAlongK += slow(kDim) ? weight : 0;
    for (unsigned g = 0; g < mDim; ++g)
      panel.everyGroup &= !operands.dependsOn(input, g);
  }
  panel.lanesAlongK = slowAlongK < slowAlongRow ||
                      (slowAlongK == slowAlongRow && rowDim == mDim);
  return panel;
}

/// The right input if its rows can be multiplied where they lie: plain f32,
/// contiguous along n, evenly spaced along k, no columns past the end, and rows
/// so near each other that a strip neither spreads over too many pages nor
/// falls into few cache sets.
int32_t ContractEmitter::directRight() {
  for (unsigned input : usedArguments(op.getRhs())) {
    LaneInfo steps = operands.along(input, kDim);
    bool plain = yieldsArgument(op.getRhs(), input) &&
                 operands.elementType(input).isF32() &&
                 operands.gather(input) < 0 && N % nr == 0;
    if (plain && operands.along(input, nDim).kind == LaneKind::Unit &&
        steps.kind == LaneKind::Strided && steps.stride > 0 &&
        steps.stride <= maxDirectStride && steps.stride % 256 != 0)
      return input;
  }
  return -1;
}

LogicalResult ContractEmitter::plan() {
  ArrayRef<int64_t> dims = operands.dims();
  mDim = op.getMDim(), nDim = op.getNDim(), kDim = op.getKDim();
  M = dims[mDim], N = dims[nDim], K = dims[kDim];
  if (op.getRaggedDim()) {
    raggedM = *op.getRaggedDim() == mDim;
    raggedK = *op.getRaggedDim() == kDim;
    if (!raggedM && !raggedK)
      return op.emitOpError("dimension ")
             << *op.getRaggedDim()
             << " is ragged; the CPU knows ragged m and ragged k";
    if (mDim == 0)
      return op.emitOpError("has a ragged dimension but no group dimension");
  }
  kernel::ScheduleAttr schedule = op.getScheduleAttr();
  if (!schedule || schedule.getTile().size() != 3 ||
      schedule.getMicro().size() != 2)
    return op.emitOpError("needs #kernel.schedule<tile = [m, n, k], micro = "
                          "[rows, columns]>; run moec-assign-schedule first");
  // A register tile is written out; this is far more than there are registers.
  constexpr int64_t maxTileVectors = 1024;
  mr = schedule.getMicro()[0];
  if (mr > maxTileVectors || schedule.getMicro()[1] > maxTileVectors * vl / mr)
    return op.emitOpError("expected a register tile of at most ")
           << maxTileVectors << " vectors of " << vl << " lanes, got "
           << schedule;
  nr = llvm::alignTo(schedule.getMicro()[1], vl);
  nv = nr / vl;
  mTile = llvm::alignTo(std::min(schedule.getTile()[0], M), mr);
  nTile = llvm::alignTo(std::min(schedule.getTile()[1], N), nr);
  kTile = std::min(schedule.getTile()[2], K);
  mTiles = raggedM ? M / mTile + dims[0] : llvm::divideCeil(M, mTile);
  nTiles = llvm::divideCeil(N, nTile);
  kBlocks = llvm::divideCeil(K, kTile);
  single = kBlocks == 1 && !raggedK;
  kPad = llvm::alignTo(kTile, vl);
  // Odd multiples of a cache line spread rows over all sets.
  kStride = (kPad / vl | 1) * vl;
  // Odd multiples of a cache line spread rows and strips over all sets.
  strips = vl % mr == 0;
  int64_t lines = llvm::divideCeil(strips ? kPad * mr : mTile, vl) | 1;
  mStride = strips ? mr : lines * vl;
  stripElements = strips ? lines * vl : mr;

  if (!raggedK && (kBlocks == 1 || kTile % vl == 0))
    operands.setAligned(kDim, vl);
  left = planPanel(op.getLhs(), mDim);
  right = planPanel(op.getRhs(), nDim);
  left.blockElements = left.lanesAlongK ? mTile * kStride
                       : strips ? llvm::alignTo(mTile, vl) / mr * stripElements
                                : kPad * mStride;
  right.direct = directRight();
  right.blockElements = right.direct >= 0 ? 0 : kPad * nTile;
  left.resident = !raggedK && !raggedM &&
                  left.blockElements * kBlocks * 4 <= residentLeftBytes;
  right.resident =
      !raggedK && right.blockElements * kBlocks * 4 <= residentRightBytes;
  if (right.direct >= 0)
    right.resident = false;
  for (Panel *panel : {&left, &right})
    panel->buffer = scratch.allocate(
        b, loc, panel->blockElements * (panel->resident ? kBlocks : 1),
        b.getF32Type());
  sums = scratch.allocate(b, loc, single ? mr * nr : mTile * nTile,
                          b.getF32Type());
  return success();
}

void ContractEmitter::remarkSlowOperands() {
  auto report = [&](unsigned operand, unsigned dim, StringRef where) {
    LaneKind kind = operands.along(operand, dim).kind;
    if (kind != LaneKind::Strided && kind != LaneKind::Irregular)
      return;
    unsigned inputs = operands.numInputs();
    remark::missed(loc, remarkAbout(op, "SlowOperand", "CPU"))
        << remark::reason("{0}: {1} {2} {3} along the vector lanes, so it is "
                          "moved element by element",
                          where, operand < inputs ? "input" : "out",
                          operand < inputs ? operand : operand - inputs,
                          kind == LaneKind::Strided ? "is not contiguous"
                                                    : "is indexed irregularly")
        << remark::suggest("store it transposed, or split the dimension in "
                           "multiples of {0}",
                           vl);
  };
  for (Panel *panel : {&left, &right})
    for (unsigned input : usedArguments(*panel->region))
      report(input, panel->lanesAlongK ? kDim : panel->rowDim,
             panel == &left ? "left operand" : "right operand");
  for (unsigned input : usedArguments(op.getEpilogue()))
    if (input < operands.numInputs())
      report(input, nDim, "epilogue");
  for (unsigned o = 0; o < operands.numOuts(); ++o)
    report(operands.numInputs() + o, nDim, "epilogue");
}

Value ContractEmitter::offsetAt(Value group) {
  return arith::IndexCastOp::create(b, loc, b.getIndexType(),
                                    operands.groupOffset(b, loc, group));
}

/// Group and row range of tile number `tile`, counted through all groups. The
/// range stays empty for a tile past the last.
void ContractEmitter::findRaggedTile(Value tile, BlockRange &range) {
  SmallVector<Value> start = {c(0), c(0), c(0), c(0)};
  auto search = scf::ForOp::create(
      b, loc, c(0), c(operands.dims()[0]), c(1), start,
      [&](OpBuilder &inner, Location, Value g, ValueRange args) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPoint(inner.getInsertionBlock(),
                            inner.getInsertionPoint());
        Value low = offsetAt(g), high = offsetAt(add(g, c(1)));
        Value before = args[0], rows = sub(high, low);
        Value after = add(before, ceilDiv(rows, mTile));
        auto is = [&](arith::CmpIPredicate p, Value x, Value y) {
          return arith::CmpIOp::create(b, loc, p, x, y).getResult();
        };
        Value here = arith::AndIOp::create(
            b, loc, is(arith::CmpIPredicate::sge, tile, before),
            is(arith::CmpIPredicate::slt, tile, after));
        Value first = mad(sub(tile, before), mTile, low);
        auto pick = [&](Value yes, Value no) {
          return arith::SelectOp::create(b, loc, here, yes, no).getResult();
        };
        scf::YieldOp::create(
            b, loc,
            ValueRange{after, pick(g, args[1]), pick(first, args[2]),
                       pick(minimum(add(first, c(mTile)), high), args[3])});
      });
  range.group[0] = search.getResult(1);
  range.mBegin = search.getResult(2);
  range.mEnd = search.getResult(3);
}

BlockRange ContractEmitter::decodeBlock(Value block, Value &mIndex,
                                        Value &nIndex) {
  auto split = [&](Value &rest, int64_t extent) -> Value {
    if (extent == 1)
      return c(0);
    Value digit = arith::RemUIOp::create(b, loc, rest, c(extent));
    rest = arith::DivUIOp::create(b, loc, rest, c(extent));
    return digit;
  };
  BlockRange range;
  Value rest = block;
  mIndex = split(rest, mTiles);
  nIndex = split(rest, nTiles);
  range.group.resize(mDim);
  for (unsigned g = mDim; g-- > 0;)
    range.group[g] = raggedM && g == 0 ? c(0) : split(rest, operands.dims()[g]);
  range.nBegin = mul(nIndex, nTile);
  range.nEnd = N % nTile ? minimum(add(range.nBegin, c(nTile)), c(N))
                         : add(range.nBegin, c(nTile));
  range.kBegin = c(0);
  range.kEnd = c(K);
  if (raggedM) {
    findRaggedTile(mIndex, range);
  } else {
    range.mBegin = mul(mIndex, mTile);
    range.mEnd = M % mTile ? minimum(add(range.mBegin, c(mTile)), c(M))
                           : add(range.mBegin, c(mTile));
  }
  if (raggedK) {
    range.kBegin = offsetAt(range.group[0]);
    range.kEnd = offsetAt(add(range.group[0], c(1)));
  }
  return range;
}

/// Packs a resident panel if its key differs from the one packed before.
Value ContractEmitter::packIfChanged(Panel &panel, const BlockRange &range,
                                     Value tileIndex, Value oldKey) {
  Value key = c(0);
  if (!panel.everyGroup)
    for (unsigned g = 0; g < mDim; ++g)
      key = mad(key, operands.dims()[g], range.group[g]);
  key = mad(key, panel.rowDim == mDim ? mTiles : nTiles, tileIndex);
  Value changed =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, key, oldKey);
  auto branch = scf::IfOp::create(b, loc, changed, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  if (single)
    pack(panel, range, c(0), c(K), c(0));
  else
    loop(c(0), c(kBlocks), 1, [&](Value block) {
      Value from = mul(block, kTile);
      pack(panel, range, from, minimum(add(from, c(kTile)), c(K)), block);
    });
  return key;
}

void ContractEmitter::emitTiles(const BlockRange &range,
                                function_ref<void(Value, Value)> body) {
  Value rows = ceilDiv(sub(range.mEnd, range.mBegin), mr);
  Value columns = ceilDiv(sub(range.nEnd, range.nBegin), nr);
  loop(c(0), columns, 1,
       [&](Value j) { loop(c(0), rows, 1, [&](Value i) { body(i, j); }); });
}

SmallVector<Value> ContractEmitter::emitBlock(Value block, ValueRange keys) {
  Value mIndex, nIndex;
  BlockRange range = decodeBlock(block, mIndex, nIndex);
  SmallVector<Value> newKeys(keys);
  if (right.resident && !raggedM)
    newKeys[1] = packIfChanged(right, range, nIndex, keys[1]);
  if (left.resident)
    newKeys[0] = packIfChanged(left, range, mIndex, keys[0]);
  if (raggedM && right.resident) {
    // Blocks past the last tile have no rows: they pack nothing.
    Value some = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                       range.mBegin, range.mEnd);
    auto branch =
        scf::IfOp::create(b, loc, TypeRange{b.getIndexType()}, some, true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    Value key = packIfChanged(right, range, nIndex, keys[1]);
    scf::YieldOp::create(b, loc, key);
    b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(b, loc, keys[1]);
    newKeys[1] = branch.getResult(0);
  }

  if (single) {
    if (!left.resident)
      pack(left, range, c(0), c(K), c(0));
    if (!right.resident && right.direct < 0)
      pack(right, range, c(0), c(K), c(0));
    emitTiles(range, [&](Value i, Value j) {
      prefetchEpilogue(range, i, j);
      emitTile(range, i, j, c(0), c(0), c(K));
      emitEpilogue(range, i, j);
    });
    return newKeys;
  }
  zeroSums();
  loop(range.kBegin, range.kEnd, kTile, [&](Value k) {
    Value kEnd = minimum(add(k, c(kTile)), range.kEnd);
    Value index = arith::DivUIOp::create(b, loc, k, c(kTile));
    for (Panel *panel : {&left, &right})
      if (!panel->resident && panel->direct < 0)
        pack(*panel, range, k, kEnd, index);
    emitTiles(range, [&](Value i, Value j) {
      emitTile(range, i, j, index, k, sub(kEnd, k));
    });
  });
  emitTiles(range, [&](Value i, Value j) { emitEpilogue(range, i, j); });
  return newKeys;
}

void ContractEmitter::emitBlocks() {
  // Keys of the panels that lie in scratch; none at first.
  SmallVector<Value> keys = {c(-1), c(-1)};
  scf::ForOp::create(
      b, loc, kernel.begin, kernel.end, c(1), keys,
      [&](OpBuilder &inner, Location, Value block, ValueRange keysIn) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPoint(inner.getInsertionBlock(),
                            inner.getInsertionPoint());
        scf::YieldOp::create(b, loc, emitBlock(block, keysIn));
      });
}

LogicalResult ContractEmitter::emit() {
  FailureOr<KernelOperands> found = KernelOperands::create(b, op);
  if (failed(found))
    return failure();
  operands = *found;
  if (failed(plan()))
    return failure();
  remarkSlowOperands();
  emitBlocks();
  if (broken)
    return failure();
  int64_t blocks = mTiles * nTiles;
  for (unsigned g = 0; g < mDim; ++g)
    blocks *= raggedM && g == 0 ? 1 : operands.dims()[g];
  moec::kernel::attr::variant.set(
      kernel.func,
      b.getStringAttr(llvm::formatv("tile {0}x{1}x{2}, micro {3}x{4}", mTile,
                                    nTile, kTile, mr, nr)));
  kernel.finish(blocks, scratch.bytes());
  return success();
}

namespace {
struct LowerContractPass : impl::LowerContractPassBase<LowerContractPass> {
  void runOnOperation() override {
    auto lower = [&](kernel::ContractOp op, KernelFunction &kernel) {
      auto cpu = kernel::getMachine<kernel::CpuAttr>(op);
      return cpu ? ContractEmitter(op, kernel, cpu.getLanes()).emit()
                 : failure();
    };
    if (failed(
            KernelFunction::lower<kernel::ContractOp>(getOperation(), lower)))
      signalPassFailure();
  }
};
} // namespace
} // namespace moec::cpu
