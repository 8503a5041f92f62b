//===- LowerAttend.cpp - kernel.attend to loops over vectors --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   kernel.attend dims [g, s, e, t, d] .. schedule <tile = [ST, TT], ..>
// becomes
//   for blocks of ST rows:
//     pack keys and values, if the group is not that of the block before
//     pack the query, times the scale
//     for blocks of TT keys:
//       scores = query * keys              register tiles, as a contraction
//       maximum and total so far; scores = exp(scores - maximum)
//       sums = sums * factor + scores * values
//     store epilogue(sums / total)
//
// Shown by test/passes/CPU/lower-attend.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/CPU/AttendEmitter.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moec::cpu {
#define GEN_PASS_DEF_LOWERATTENDPASS
#include "passes/CPU/Passes.h.inc"

// Keys and values of a group that are packed once for all of its rows: beyond
// it, each block of rows packs them anew.
static constexpr int64_t residentBytes = 8 << 20;

LogicalResult AttendEmitter::plan() {
  FailureOr<KernelOperands> found = KernelOperands::create(b, op);
  if (failed(found))
    return failure();
  operands = *found;
  ArrayRef<int64_t> dims = operands.dims();
  S = dims[op.getSDim()], E = dims[op.getEDim()];
  T = dims[op.getTDim()], D = dims[op.getDDim()];
  kernel::ScheduleAttr schedule = op.getScheduleAttr();
  if (!schedule || schedule.getTile().size() != 2 ||
      schedule.getMicro().size() != 2)
    return op.emitOpError("needs #kernel.schedule<tile = [s, t], micro = "
                          "[rows, columns]>; run moec-assign-schedule first");
  FailureOr<RegisterTile> read = readRegisterTile(op, schedule, vl);
  if (failed(read))
    return failure();
  tile = *read;
  mr = tile.rows, nr = tile.columns();
  sTile = llvm::alignTo(std::min(schedule.getTile()[0], S), mr);
  tTile = llvm::alignTo(std::min(schedule.getTile()[1], T), nr);
  sTiles = llvm::divideCeil(S, sTile);
  tBlocks = llvm::divideCeil(T, tTile);
  eTiles = llvm::divideCeil(E, nr);
  single = tBlocks == 1;
  operands.setAligned(op.getDDim(), vl);

  auto panel = [&](Region &region, unsigned rowDim, unsigned depthDim,
                   bool isRight) {
    Panel result;
    result.region = &region;
    result.rowDim = rowDim;
    result.depthDim = depthDim;
    result.isRight = isRight;
    int64_t rows = operands.numApart(region, rowDim);
    int64_t depth = operands.numApart(region, depthDim);
    result.alongDepth = depth < rows || (depth == rows && !isRight);
    return result;
  };
  query = panel(op.getQuery(), op.getSDim(), op.getDDim(), /*isRight=*/false);
  key = panel(op.getKey(), op.getTDim(), op.getDDim(), /*isRight=*/true);
  value = panel(op.getValue(), op.getEDim(), op.getTDim(), /*isRight=*/true);
  query.scale = op.getScale().convertToDouble();
  query.cutsRows = S % vl || sTile % vl;
  key.cutsRows = T % nr;
  value.cutsRows = E % nr;
  query.depth = key.depth = D;
  if (single)
    value.depth = T;
  else if (T % tTile == 0)
    value.depth = tTile;
  int64_t queryElements = layOutPanel(query, mr, sTile, D, vl);
  keyElements = layOutPanel(key, nr, tTile, D, vl);
  valueElements = layOutPanel(value, nr, eTiles * nr, tTile, vl);
  int64_t packed = (keyElements + valueElements) * tBlocks;
  resident = packed * 4 <= residentBytes;
  // An odd multiple of a cache line spreads rows over all sets.
  scoreStride = (tTile / vl | 1) * vl;

  auto allocate = [&](int64_t count) {
    return scratch.allocate(b, loc, count, b.getF32Type());
  };
  query.buffer = allocate(queryElements);
  key.buffer = allocate(keyElements * (resident ? tBlocks : 1));
  value.buffer = allocate(valueElements * (resident ? tBlocks : 1));
  scores = allocate(sTile * scoreStride);
  sums = allocate(single ? mr * nr : sTile * eTiles * nr);
  for (Value *perRow : {&maxima, &totals, &factors})
    *perRow = allocate(llvm::alignTo(sTile, vl));
  return success();
}

