//===- LowerContract.cpp - kernel.contract to loops over vectors ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "passes/CPU/ContractEmitter.h"
#include "passes/CPU/Passes.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moec::cpu {
#define GEN_PASS_DEF_LOWERCONTRACTPASS
#include "passes/CPU/Passes.h.inc"

void ContractEmitter::loop(Value from, Value to, int64_t step,
                           function_ref<void(Value)> body) {
  emitLoop(b, loc, from, to, step, body);
}

ContractPanel ContractEmitter::planPanel(Region &region, unsigned rowDim) {
  ContractPanel panel;
  panel.region = &region;
  panel.rowDim = rowDim;
  panel.depthDim = kDim;
  panel.alongDepth = movesAlongK(region, rowDim);
  panel.isRight = rowDim == nDim;
  if (single && !raggedK)
    panel.depth = K;
  for (unsigned input : usedArguments(region))
    for (unsigned g = 0; g < mDim; ++g)
      panel.everyGroup &= !operands.dependsOn(input, g);
  return panel;
}

/// The left input if its rows can be multiplied where they lie: plain f32, the
/// elements of a row side by side along k, rows evenly spaced, and at least as
/// many as a register tile has.
int32_t ContractEmitter::directLeft() {
  for (unsigned input : usedArguments(op.getLhs())) {
    LaneInfo rows = operands.along(input, mDim);
    if (yieldsArgument(op.getLhs(), input) &&
        operands.elementType(input).isF32() && operands.gather(input) < 0 &&
        operands.along(input, kDim).kind == LaneKind::Unit &&
        rows.kind == LaneKind::Strided && rows.stride > 0 && M >= mr &&
        canReadRows(mr, rows.stride))
      return input;
  }
  return -1;
}

/// The right input if its rows can be multiplied where they lie: plain f32 or
/// bf16, the columns of a register tile contiguous, with memory behind the last
/// ones where they reach past the end, evenly spaced along k, and near each
/// other as canReadStrip() wants it. So lies a matrix with columns side by
/// side, and one that was stored in strips, (n, k) at [n floordiv nr, k, n mod
/// nr]. A bf16 is extended on its way into a register, for each tile of rows
/// again: only what lies in strips is read in place then.
int32_t ContractEmitter::directRight() {
  for (unsigned input : usedArguments(op.getRhs())) {
    if (!yieldsArgument(op.getRhs(), input) || operands.gather(input) >= 0)
      continue;
    bool isF32 = operands.elementType(input).isF32();
    LaneInfo steps = operands.along(input, kDim);
    LaneInfo columns = analyzeLane(operands.address(input), nDim, nr);
    // The last columns reach past the end, but not past the memory.
    AffineExpr lastStrip = operands.address(input).replace(
        b.getAffineDimExpr(nDim), b.getAffineConstantExpr((N - 1) / vl * vl));
    int64_t last = kernel::rangeOf(lastStrip, operands.dims()).high + vl - 1;
    if (columns.stride == 1 && columns.kind != LaneKind::Strided &&
        last < operands.numElements(input) && steps.kind == LaneKind::Strided &&
        (steps.stride == nr ||
         (isF32 && canReadStrip(vl, raggedK ? kTile : K, steps.stride))))
      return input;
  }
  return -1;
}

LogicalResult ContractEmitter::plan() {
  if (failed(readContract("moec-assign-schedule")))
    return failure();
  kernel::ScheduleAttr schedule = op.getScheduleAttr();
  FailureOr<RegisterTile> read = readRegisterTile(op, schedule, vl);
  if (failed(read))
    return failure();
  tile = *read;
  mr = tile.rows, nr = tile.columns();
  mTile = llvm::alignTo(std::min(mTile, M), mr);
  nTile = llvm::alignTo(std::min(nTile, N), nr);
  kTile = std::min(kTile, K);
  countTiles();
  kBlocks = llvm::divideCeil(K, kTile);
  single = kBlocks == 1 && !raggedK;
  cutsTiles = raggedM || M % mr;

  if (!raggedK && (kBlocks == 1 || kTile % vl == 0))
    operands.setAligned(kDim, vl);
  left = planPanel(op.getLhs(), mDim);
  left.cutsRows = raggedM || M % vl || mTile % vl;
  left.blockElements = layOutPanel(left, mr, mTile, kTile, vl);
  right = planPanel(op.getRhs(), nDim);
  right.cutsRows = N % nr;
  right.blockElements = layOutPanel(right, nr, nTile, kTile, vl);
  left.direct = directLeft();
  right.direct = directRight();
  for (ContractPanel *panel : {&left, &right})
    if (panel->direct >= 0)
      panel->blockElements = 0;
  left.resident = !raggedK && !raggedM && left.direct < 0 &&
                  left.blockElements * kBlocks * 4 <= residentLeftBytes;
  right.resident = !raggedK && right.direct < 0 &&
                   right.blockElements * kBlocks * 4 <= residentRightBytes;
  for (ContractPanel *panel : {&left, &right})
    panel->buffer = scratch.allocate(
        b, loc, panel->blockElements * (panel->resident ? kBlocks : 1),
        b.getF32Type());
  sums = scratch.allocate(b, loc, single ? mr * nr : mTile * nTile,
                          b.getF32Type());
  return success();
}

