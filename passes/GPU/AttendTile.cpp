//===- AttendTile.cpp - Scores of attention in GPU threads ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/AttendTile.h"
#include "mlir/IR/Remarks.h"
#include "passes/Remarks.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moec::gpu {

/// Pieces whose loads overlap; more would take too many registers.
static constexpr size_t together = 8;

InFlightDiagnostic AttendTile::scheduleError() {
  return structured.emitOpError(
             "has a schedule that its GPU code cannot follow, ")
         << structured.getScheduleAttr() << ": ";
}

LogicalResult AttendTile::planSimt(ArrayRef<int64_t> micro) {
  auto isSmall = [](int64_t size, int64_t most) {
    return size <= most && llvm::isPowerOf2_64(size);
  };
  rows = micro[0], keys = micro[1];
  if (!isSmall(rows, 4) || !isSmall(keys, 8))
    return scheduleError() << "expected micro sizes of 1, 2, 4 or, of keys, 8";
  across = tTile / keys;
  if (tTile % keys || !isSmall(across, warpSize))
    return scheduleError() << "expected 1, 2, 4, 8, 16 or 32 threads for the "
                              "keys of a tile";
  for (int64_t tile : {eTile, isGradient ? dTile : eTile})
    if (tile % across || !isSmall(tile / across, 8))
      return scheduleError() << "expected 1, 2, 4 or 8 columns for each of the "
                             << across << " threads that share rows";
  if (sTile % rows)
    return scheduleError() << "expected a tile of whole micro tiles";
  threads = sTile / rows * across;
  return success();
}

LogicalResult AttendTile::planMma(ArrayRef<int64_t> micro) {
  Operation *end = structured.getFactors().front()->front().getTerminator();
  if (!end->getOperand(0).getType().isBF16())
    return scheduleError() << "mma.sync multiplies bf16, but query, key and "
                              "value yield f32; use variant simt or compile "
                              "with --precision bf16";
  if (micro[0] != 16 || micro[1] != tTile || sTile % 16 || tTile % 16 ||
      eTile % 16 || dTile % 16)
    return scheduleError() << "expected tile sizes that are multiples of 16 "
                              "and a micro tile of 16 rows and all keys";
  // Registers of a thread: weights and sums.
  if (!isGradient && tTile + eTile > 256)
    return scheduleError() << "expected tiles of at most 256 keys and columns "
                              "together, which fit in registers";
  if (isGradient && 2 * tTile + eTile + dTile > 320)
    return scheduleError() << "expected tiles of at most 320 columns and twice "
                              "the keys together, which fit in registers";
  rows = 2, keys = tTile / 4, across = 4;
  threads = sTile / 16 * warpSize;
  return success();
}

LogicalResult AttendTile::planTile() {
  kernel::ScheduleAttr schedule = structured.getScheduleAttr();
  if (!schedule || schedule.getTile().size() != 4 ||
      schedule.getMicro().size() != 2)
    return structured.emitOpError(
        "needs #kernel.schedule<tile = [s, t, e, d], micro = "
        "[rows, keys]>; run moec-assign-gpu-schedule first");
  sTile = schedule.getTile()[0], tTile = schedule.getTile()[1];
  eTile = schedule.getTile()[2], dTile = schedule.getTile()[3];
  for (int64_t size : schedule.getTile())
    if (size % 4 || size > 1024)
      return scheduleError() << "expected tile sizes that are multiples of 4, "
                                "at most 1024";
  if (tTile % 8 || dTile % 8 || (isGradient && eTile % 8))
    return scheduleError() << "expected tiles of "
                           << (isGradient ? "t, e" : "t")
                           << " and d that are multiples of 8";
  switch (schedule.getVariant()) {
  case kernel::Variant::MmaSync:
    tensorCores = true;
    break;
  case kernel::Variant::Default:
  case kernel::Variant::Simt:
    tensorCores = false;
    break;
  default:
    return scheduleError() << "expected variant simt or mma.sync";
  }
  if (failed(tensorCores ? planMma(schedule.getMicro())
                         : planSimt(schedule.getMicro())))
    return failure();
  if (threads % warpSize || threads > maxThreads)
    return scheduleError() << "expected a multiple of 32 threads, at most 1024,"
                              " got "
                           << threads;
  stager.workers = threads;
  return success();
}