void AttendEmitter::remarkSlowOperands() {
  for (auto [panel, where] :
       {std::pair(&query, "query"), {&key, "key"}, {&value, "value"}})
    for (unsigned input : usedArguments(*panel->region))
      remarkSlowOperand(op, operands, input,
                        panel->alongDepth ? panel->depthDim : panel->rowDim,
                        where, vl);
  for (unsigned input : usedArguments(op.getEpilogue()))
    if (input < operands.numInputs())
      remarkSlowOperand(op, operands, input, op.getEDim(), "epilogue", vl);
  for (unsigned o = 0; o < operands.numOuts(); ++o)
    if (op.getStatistic() != o)
      remarkSlowOperand(op, operands, operands.numInputs() + o, op.getEDim(),
                        "epilogue", vl);
}

Value AttendEmitter::loadVector(Value buffer, Value at) {
  return vector::LoadOp::create(b, loc, vectorType(), buffer, ValueRange{at});
}

PanelRange AttendEmitter::pieceOf(const Rows &rows, Value rowBegin,
                                  Value rowEnd, Value depthBegin,
                                  Value depthEnd) {
  return {rows.dims, rowBegin, rowEnd, depthBegin, depthEnd};
}

void AttendEmitter::packKeys(const Rows &rows, const Keys &keys) {
  Value end = add(keys.begin, keys.count);
  packer.pack(b, key, pieceOf(rows, keys.begin, end, c(0), c(D)), keys.keyBase);
  packer.pack(b, value, pieceOf(rows, c(0), c(E), keys.begin, end),
              keys.valueBase);
}

void AttendEmitter::overKeys(function_ref<void(const Keys &)> body) {
  if (single)
    return body({c(0), c(T), c(0), c(0)});
  loop(c(0), c(tBlocks), 1, [&](Value number) {
    Keys keys{mul(number, tTile), c(tTile), c(0), c(0)};
    if (T % tTile)
      keys.count = minimum(keys.count, sub(c(T), keys.begin));
    if (resident) {
      keys.keyBase = mul(number, keyElements);
      keys.valueBase = mul(number, valueElements);
    }
    body(keys);
  });
}

void AttendEmitter::emitScores(const Rows &rows, const Keys &keys) {
  SmallVector<Value> zeros(
      tile.sums(),
      arith::ConstantOp::create(b, loc, b.getZeroAttr(vectorType())));
  loop(c(0), ceilDiv(keys.count, nr), 1, [&](Value j) {
    loop(c(0), rows.tiles, 1, [&](Value i) {
      TileFactors f{query.buffer,      mul(i, query.stripElements),
                    query.rowElements, query.stepElements,
                    key.buffer,        mad(j, key.stripElements, keys.keyBase),
                    key.stepElements};
      SmallVector<Value> products = multiplyTile(b, loc, tile, f, c(D), zeros);
      Value to = mad(i, mr * scoreStride, mul(j, nr));
      for (auto [t, product] : llvm::enumerate(products)) {
        int64_t row = t / tile.vectors, v = t % tile.vectors;
        Value at = add(to, row * scoreStride + v * vl);
        vector::StoreOp::create(b, loc, product, scores, ValueRange{at});
      }
    });
  });
}

Value AttendEmitter::sumBase(Value i, Value j) {
  return single ? c(0) : mul(mad(j, sTile / mr, i), mr * nr);
}

void AttendEmitter::emitProduct(const Rows &rows, const Keys &keys) {
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(vectorType()));
  loop(c(0), c(eTiles), 1, [&](Value j) {
    loop(c(0), rows.tiles, 1, [&](Value i) {
      TileFactors f{scores,
                    mul(i, mr * scoreStride),
                    scoreStride,
                    1,
                    value.buffer,
                    mad(j, value.stripElements, keys.valueBase),
                    value.stepElements};
      SmallVector<Value> products;
      Value base = sumBase(i, j);
      for (int64_t r = 0; r < mr; ++r) {
        Value factor;
        if (!single)
          factor = vector::BroadcastOp::create(
              b, loc, vectorType(),
              memref::LoadOp::create(b, loc, factors,
                                     ValueRange{add(mul(i, mr), r)}));
        for (int64_t v = 0; v < tile.vectors; ++v) {
          if (single) {
            products.push_back(zero);
            continue;
          }
          Value sum = loadVector(sums, add(base, r * nr + v * vl));
          products.push_back(arith::MulFOp::create(b, loc, sum, factor));
        }
      }
      products = multiplyTile(b, loc, tile, f, keys.count, products);
      for (auto [t, product] : llvm::enumerate(products))
        vector::StoreOp::create(b, loc, product, sums,
                                ValueRange{add(base, t * vl)});
      if (single)
        emitEpilogue(rows, i, j);
    });
  });
}

