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
//     pack keys and values, if they are not those of the block before
//     pack the query, times the scale
//     for blocks of TT keys:
//       for strips of rows, whose lanes they are:
//         scores = keys * query            register tiles, as a contraction
//         maximum and total so far; scores = exp(scores - maximum)
//         sums = sums * factor + values * scores
//     store epilogue(sums / total), turned around
//
// Rows in lanes: the softmax takes a vector a key, nothing is summed up across
// lanes, and of keys and columns there are as many as there are.
//
// Shown by test/passes/CPU/lower-attend.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/CPU/AttendEmitter.h"
#include "passes/Codegen/PointEmitter.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;

namespace moec::cpu {
#define GEN_PASS_DEF_LOWERATTENDPASS
#include "passes/CPU/Passes.h.inc"

// Keys and values of a group that are packed once for all of its rows: beyond
// it, each block of rows packs them anew.
static constexpr int64_t residentBytes = 8 << 20;

using llvm::numbers::log2e;

// Vectors of the result's columns that are stored together.
static constexpr int64_t maxStoredVectors = 4;

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
  sTile = llvm::alignTo(std::min(schedule.getTile()[0], S), nr);
  tTile = llvm::alignTo(std::min(schedule.getTile()[1], T), mr);
  sTiles = llvm::divideCeil(S, sTile);
  tBlocks = llvm::divideCeil(T, tTile);
  eTiles = llvm::divideCeil(E, mr);
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
  query = panel(op.getQuery(), op.getSDim(), op.getDDim(), /*isRight=*/true);
  key = panel(op.getKey(), op.getTDim(), op.getDDim(), /*isRight=*/false);
  value = panel(op.getValue(), op.getEDim(), op.getTDim(), /*isRight=*/false);
  query.scale = op.getScale().convertToDouble() * (isInLog2Units() ? log2e : 1);
  query.cutsRows = S % nr;
  key.cutsRows = T % vl || tTile % vl;
  value.cutsRows = E % vl;
  query.depth = key.depth = D;
  if (single)
    value.depth = T;
  else if (T % tTile == 0)
    value.depth = tTile;
  int64_t queryElements = layOutPanel(query, nr, sTile, D, vl);
  keyElements = layOutPanel(key, mr, tTile, D, vl);
  valueElements = layOutPanel(value, mr, eTiles * mr, tTile, vl);
  int64_t packed = (keyElements + valueElements) * tBlocks;
  resident = packed * 4 <= residentBytes;
  identity = identifyKeys();
  // Squares of lanes are turned around.
  int64_t vectors = llvm::divideCeil(E, vl);
  int64_t stores = llvm::divideCeil(vectors, maxStoredVectors);
  stored = {1, static_cast<int64_t>(llvm::divideCeil(vectors, stores)), vl};
  sumElements = std::max<int64_t>(eTiles * mr, stores * stored.columns()) * nr;

  auto allocate = [&](int64_t count) {
    return scratch.allocate(b, loc, count, b.getF32Type());
  };
  query.buffer = allocate(queryElements);
  key.buffer = allocate(keyElements * (resident ? tBlocks : 1));
  value.buffer = allocate(valueElements * (resident ? tBlocks : 1));
  scores = allocate(tTile * nr);
  sums = allocate(single ? sumElements : sTile / nr * sumElements);
  turned = allocate(nr * stored.columns());
  if (!single)
    for (Value *perRow : {&maxima, &totals})
      *perRow = allocate(sTile);
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

void AttendEmitter::storeVector(Value vector, Value buffer, Value at) {
  vector::StoreOp::create(b, loc, vector, buffer, ValueRange{at});
}

PanelRange AttendEmitter::pieceOf(const Rows &rows, Value rowBegin,
                                  Value rowEnd, Value depthBegin,
                                  Value depthEnd) {
  return {rows.dims, rowBegin, rowEnd, depthBegin, depthEnd};
}

void AttendEmitter::overStrips(const Rows &rows,
                               function_ref<void(Value)> body) {
  emitStrips(b, loc, tile, sub(rows.end, rows.begin), S,
             [&](Value strip, int64_t) { body(strip); });
}

AttendEmitter::Vectors AttendEmitter::emitScores(Value strip, const Keys &keys,
                                                 ValueRange before) {
  auto splat = [&](double value) -> Value {
    return arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(vectorType(), float(value)));
  };
  SmallVector<Value> zeros(tile.sums(), splat(0));
  Value lowest = splat(-std::numeric_limits<double>::infinity());
  auto tiles = [&](Value from, Value end, ValueRange start, bool cut) {
    auto loop = scf::ForOp::create(
        b, loc, from, end, c(1), start,
        [&](OpBuilder &inner, Location, Value i, ValueRange so) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPoint(inner.getInsertionBlock(),
                              inner.getInsertionPoint());
          TileFactors f{
              key.buffer,        mad(i, key.stripElements, keys.keyBase),
              key.rowElements,   key.stepElements,
              query.buffer,      mul(strip, query.stripElements),
              query.stepElements};
          Vectors largest(so);
          Value first = mul(i, mr), to = mul(first, nr);
          for (auto [t, score] :
               llvm::enumerate(multiplyTile(b, loc, tile, f, c(D), zeros))) {
            storeVector(score, scores, add(to, tile.place(t, nr)));
            Value counted = score;
            if (cut) {
              Value isKey = lessThan(add(first, t / tile.vectors), keys.count);
              counted = arith::SelectOp::create(b, loc, isKey, score, lowest);
            }
            Value &lane = largest[t % tile.vectors];
            lane = combine(b, loc, kernel::Combiner::Max, lane, counted);
          }
          scf::YieldOp::create(b, loc, largest);
        });
    return Vectors(loop.getResults());
  };
  Value whole = div(keys.count, mr);
  Vectors largest = tiles(c(0), whole, before, /*cut=*/false);
  if (T % mr == 0)
    return largest;
  // Rows past the last key hold anything.
  return tiles(whole, ceilDiv(keys.count, mr), largest, /*cut=*/true);
}