LogicalResult AttendTile::planPanel(Panel &panel, Region &region,
                                    unsigned rowDim, unsigned depthDim,
                                    int64_t rows, int64_t depth) {
  panel.region = &region;
  panel.rowDim = rowDim;
  panel.depthDim = depthDim;
  panel.rows = rows;
  panel.depth = depth;
  panel.layout = tensorCores ? PanelLayout::Chunks : PanelLayout::Steps;
  panel.alongDepth =
      operands.numApart(region, depthDim) < operands.numApart(region, rowDim);
  if (rows * depth % threads)
    return scheduleError() << "expected panels that are multiples of the "
                           << threads << " threads";
  stager.plan(panel);
  return success();
}

LogicalResult AttendTile::checkShared(int64_t bytes) {
  if (bytes <= machine.getSharedBytes())
    return success();
  return scheduleError() << "it takes " << bytes
                         << " bytes of shared memory, at most "
                         << machine.getSharedBytes()
                         << " are there; use smaller tiles or one stage";
}

void AttendTile::remarkStaged(const Panel &panel, StringRef name) {
  if (tensorCores && !panel.async)
    remark::missed(loc, remarkAbout(structured, "StagedOperand", "GPU"))
        << remark::reason("{0} goes through registers", name)
        << remark::suggest("store it as bf16 where it is made, with rows of "
                           "whole pieces of 16 bytes");
}

void AttendTile::startThread() {
  tid = arith::IndexCastUIOp::create(b, loc, b.getI32Type(), threadId(b, loc));
  shared = stager.memory = SharedMemory::create(b, loc);
  stager.worker = tid;
  Value lane = rem(tid, warpSize);
  number = rem(lane, across);
  firstRow = tensorCores ? mad(div(tid, warpSize), 16, div(lane, 4))
                         : mul(div(tid, across), rows);
}

void AttendTile::stage(Panel &panel, const PanelPart &part,
                       ArrayRef<Piece> pieces, Value k, Value at) {
  if (panel.async)
    return stager.copyAsync(b, panel, part, pieces, k, at);
  for (; !pieces.empty();
       pieces = pieces.drop_front(std::min(together, pieces.size()))) {
    ArrayRef<Piece> some = pieces.take_front(together);
    SmallVector<Value> loaded = stager.load(b, panel, part, some, k);
    stager.store(b, panel, part, some, k, loaded, at);
  }
}

void AttendTile::settle(bool isAsync) {
  if (isAsync) {
    NVVM::CpAsyncCommitGroupOp::create(b, loc);
    NVVM::CpAsyncWaitGroupOp::create(b, loc, 0);
  }
  mlir::gpu::BarrierOp::create(b, loc);
}

SmallVector<Value> AttendTile::emitScores(const Factor &left,
                                          const Factor &right, Value at,
                                          int64_t depth, ValueRange fragments) {
  Value zero = number32(0);
  SmallVector<Value> scores(rows * keys, zero);
  auto multiply = [&](SmallVector<Value> &scores) {
    tensorCores ? mmaScores(left.panel, right.panel, at, fragments, scores)
                : simtScores(left.panel, right.panel, at, scores);
  };
  if (depth <= left.panel.depth) {
    multiply(scores);
    return scores;
  }
  SmallVector<Piece> ofRows = stager.pieces(b, left.panel, left.part),
                     ofKeys = stager.pieces(b, right.panel, right.part);
  return emitLoop(b, loc, c(0), c(depth), c(left.panel.depth), scores,
                  [&](Value k, ValueRange before) {
                    SmallVector<Value> scores(before);
                    mlir::gpu::BarrierOp::create(b, loc);
                    stage(left.panel, left.part, ofRows, k, c(0));
                    stage(right.panel, right.part, ofKeys, k, at);
                    settle(left.panel.async || right.panel.async);
                    multiply(scores);
                    return scores;
                  });
}

void AttendTile::addProduct(ValueRange weights, const Panel &right, Value at,
                            SmallVector<Value> &sums) {
  tensorCores ? mmaProduct(weights, right, at, sums)
              : simtProduct(weights, right, at, sums);
}

void AttendTile::storeSums(ValueRange sums, TileEpilogue &epilogue,
                           const TileEpilogue::Part &part) {
  epilogue.memory = shared;
  TileEpilogue::Chunk chunk =
      tensorCores ? mmaSums(sums, epilogue) : simtSums(sums, epilogue);
  mlir::gpu::BarrierOp::create(b, loc);
  epilogue.emit(b, part, chunk, tid, threads);
}

Value AttendTile::firstKey() { return mul(number, keysTogether()); }

int64_t AttendTile::keyOffset(int64_t key) const {
  int64_t size = keysTogether();
  return key / size * across * size + key % size;
}

Value AttendTile::number32(double value) {
  return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
}

} // namespace moec::gpu
