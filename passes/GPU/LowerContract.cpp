//===- LowerContract.cpp - kernel.contract to the code of GPU threads -----===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   func.func @k(%x: memref<64x32xf32>, %w: memref<32x64xf32>,
//                %y: memref<64x64xf32>, %begin: index, ...)
//       attributes {kernel.function} {
//     kernel.contract dims [64, 64, 32] ins(%x, %w : ...) outs(%y : ...)
//       schedule #kernel.schedule<tile = [64, 64, 16], micro = [4, 4]> ...
// becomes
//   func.func @k(...) attributes {kernel.function, kernel.grid = 1 : i64,
//       kernel.threads = 256 : i64, kernel.shared = 18432 : i64,
//       kernel.variant = "simt", ...} {
//     %tid = gpu.thread_id x
//     %shared = gpu.dynamic_shared_memory : ...
//     // load the first tiles, then
//     %sums = scf.for %t = 0 to 2 iter_args(...) {
//       gpu.barrier
//       // load tiles t + 1; multiply tiles t; store tiles t + 1
//     }
//     // sums through shared memory, epilogue, store
//   }
//
// Shown by test/passes/GPU/lower-contract.mlir.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Remarks.h"
#include "passes/GPU/GPUContractEmitter.h"
#include "passes/Remarks.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moec::gpu {
#define GEN_PASS_DEF_LOWERCONTRACTPASS
#include "passes/GPU/Passes.h.inc"

InFlightDiagnostic GPUContractEmitter::scheduleError() {
  return op.emitOpError("has a schedule that its GPU code cannot follow, ")
         << op.getScheduleAttr() << ": ";
}

PanelPart GPUContractEmitter::partOf(const Panel &panel,
                                     const BlockRange &range) {
  bool isLeft = panel.rowDim == mDim;
  PanelPart part;
  part.dims = pointOf(range, {}, {}, {});
  part.rowBegin = isLeft ? range.mBegin : range.nBegin;
  part.rowEnd = isLeft ? range.mEnd : range.nEnd;
  part.depthEnd = range.kEnd;
  part.cutsRows = isLeft ? raggedM || M % mTile : N % nTile;
  part.cutsDepth = raggedK || K % kTile;
  part.mayBeEmpty = raggedK;
  return part;
}

void GPUContractEmitter::planPanel(Panel &panel, Region &region,
                                   unsigned rowDim, int64_t rows) {
  panel.region = &region;
  panel.rowDim = rowDim;
  panel.depthDim = kDim;
  panel.rows = rows;
  panel.depth = kTile;
  panel.layout = warpgroups    ? PanelLayout::Blocks
                 : tensorCores ? PanelLayout::Chunks
                               : PanelLayout::Steps;
  panel.alongDepth = movesAlongK(region, rowDim);
  stager.plan(panel);
  if (warpgroups)
    planTma(panel);
}

LogicalResult GPUContractEmitter::planSimt() {
  auto micro = [&](int64_t size) {
    return size == 1 || size == 2 || size == 4 || size == 8;
  };
  if (!micro(mMicro) || !micro(nMicro))
    return scheduleError() << "expected micro sizes of 1, 2, 4 or 8";
  if (mTile % mMicro || nTile % nMicro || mTile % 4 || nTile % 4)
    return scheduleError() << "expected tile sizes of m and n that are "
                              "multiples of 4 and of the micro tile";
  threads = mTile / mMicro * (nTile / nMicro) * kParts;
  if (threads % 32 || threads > 1024)
    return scheduleError() << "expected a multiple of 32 threads, at most 1024,"
                              " got "
                           << threads;
  if (kTile % 8 || mTile * kTile % threads || nTile * kTile % threads)
    return scheduleError() << "expected a tile of k that is a multiple of 8 "
                              "and panels that are multiples of the "
                           << threads << " threads";
  return success();
}

LogicalResult GPUContractEmitter::planMma() {
  for (Region *region : {&op.getLhs(), &op.getRhs()})
    if (!region->front().getTerminator()->getOperand(0).getType().isBF16())
      return scheduleError() << "mma.sync multiplies bf16, but lhs and rhs "
                                "yield f32; use variant simt or compile with "
                                "--precision bf16";
  if (mMicro % 16 || nMicro % 16 || mTile % mMicro || nTile % nMicro ||
      kTile % 16)
    return scheduleError() << "expected micro sizes and a tile of k that are "
                              "multiples of 16, and a tile of whole micro "
                              "tiles";
  if (mMicro * nMicro > 64 * 64)
    return scheduleError() << "expected a micro tile of at most 64 x 64, whose "
                              "sums fit in registers";
  threads = mTile / mMicro * (nTile / nMicro) * 32 * kParts;
  if (threads > 1024)
    return scheduleError() << "expected at most 32 warps, got " << threads / 32;
  if (mTile * kTile % threads || nTile * kTile % threads)
    return scheduleError() << "expected panels that are multiples of the "
                           << threads << " threads";
  tensorCores = true;
  return success();
}

LogicalResult GPUContractEmitter::planSkinny(int64_t parts) {
  bool bf16 =
      op.getLhs().front().getTerminator()->getOperand(0).getType().isBF16();
  kParts = std::max<int64_t>(parts, 1);
  if (kTile % (kParts * (bf16 ? 16 : 8)))
    return scheduleError() << "expected a tile of k of " << kParts
                           << " parts (warps), each a multiple of "
                           << (bf16 ? 16 : 8);
  return bf16 ? planMma() : planSimt();
}

