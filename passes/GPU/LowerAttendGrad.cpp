//===- LowerAttendGrad.cpp - kernel.attend_grad to code of GPU threads ----===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   kernel.attend_grad dims [g, s, e, t, d] .. schedule <tile = [ST, TT, ..],
//   ..>
// becomes
//   scf.if %block < blocks of ST keys {
//     scf.for blocks of TT rows iter_args(%keySums, %valueSums) {
//       // tiles of query and gradient to shared memory
//       // scores = keys * query; slopes = values * gradient
//       // weights = exp(scores - logSumExp)
//       // changes = weights * (slopes - delta)
//       // valueSums += weights * gradient; keySums += changes * query
//     }
//     // sums through shared memory, key_grad and value_grad, store
//   } else {
//     // the same of a block of ST rows and tiles of TT keys:
//     // querySums += changes * keys
//   }
//
// Shown by test/passes/GPU/lower-attend-grad.mlir.
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/AttendGradEmitter.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moec::gpu {
#define GEN_PASS_DEF_LOWERATTENDGRADPASS
#include "passes/GPU/Passes.h.inc"

LogicalResult AttendGradEmitter::planPair(Pair &pair, unsigned number) {
  Region *ofRows = number ? &op.getGradient() : &op.getQuery();
  Region *ofKey = number ? &op.getValue() : &op.getKey();
  Region *own = ofKeys ? ofKey : ofRows, *other = ofKeys ? ofRows : ofKey;
  pair.dim = number ? op.getEDim() : op.getDDim();
  pair.extent = operands.dims()[pair.dim];
  pair.tile = number ? eTile : dTile;
  if (failed(planPanel(pair.own, *own, ownDim, pair.dim, sTile, pair.tile)) ||
      failed(
          planPanel(pair.other, *other, otherDim, pair.dim, tTile, pair.tile)))
    return failure();
  for (auto [out, sum] : llvm::enumerate(op.getSums()))
    if (sum.rowDim == ownDim && sum.columnDim == pair.dim)
      pair.epilogue.emplace(op, operands, *sum.region, ownDim, pair.dim, out);
  if (!pair.epilogue)
    return success();
  pair.epilogue->columns = pair.tile;
  columnTiles =
      std::max(columnTiles, int64_t(llvm::divideCeil(pair.extent, pair.tile)));
  // ldmatrix transposes.
  pair.inPlace = tensorCores && pair.isWhole();
  if (!pair.inPlace)
    return planPanel(pair.columns, *other, pair.dim, otherDim, pair.tile,
                     tTile);
  return success();
}

LogicalResult AttendGradEmitter::plan() {
  FailureOr<KernelOperands> found = KernelOperands::create(b, op);
  if (failed(found) || failed(planTile()))
    return failure();
  operands = *found;
  ownDim = ofKeys ? op.getTDim() : op.getSDim();
  otherDim = ofKeys ? op.getSDim() : op.getTDim();
  ownExtent = operands.dims()[ownDim], otherExtent = operands.dims()[otherDim];
  ownTiles = llvm::divideCeil(ownExtent, sTile);
  columnTiles = 1;
  if (failed(planPair(ofScores, 0)) || failed(planPair(ofSlopes, 1)))
    return failure();
  int64_t used = 0, epilogueBytes = 0;
  auto place = [&](Panel &panel) {
    panel.offset = used;
    used += panel.bytes;
  };
  for (Pair *pair : pairs)
    place(pair->own);
  int64_t stagesAt = used;
  for (Pair *pair : pairs) {
    place(pair->other);
    if (pair->epilogue)
      epilogueBytes = std::max(epilogueBytes, pair->epilogue->bytes(sTile));
    if (pair->hasColumns())
      place(pair->columns);
    else if (pair->inPlace) {
      pair->columns = pair->other;
      std::swap(pair->columns.rows, pair->columns.depth);
      std::swap(pair->columns.rowDim, pair->columns.depthDim);
      pair->columns.alongDepth = !pair->other.alongDepth;
    }
  }
  statisticsAt = used;
  used += ofKeys ? llvm::alignTo(2 * tTile * 4, 128) : 0;
  stageBytes = used - stagesAt;
  stages = ofScores.isWhole() && ofSlopes.isWhole() && otherExtent > tTile &&
                   op.getScheduleAttr().getStages() > 1
               ? 2
               : 1;
  weightsAt = stagesAt + stages * stageBytes;
  sharedBytes = std::max(weightsAt + (tensorCores ? 0 : tTile * sTile * 4),
                         epilogueBytes);
  if (ofKeys) { // and the same of the blocks of rows
    remarkStaged(ofScores.other, "query");
    remarkStaged(ofScores.own, "key");
    remarkStaged(ofSlopes.own, "value");
    remarkStaged(ofSlopes.other, "gradient");
  }
  return checkShared(sharedBytes);
}

LaunchShape AttendGradEmitter::launch() {
  LaunchShape shape;
  shape.grid =
      ownTiles * columnTiles * llvm::product_of(op.getDims().drop_back(4));
  shape.threads = threads;
  shape.shared = sharedBytes;
  shape.variant = tensorCores ? "mma.sync" : "simt";
  return shape;
}

static LogicalResult lowerGradient(kernel::AttendGradOp op,
                                   KernelFunction &kernel,
                                   kernel::GpuAttr machine) {
  AttendGradEmitter ofKeys(op, machine, true), ofRows(op, machine, false);
  if (failed(ofKeys.plan()) || failed(ofRows.plan()))
    return failure();
  LaunchShape shape = ofKeys.launch(), more = ofRows.launch();
  OpBuilder b(op);
  Location loc = op.getLoc();
  Type i32 = b.getI32Type();
  Value block = arith::IndexCastUIOp::create(b, loc, i32, blockId(b, loc));
  // Those of keys have most work, so they come first.
  Value before =
      arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(shape.grid));
  Value isOfKeys =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, block, before);
  auto branch = scf::IfOp::create(b, loc, isOfKeys, /*withElseRegion=*/true);
  b.setInsertionPointToStart(branch.thenBlock());
  if (failed(ofKeys.emit(b, block)))
    return failure();
  b.setInsertionPointToStart(branch.elseBlock());
  if (failed(ofRows.emit(b, arith::SubIOp::create(b, loc, block, before))))
    return failure();
  shape.grid += more.grid;
  shape.shared = std::max(shape.shared, more.shared);
  finishKernel(kernel, shape);
  return success();
}

namespace {
struct LowerAttendGradPass
    : impl::LowerAttendGradPassBase<LowerAttendGradPass> {
  void runOnOperation() override {
    auto lower = [&](kernel::AttendGradOp op, KernelFunction &kernel) {
      auto gpu = kernel::getMachine<kernel::GpuAttr>(op);
      return gpu ? lowerGradient(op, kernel, gpu) : failure();
    };
    if (failed(
            KernelFunction::lower<kernel::AttendGradOp>(getOperation(), lower)))
      signalPassFailure();
  }
};
} // namespace
} // namespace moec::gpu
