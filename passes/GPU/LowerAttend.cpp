//===- LowerAttend.cpp - kernel.attend to the code of GPU threads ---------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   kernel.attend dims [g, s, e, t, d] .. schedule <tile = [ST, TT, ET, DT],
//   ..>
// becomes, for a block of ST rows and ET columns of a group,
//   // tile of the query to shared memory
//   scf.for blocks of TT keys iter_args(%largest, %total, %sums ..) {
//     // tiles of keys and values to shared memory
//     gpu.barrier
//     // scores = query * keys
//     // gpu.shuffle: largest score of a row; weights = exp(scores - largest)
//     // sums = sums * factor + weights * values
//   }
//   // sums / total through shared memory, epilogue, store
//
// Shown by test/passes/GPU/lower-attend.mlir.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Remarks.h"
#include "passes/GPU/AttendEmitter.h"
#include "passes/Remarks.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moec::gpu {
#define GEN_PASS_DEF_LOWERATTENDPASS
#include "passes/GPU/Passes.h.inc"

/// Pieces whose loads overlap; more would take too many registers.
static constexpr size_t together = 8;

InFlightDiagnostic AttendEmitter::scheduleError() {
  return op.emitOpError("has a schedule that its GPU code cannot follow, ")
         << op.getScheduleAttr() << ": ";
}

LogicalResult AttendEmitter::planSimt(ArrayRef<int64_t> micro) {
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
  columns = eTile / across;
  if (eTile % across || !isSmall(columns, 8))
    return scheduleError() << "expected 1, 2, 4 or 8 columns for each of the "
                           << across << " threads that share rows";
  if (sTile % rows)
    return scheduleError() << "expected a tile of whole micro tiles";
  threads = sTile / rows * across;
  return success();
}

LogicalResult AttendEmitter::planMma(ArrayRef<int64_t> micro) {
  if (!op.getQuery().front().getTerminator()->getOperand(0).getType().isBF16())
    return scheduleError() << "mma.sync multiplies bf16, but query, key and "
                              "value yield f32; use variant simt or compile "
                              "with --precision bf16";
  if (micro[0] != 16 || micro[1] != tTile || sTile % 16 || tTile % 16 ||
      eTile % 16 || dTile % 16)
    return scheduleError() << "expected tile sizes that are multiples of 16 "
                              "and a micro tile of 16 rows and all keys";
  // Registers of a thread: weights and sums.
  if (tTile + eTile > 256)
    return scheduleError() << "expected tiles of at most 256 keys and columns "
                              "together, which fit in registers";
  rows = 2, keys = tTile / 4, columns = eTile / 4, across = 4;
  threads = sTile / 16 * warpSize;
  return success();
}