void ContractEmitter::remarkSlowOperands() {
  auto report = [&](unsigned operand, unsigned dim, StringRef where) {
    remarkSlowOperand(op, operands, operand, dim, where, vl);
  };
  for (ContractPanel *panel : {&left, &right})
    for (unsigned input : usedArguments(*panel->region))
      report(input, panel->alongDepth ? kDim : panel->rowDim,
             panel == &left ? "left operand" : "right operand");
  for (unsigned input : usedArguments(op.getEpilogue()))
    if (input < operands.numInputs())
      report(input, nDim, "epilogue");
  for (unsigned o = 0; o < operands.numOuts(); ++o)
    report(operands.numInputs() + o, nDim, "epilogue");
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
  Value rest = block;
  mIndex = split(rest, mTiles);
  nIndex = split(rest, nTiles);
  SmallVector<Value> group(mDim);
  for (unsigned g = mDim; g-- > 0;)
    group[g] = raggedM && g == 0 ? c(0) : split(rest, operands.dims()[g]);
  return rangeOf(mIndex, nIndex, std::move(group));
}

void ContractEmitter::pack(const ContractPanel &panel, const BlockRange &range,
                           Value kBegin, Value kEnd, Value blockIndex) {
  bool isLeft = panel.rowDim == mDim;
  PanelRange piece{pointOf(range, Value(), Value(), Value()),
                   isLeft ? range.mBegin : range.nBegin,
                   isLeft ? range.mEnd : range.nEnd, kBegin, kEnd};
  Value base = panel.resident ? mul(blockIndex, panel.blockElements) : c(0);
  packer.pack(b, panel, piece, base);
}

/// Packs a resident panel if its key differs from the one packed before.
Value ContractEmitter::packIfChanged(ContractPanel &panel,
                                     const BlockRange &range, Value tileIndex,
                                     Value oldKey) {
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

void ContractEmitter::emitTiles(
    const BlockRange &range, function_ref<void(Value, Value, int64_t)> body) {
  Value rows = ceilDiv(sub(range.mEnd, range.mBegin), mr);
  emitStrips(b, loc, tile, sub(range.nEnd, range.nBegin), N,
             [&](Value j, int64_t rest) {
               loop(c(0), rows, 1, [&](Value i) { body(i, j, rest); });
             });
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
    for (ContractPanel *panel : {&left, &right})
      if (!panel->resident && panel->direct < 0)
        pack(*panel, range, c(0), c(K), c(0));
    emitTiles(range, [&](Value i, Value j, int64_t rest) {
      prefetchEpilogue(range, i, j);
      emitTile(range, i, j, c(0), c(0), c(K));
      emitEpilogue(range, i, j, rest);
    });
    return newKeys;
  }
  zeroSums();
  loop(range.kBegin, range.kEnd, kTile, [&](Value k) {
    Value kEnd = minimum(add(k, c(kTile)), range.kEnd);
    Value index = arith::DivUIOp::create(b, loc, k, c(kTile));
    for (ContractPanel *panel : {&left, &right})
      if (!panel->resident && panel->direct < 0)
        pack(*panel, range, k, kEnd, index);
    emitTiles(range, [&](Value i, Value j, int64_t) {
      emitTile(range, i, j, index, k, sub(kEnd, k));
    });
  });
  emitTiles(range, [&](Value i, Value j, int64_t rest) {
    emitEpilogue(range, i, j, rest);
  });
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
  if (failed(plan()))
    return failure();
  remarkSlowOperands();
  emitBlocks();
  if (broken || packer.failed)
    return failure();
  moec::kernel::attr::variant.set(
      kernel.func,
      b.getStringAttr(llvm::formatv("tile {0}x{1}x{2}, micro {3}x{4}", mTile,
                                    nTile, kTile, mr, nr)));
  kernel.finish(numBlocks(), scratch.bytes());
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