LogicalResult GPUContractEmitter::plan() {
  if (failed(readContract("moec-assign-gpu-schedule")))
    return failure();
  countTiles();
  kernel::ScheduleAttr schedule = op.getScheduleAttr();
  mMicro = schedule.getMicro()[0], nMicro = schedule.getMicro()[1];
  if (schedule.getVariant() != kernel::Variant::Default)
    variant = schedule.getVariant();
  auto planVariant = [&]() -> LogicalResult {
    switch (variant) {
    case kernel::Variant::MmaSync:
      return planMma();
    case kernel::Variant::Wgmma:
      return planWgmma();
    case kernel::Variant::Skinny:
      return planSkinny(schedule.getWarps());
    default:
      return planSimt();
    }
  };
  if (failed(planVariant()))
    return failure();
  // Where k runs over two dimensions of an operand, a tile may stay in one.
  if (!raggedK)
    operands.setAligned(kDim, kTile);
  if (!warpgroups)
    workers = threads;
  stager.workers = workers;
  planPanel(left, op.getLhs(), mDim, mTile);
  planPanel(right, op.getRhs(), nDim, nTile);
  // Halves of boxes of 64 rows would be halves along k.
  pairs = isTma(right) && !raggedM && mTiles % 2 == 0 &&
          machine.getMultiprocessors() > 1 &&
          (right.alongDepth || nTile % 128 == 0);
  return planStages(schedule.getStages());
}

LogicalResult GPUContractEmitter::planStages(int64_t asked) {
  left.offset = 0;
  right.offset = left.bytes;
  stageBytes = left.bytes + right.bytes;
  bool async = left.async || right.async || warpgroups;
  stages = async ? std::max<int64_t>(asked, 2) : 2;
  if (!raggedK) {
    int64_t tiles = llvm::divideCeil(K, kTile);
    if (!warpgroups) // whose ring goes on into the next tile
      stages = std::min(stages, tiles + 1);
    if (!async && tiles == 1)
      stages = 1;
  }
  int64_t rows = warpgroups    ? mTile / 2
                 : tensorCores ? mTile / mMicro * 16
                               : mTile / mMicro * std::min<int64_t>(mMicro, 4);
  epilogue.columns = nTile;
  epilogue.parts = kParts;
  sharedBytes = std::max(stages * stageBytes, epilogue.bytes(rows));
  if (warpgroups) { // the next tile is loaded meanwhile
    epilogue.offset = stages * stageBytes;
    barriersAt = epilogue.offset + epilogue.bytes(rows);
    sharedBytes = barriersAt + stages * 16;
  }
  if (sharedBytes > machine.getSharedBytes())
    return scheduleError() << "it takes " << sharedBytes
                           << " bytes of shared memory, at most "
                           << machine.getSharedBytes()
                           << " are there; use fewer stages or smaller tiles";
  return success();
}

/// An operand that does not take the fast way into shared memory: which, why,
/// and what helps.
void GPUContractEmitter::remarkOperands() {
  for (const Panel *panel : {&left, &right}) {
    auto missed = [&](StringRef reason, StringRef suggestion) {
      remark::missed(loc, remarkAbout(op, "StagedOperand", "GPU"))
          << remark::reason("{0} operand goes through registers: {1}",
                            panel == &left ? "left" : "right", reason)
          << remark::suggest("{0}", suggestion);
    };
    if (!tensorCores || panel->async || isTma(*panel) || panel->inputs.empty())
      continue;
    unsigned input = panel->inputs.front();
    if (!operands.elementType(input).isBF16())
      missed("it is not bf16 in memory", "store it rounded where it is made");
    else if (panel->inputs.size() > 1 || !yieldsArgument(*panel->region, input))
      missed("a map is fused into it", "compute the map where it is made, if "
                                       "several contractions read it");
    else if (!isRepeated(operands, input, panel->lane()))
      missed("its rows are not whole pieces of 16 bytes",
             "make the contiguous dimension a multiple of 8");
  }
}

LogicalResult GPUContractEmitter::emit() {
  if (failed(plan()))
    return failure();
  remarkOperands();
  tid = arith::IndexCastUIOp::create(b, loc, b.getI32Type(), threadId(b, loc));
  shared = stager.memory = epilogue.memory = SharedMemory::create(b, loc);
  worker = stager.worker = tid;

  LaunchShape shape;
  shape.grid = numBlocks();
  if (warpgroups) {
    shape.grid = numResident();
    shape.cluster = pairs ? 2 : 1;
    shape.tensorMaps = tensorMaps();
    emitWgmma();
  } else {
    BlockRange range = decodeBlock(
        arith::IndexCastUIOp::create(b, loc, b.getI32Type(), blockId(b, loc)));
    auto body = [&] { tensorCores ? emitMma(range) : emitSimt(range); };
    if (raggedM) // blocks past the last tile have no rows
      when(lessThan(range.mBegin, range.mEnd), body);
    else
      body();
  }
  if (broken || stager.failed || epilogue.failed)
    return failure();
  shape.threads = threads;
  shape.shared = sharedBytes;
  shape.variant = kernel::stringifyVariant(variant).str();
  finishKernel(kernel, shape);
  return success();
}

namespace {
struct LowerContractPass : impl::LowerContractPassBase<LowerContractPass> {
  void runOnOperation() override {
    auto lower = [&](kernel::ContractOp op, KernelFunction &kernel) {
      auto gpu = kernel::getMachine<kernel::GpuAttr>(op);
      return gpu ? GPUContractEmitter(op, kernel, gpu).emit() : failure();
    };
    if (failed(
            KernelFunction::lower<kernel::ContractOp>(getOperation(), lower)))
      signalPassFailure();
  }
};
} // namespace
} // namespace moec::gpu
