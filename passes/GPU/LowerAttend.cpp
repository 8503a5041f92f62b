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

#include "passes/GPU/AttendEmitter.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moec::gpu {
#define GEN_PASS_DEF_LOWERATTENDPASS
#include "passes/GPU/Passes.h.inc"

LogicalResult AttendEmitter::plan() {
  FailureOr<KernelOperands> found = KernelOperands::create(b, op);
  if (failed(found))
    return failure();
  operands = *found;
  ArrayRef<int64_t> extents = operands.dims();
  S = extents[op.getSDim()], E = extents[op.getEDim()];
  T = extents[op.getTDim()], D = extents[op.getDDim()];
  if (failed(planTile()))
    return failure();
  sTiles = llvm::divideCeil(S, sTile), tTiles = llvm::divideCeil(T, tTile);
  eTiles = llvm::divideCeil(E, eTile), dTiles = llvm::divideCeil(D, dTile);
  unsigned s = op.getSDim(), e = op.getEDim(), t = op.getTDim(),
           d = op.getDDim();
  if (failed(planPanel(query, op.getQuery(), s, d, sTile, dTile)) ||
      failed(planPanel(key, op.getKey(), t, d, tTile, dTile)) ||
      failed(planPanel(value, op.getValue(), e, t, eTile, tTile)))
    return failure();
  // Several tiles of the depth pass through one stage.
  stages =
      dTiles == 1 && tTiles > 1 && op.getScheduleAttr().getStages() > 1 ? 2 : 1;
  key.offset = query.bytes;
  value.offset = key.offset + key.bytes;
  stageBytes = key.bytes + value.bytes;
  weightsAt = query.bytes + stages * stageBytes;
  epilogue.columns = eTile;
  sharedBytes = std::max(weightsAt + (tensorCores ? 0 : tTile * sTile * 4),
                         epilogue.bytes(sTile));
  return checkShared(sharedBytes);
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
    settle(isAsync());
    queryFragments = loadFragments(query);
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
          settle(isAsync()); // nobody reads the other stage any more, either
          next = sub(c(stageBytes), at);
          Value ahead = add(tBegin, tTile);
          emitIf(b, loc, lessThan(ahead, c(T)), [&] { fill(ahead, next); });
        } else {
          mlir::gpu::BarrierOp::create(b, loc);
          fill(tBegin, at);
          if (dTiles == 1)
            settle(isAsync());
        }
        SmallVector<Value> scores =
            emitScores({query, queryPart()}, {key, keyPart(tBegin)}, at, D,
                       queryFragments);
        emitSoftmax(tBegin, scores, state);
        addProduct(scores, value, at, state.sums);
        SmallVector<Value> after = state.values();
        after.push_back(next);
        return after;
      });
  carried.pop_back();
  state.set(carried);
  finishRows(state);
  mlir::gpu::BarrierOp::create(b, loc); // the epilogue uses the same memory
  storeSums(state.sums, epilogue, {dims, sBegin, sEnd, eBegin, eEnd});
}

LogicalResult AttendEmitter::emit() {
  if (failed(plan()))
    return failure();
  remarkStaged(query, "query");
  remarkStaged(key, "key");
  remarkStaged(value, "value");
  startThread();
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