void AttendEmitter::emitEpilogue(const Rows &rows, Value i, Value j) {
  Value first = mul(i, mr), column = mul(j, nr), base = sumBase(i, j);
  Value row = add(rows.begin, first);
  TileColumns columns =
      columnsOf(b, loc, tile, op.getEDim(), E, column, c(E), E % nr);
  loop(c(0), minimum(c(mr), sub(rows.end, row)), 1, [&](Value r) {
    SmallVector<Value> dims = rows.dims;
    dims[op.getSDim()] = add(row, r);
    dims[op.getEDim()] = column;
    Value total =
        memref::LoadOp::create(b, loc, totals, ValueRange{add(first, r)});
    Value factor = vector::BroadcastOp::create(b, loc, vectorType(), total);
    auto sum = [&](int64_t v) -> Value {
      Value at = add(mad(r, nr, base), v * vl);
      return arith::MulFOp::create(b, loc, loadVector(sums, at), factor);
    };
    broken |= failed(storeTileRow(b, loc, tile, operands, op.getEpilogue(),
                                  dims, columns, sum));
  });
}

Value AttendEmitter::emitBlock(Value block, Value packed) {
  Rows rows;
  rows.begin = mul(rem(block, sTiles), sTile);
  rows.end = add(rows.begin, sTile);
  if (S % sTile)
    rows.end = minimum(rows.end, c(S));
  rows.tiles = ceilDiv(sub(rows.end, rows.begin), mr);
  rows.dims.resize(op.getDims().size());
  Value group = div(block, sTiles), rest = group;
  bool everyGroup = true;
  for (unsigned g = op.getSDim(); g-- > 0;) {
    rows.dims[g] = rem(rest, op.getDims()[g]);
    rest = div(rest, op.getDims()[g]);
    for (const Panel *panel : {&key, &value})
      for (unsigned input : usedArguments(*panel->region))
        everyGroup &= !operands.dependsOn(input, g);
  }
  if (everyGroup)
    group = c(0);
  if (resident) {
    Value changed =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, group, packed);
    auto branch = scf::IfOp::create(b, loc, changed, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    overKeys([&](const Keys &keys) { packKeys(rows, keys); });
  }
  packer.pack(b, query, pieceOf(rows, rows.begin, rows.end, c(0), c(D)), c(0));
  if (!single)
    startRows();
  overKeys([&](const Keys &keys) {
    if (!resident)
      packKeys(rows, keys);
    emitScores(rows, keys);
    emitSoftmax(rows, keys);
    if (single)
      finishRows(rows);
    emitProduct(rows, keys);
  });
  if (!single) {
    finishRows(rows);
    loop(c(0), c(eTiles), 1, [&](Value j) {
      loop(c(0), rows.tiles, 1, [&](Value i) { emitEpilogue(rows, i, j); });
    });
  }
  return group;
}

LogicalResult AttendEmitter::emit() {
  if (failed(plan()))
    return failure();
  remarkSlowOperands();
  // No keys are packed at first.
  scf::ForOp::create(
      b, loc, kernel.begin, kernel.end, c(1), c(-1),
      [&](OpBuilder &inner, Location, Value block, ValueRange packed) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPoint(inner.getInsertionBlock(),
                            inner.getInsertionPoint());
        scf::YieldOp::create(b, loc, emitBlock(block, packed[0]));
      });
  if (broken || packer.failed)
    return failure();
  moec::kernel::attr::variant.set(
      kernel.func, b.getStringAttr(llvm::formatv("tile {0}x{1}, micro {2}x{3}",
                                                 sTile, tTile, mr, nr)));
  int64_t blocks = sTiles * llvm::product_of(op.getDims().drop_back(4));
  kernel.finish(blocks, scratch.bytes());
  return success();
}

namespace {
struct LowerAttendPass : impl::LowerAttendPassBase<LowerAttendPass> {
  void runOnOperation() override {
    auto lower = [&](kernel::AttendOp op, KernelFunction &kernel) {
      auto cpu = kernel::getMachine<kernel::CpuAttr>(op);
      return cpu ? AttendEmitter(op, kernel, cpu.getLanes()).emit() : failure();
    };
    if (failed(KernelFunction::lower<kernel::AttendOp>(getOperation(), lower)))
      signalPassFailure();
  }
};
} // namespace
} // namespace moec::cpu