Value AttendEmitter::sumBase(Value strip) {
  return single ? c(0) : mul(strip, sumElements);
}

void AttendEmitter::emitProduct(Value strip, const Keys &keys,
                                ArrayRef<Value> factors) {
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(vectorType()));
  loop(c(0), c(eTiles), 1, [&](Value i) {
    TileFactors f{value.buffer,
                  mad(i, value.stripElements, keys.valueBase),
                  value.rowElements,
                  value.stepElements,
                  scores,
                  c(0),
                  nr};
    Value base = mad(i, mr * nr, sumBase(strip));
    SmallVector<Value> products(tile.sums(), zero);
    if (!single)
      for (auto [t, sum] : llvm::enumerate(products))
        sum = arith::MulFOp::create(
            b, loc, loadVector(sums, add(base, tile.place(t, nr))),
            factors[t % tile.vectors]);
    products = multiplyTile(b, loc, tile, f, keys.count, products);
    for (auto [t, product] : llvm::enumerate(products))
      storeVector(product, sums, add(base, tile.place(t, nr)));
  });
}

void AttendEmitter::emitEpilogue(const Rows &rows, Value strip,
                                 ArrayRef<Value> quotients) {
  Value row = mad(strip, nr, rows.begin);
  Value count = minimum(c(nr), sub(rows.end, row));
  int64_t most = stored.columns();
  emitStrips(b, loc, stored, c(E), E, [&](Value piece, int64_t rest) {
    Value column = mul(piece, most);
    loop(c(0), c(stored.columns()), vl, [&](Value at) {
      Value from = mad(add(column, at), nr, sumBase(strip));
      for (int64_t v = 0; v < tile.vectors; ++v) {
        SmallVector<Value> square;
        for (int64_t e = 0; e < vl; ++e)
          square.push_back(arith::MulFOp::create(
              b, loc, loadVector(sums, add(from, e * nr + v * vl)),
              quotients[v]));
        for (auto [r, vector] :
             llvm::enumerate(transposeSquare(b, loc, square)))
          storeVector(vector, turned, add(at, (v * vl + r) * most));
      }
    });
    TileColumns columns = columnsOf(b, loc, stored, op.getEDim(), column, rest);
    loop(c(0), count, 1, [&](Value r) {
      SmallVector<Value> dims = rows.dims;
      dims[op.getSDim()] = add(row, r);
      dims[op.getEDim()] = column;
      auto sum = [&](int64_t v) {
        return loadVector(turned, add(mul(r, most), v * vl));
      };
      broken |= failed(storeTileRow(b, loc, stored, operands, op.getEpilogue(),
                                    dims, columns, sum));
    });
  });
}

SmallVector<Value> AttendEmitter::emitBlock(Value block, ValueRange packed) {
  Rows rows;
  rows.begin = mul(rem(block, sTiles), sTile);
  rows.end = add(rows.begin, sTile);
  if (S % sTile)
    rows.end = minimum(rows.end, c(S));
  rows.dims.resize(op.getDims().size());
  Value rest = div(block, sTiles);
  for (unsigned g = op.getSDim(); g-- > 0;) {
    rows.dims[g] = rem(rest, op.getDims()[g]);
    rest = div(rest, op.getDims()[g]);
  }
  SmallVector<Value> now = packIfChanged(rows, packed);
  packer.pack(b, query, pieceOf(rows, rows.begin, rows.end, c(0), c(D)), c(0));
  if (!single)
    startRows();
  overKeys([&](const Keys &keys) {
    if (!resident)
      packKeys(rows, keys);
    overStrips(rows, [&](Value strip) {
      Softmax before = single ? startSoftmax() : loadSoftmax(strip);
      Vectors largest = emitScores(strip, keys, before.maxima);
      Softmax softmax = emitSoftmax(strip, keys, before, largest);
      emitProduct(strip, keys, softmax.factors);
      if (single)
        emitEpilogue(rows, strip, finishRows(rows, strip, softmax));
    });
  });
  if (!single)
    overStrips(rows, [&](Value strip) {
      emitEpilogue(rows, strip, finishRows(rows, strip, loadSoftmax(strip)));
    });
  return now;
}

LogicalResult AttendEmitter::emit() {
  if (failed(plan()))
    return failure();
  remarkSlowOperands();
  // No keys are packed at first.
  SmallVector<Value> none(resident ? identity.size() : 0, c(-1));
  scf::ForOp::create(
      b, loc, kernel.begin, kernel.end, c(1), none,
      [&](OpBuilder &inner, Location, Value block, ValueRange packed) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPoint(inner.getInsertionBlock(),
                            inner.getInsertionPoint());
        scf::YieldOp::create(b, loc, emitBlock(block, packed));
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