LogicalResult AttendEmitter::planPanel(Panel &panel, Region &region,
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

LogicalResult AttendEmitter::plan() {
  FailureOr<KernelOperands> found = KernelOperands::create(b, op);
  if (failed(found))
    return failure();
  operands = *found;
  ArrayRef<int64_t> extents = operands.dims();
  S = extents[op.getSDim()], E = extents[op.getEDim()];
  T = extents[op.getTDim()], D = extents[op.getDDim()];
  kernel::ScheduleAttr schedule = op.getScheduleAttr();
  if (!schedule || schedule.getTile().size() != 4 ||
      schedule.getMicro().size() != 2)
    return op.emitOpError("needs #kernel.schedule<tile = [s, t, e, d], micro = "
                          "[rows, keys]>; run moec-assign-gpu-schedule first");
  sTile = schedule.getTile()[0], tTile = schedule.getTile()[1];
  eTile = schedule.getTile()[2], dTile = schedule.getTile()[3];
  for (int64_t size : schedule.getTile())
    if (size % 4 || size > 1024)
      return scheduleError() << "expected tile sizes that are multiples of 4, "
                                "at most 1024";
  if (tTile % 8 || dTile % 8)
    return scheduleError() << "expected tiles of t and d that are multiples of "
                              "8";
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
  sTiles = llvm::divideCeil(S, sTile), tTiles = llvm::divideCeil(T, tTile);
  eTiles = llvm::divideCeil(E, eTile), dTiles = llvm::divideCeil(D, dTile);
  stager.workers = threads;
  unsigned s = op.getSDim(), e = op.getEDim(), t = op.getTDim(),
           d = op.getDDim();
  if (failed(planPanel(query, op.getQuery(), s, d, sTile, dTile)) ||
      failed(planPanel(key, op.getKey(), t, d, tTile, dTile)) ||
      failed(planPanel(value, op.getValue(), e, t, eTile, tTile)))
    return failure();
  // Several tiles of the depth pass through one stage.
  stages = dTiles == 1 && tTiles > 1 && schedule.getStages() > 1 ? 2 : 1;
  key.offset = query.bytes;
  value.offset = key.offset + key.bytes;
  stageBytes = key.bytes + value.bytes;
  weightsAt = query.bytes + stages * stageBytes;
  epilogue.columns = eTile;
  sharedBytes = std::max(weightsAt + (tensorCores ? 0 : tTile * sTile * 4),
                         epilogue.bytes(sTile));
  if (sharedBytes > machine.getSharedBytes())
    return scheduleError() << "it takes " << sharedBytes
                           << " bytes of shared memory, at most "
                           << machine.getSharedBytes()
                           << " are there; use smaller tiles or one stage";
  return success();
}

void AttendEmitter::decodeBlock(Value block) {
  // Neighbouring blocks read the same keys.
  Value rest = block;
  auto split = [&](int64_t extent) {
    Value digit = rem(rest, extent);
    rest = div(rest, extent);
    return digit;
  };
  auto end = [&](Value begin, int64_t tile, int64_t extent) {
    Value end = add(begin, tile);
    return extent % tile ? minimum(end, c(extent)) : end;
  };
  sBegin = mul(split(sTiles), sTile);
  eTileIndex = split(eTiles);
  eBegin = mul(eTileIndex, eTile);
  sEnd = end(sBegin, sTile, S);
  eEnd = end(eBegin, eTile, E);
  dims.resize(operands.dims().size());
  for (unsigned g = op.getSDim(); g-- > 0;)
    dims[g] = index(split(operands.dims()[g]));
}

PanelPart AttendEmitter::queryPart() {
  return {dims, sBegin, sEnd, c(D), S % sTile != 0, D % dTile != 0, false};
}

PanelPart AttendEmitter::keyPart(Value tBegin) {
  // Their scores become -inf; no row past the last is read.
  return {dims, tBegin, c(T), c(D), T % tTile != 0, D % dTile != 0, false};
}

PanelPart AttendEmitter::valuePart() {
  return {dims, eBegin, eEnd, c(T), E % eTile != 0, T % tTile != 0, false};
}

void AttendEmitter::stage(Panel &panel, const PanelPart &part,
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

void AttendEmitter::settle() {
  if (isAsync()) {
    NVVM::CpAsyncCommitGroupOp::create(b, loc);
    NVVM::CpAsyncWaitGroupOp::create(b, loc, 0);
  }
  mlir::gpu::BarrierOp::create(b, loc);
}

SmallVector<Value> AttendEmitter::emitScores(Value tBegin, Value at) {
  Value zero = number32(0);
  SmallVector<Value> scores(rows * keys, zero);
  auto multiply = [&](SmallVector<Value> &scores) {
    tensorCores ? mmaScores(at, scores) : simtScores(at, scores);
  };
  if (dTiles == 1) {
    multiply(scores);
    return scores;
  }
  PanelPart ofQuery = queryPart(), ofKey = keyPart(tBegin);
  SmallVector<Piece> queries = stager.pieces(b, query, ofQuery),
                     positions = stager.pieces(b, key, ofKey);
  return emitLoop(b, loc, c(0), c(D), c(dTile), scores,
                  [&](Value k, ValueRange before) {
                    SmallVector<Value> scores(before);
                    mlir::gpu::BarrierOp::create(b, loc);
                    stage(query, ofQuery, queries, k, c(0));
                    stage(key, ofKey, positions, k, at);
                    settle();
                    multiply(scores);
                    return scores;
                  });
}

void AttendEmitter::emitBlock() {
  for (Panel *panel : {&query, &key, &value})
    if (panel->async)
      panel->pointer = stager.globalPointer(b, panel->inputs.front());
  PanelPart ofValue = valuePart();
  SmallVector<Piece> values = stager.pieces(b, value, ofValue);
  if (dTiles == 1) {
    PanelPart part = queryPart();
    stage(query, part, stager.pieces(b, query, part), c(0), c(0));
  }
  auto fill = [&](Value tBegin, Value at) {
    if (dTiles == 1) {
      PanelPart part = keyPart(tBegin);
      stage(key, part, stager.pieces(b, key, part), c(0), at);
    }
    stage(value, ofValue, values, tBegin, at);
  };
  if (stages == 2)
    fill(c(0), c(0));
  if (tensorCores && dTiles == 1) {
    settle();
    loadQuery();
  }
  State state = startRows();
  SmallVector<Value> carried = state.values();
  carried.push_back(c(0)); // the stage of this round, in bytes
  carried = emitLoop(
      b, loc, c(0), c(T), c(tTile), carried,
      [&](Value tBegin, ValueRange before) {
        state.set(before.drop_back());
        Value at = before.back(), next = at;
        if (stages == 2) {
          settle(); // nobody reads the other stage any more, either
          next = sub(c(stageBytes), at);
          Value ahead = add(tBegin, tTile);
          emitIf(b, loc, lessThan(ahead, c(T)), [&] { fill(ahead, next); });
        } else {
          mlir::gpu::BarrierOp::create(b, loc);
          fill(tBegin, at);
          if (dTiles == 1)
            settle();
        }
        SmallVector<Value> scores = emitScores(tBegin, at);
        emitSoftmax(tBegin, scores, state);
        tensorCores ? mmaProduct(at, scores, state)
                    : simtProduct(at, scores, state);
        SmallVector<Value> after = state.values();
        after.push_back(next);
        return after;
      });
  carried.pop_back();
  state.set(carried);
  finishRows(state);
  mlir::gpu::BarrierOp::create(b, loc); // the epilogue uses the same memory
  tensorCores ? mmaEpilogue(state) : simtEpilogue(state);
}

void AttendEmitter::emitEpilogue(const TileEpilogue::Chunk &chunk) {
  mlir::gpu::BarrierOp::create(b, loc);
  epilogue.emit(b, {dims, sBegin, sEnd, eBegin, eEnd}, chunk, tid, threads);
}

Value AttendEmitter::number32(double value) {
  return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
}

void AttendEmitter::remarkOperands() {
  for (auto [panel, name] :
       {std::pair(&query, "query"), {&key, "key"}, {&value, "value"}})
    if (tensorCores && !panel->async)
      remark::missed(loc, remarkAbout(op, "StagedOperand", "GPU"))
          << remark::reason("{0} goes through registers", name)
          << remark::suggest("store it as bf16 where it is made, with rows of "
                             "whole pieces of 16 bytes");
}

LogicalResult AttendEmitter::emit() {
  if (failed(plan()))
    return failure();
  remarkOperands();
  tid = arith::IndexCastUIOp::create(b, loc, b.getI32Type(), threadId(b, loc));
  shared = stager.memory = epilogue.memory = SharedMemory::create(b, loc);
  stager.worker = tid;
  Value lane = rem(tid, warpSize);
  number = rem(lane, across);
  firstRow = tensorCores ? mad(div(tid, warpSize), 16, div(lane, 4))
                         : mul(div(tid, across), rows);
  decodeBlock(
      arith::IndexCastUIOp::create(b, loc, b.getI32Type(), blockId(b, loc)));
  emitBlock();
  if (stager.failed || epilogue.failed)
    return failure();
  LaunchShape shape;
  shape.grid = sTiles * eTiles * llvm::product_of(op.getDims().drop_back(4));
  shape.threads = threads;
  shape.shared = sharedBytes;
  shape.variant = tensorCores ? "mma.sync" : "simt";
  finishKernel(kernel, shape);
  return success();
}

namespace {
struct LowerAttendPass : impl::LowerAttendPassBase<LowerAttendPass> {
  void runOnOperation() override {
    auto lower = [&](kernel::AttendOp op, KernelFunction &kernel) {
      auto gpu = kernel::getMachine<kernel::GpuAttr>(op);
      return gpu ? AttendEmitter(op, kernel, gpu).emit() : failure();
    };
    if (failed(KernelFunction::lower<kernel::AttendOp>(getOperation(), lower)))
      signalPassFailure();
  }
};
} // namespace
} // namespace moec::gpu
