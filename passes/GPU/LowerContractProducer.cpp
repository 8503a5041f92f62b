//===- LowerContractProducer.cpp - Stages for wgmma -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A stage is filled once all consumers have released it, and full once
//   TMA has written all bytes that its one thread announced, and
//   every producing thread has arrived, where operands are copied by threads:
//     it waits for its copies and orders what it wrote before what wgmma reads
//     (fence.proxy.async).
// Copies by cp.async may still be on their way when the next stages are begun,
// so a thread arrives `copyLag` stages late.
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/GPUContractEmitter.h"

using namespace mlir;

namespace moec::gpu {

int64_t GPUContractEmitter::copyLag() const {
  return left.async || right.async ? stages - 2 : 0;
}

Value GPUContractEmitter::stageOf(Value use) {
  return mul(rem(use, stages), stageBytes);
}
Value GPUContractEmitter::parity(Value use) { return rem(div(use, stages), 2); }
Value GPUContractEmitter::fullBarrier(Value use) {
  return sharedAt(mul(rem(use, stages), 8), barriersAt);
}
Value GPUContractEmitter::emptyBarrier(Value use) {
  return sharedAt(mul(rem(use, stages), 8), barriersAt + stages * 8);
}

void GPUContractEmitter::initBarriers() {
  int64_t fillers = (isCopied() ? 128 : 0) + (isTma(left) || isTma(right));
  Value first =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, tid, c(0));
  when(first, [&] {
    for (int64_t s = 0; s < stages; ++s) {
      NVVM::MBarrierInitOp::create(b, loc, fullBarrier(c(s)), c(fillers),
                                   Value());
      NVVM::MBarrierInitOp::create(b, loc, emptyBarrier(c(s)),
                                   c(consumers() * (pairs ? 2 : 1)), Value());
    }
    NVVM::FenceMbarrierInitOp::create(b, loc);
  });
  if (pairs)
    clusterBarrier();
  else
    mlir::gpu::BarrierOp::create(b, loc);
}

void GPUContractEmitter::clusterBarrier() {
  NVVM::ClusterArriveOp::create(b, loc, UnitAttr());
  NVVM::ClusterWaitOp::create(b, loc, UnitAttr());
}

void GPUContractEmitter::arriveAtPeer(Value barrier) {
  Value peer = NVVM::MapaOp::create(
      b, loc, LLVM::LLVMPointerType::get(b.getContext(), 7), barrier,
      bitXor(rank, c(1)));
  NVVM::MBarrierArriveOp::create(b, loc, Type(), peer, Value(),
                                 NVVM::MemScopeKind::CLUSTER, false);
}

void GPUContractEmitter::arrive(Value barrier) {
  NVVM::MBarrierArriveOp::create(b, loc, b.getI64Type(), barrier);
}

void GPUContractEmitter::await(Value barrier, Value parity) {
  auto loop = scf::WhileOp::create(b, loc, TypeRange{}, ValueRange{});
  OpBuilder::InsertionGuard guard(b);
  b.createBlock(&loop.getBefore());
  Value done = NVVM::MBarrierTryWaitOp::create(b, loc, b.getI1Type(), barrier,
                                               parity, Value());
  Value again = arith::XOrIOp::create(
      b, loc, done, arith::ConstantOp::create(b, loc, b.getBoolAttr(true)));
  scf::ConditionOp::create(b, loc, again, ValueRange{});
  b.createBlock(&loop.getAfter());
  scf::YieldOp::create(b, loc);
}

void GPUContractEmitter::copyTensor(const Panel &panel, const BlockRange &range,
                                    Value k, Value stage, Value full) {
  bool isLeft = panel.rowDim == mDim, shares = pairs && !isLeft;
  int64_t rows = panel.rows / (shares ? 2 : 1), boxes = rows / boxRows(panel);
  Value row = isLeft ? range.mBegin : range.nBegin, mask;
  if (shares) {
    row = mad(rank, rows, row);
    stage = mad(rank, rows * 128, stage); // 64 elements of k or a row
    mask = arith::ConstantOp::create(b, loc, b.getI16IntegerAttr(3));
  }
  for (int64_t i = 0; i < boxes; ++i) {
    SmallVector<Value> coordinates;
    for (unsigned d : panel.tmaDims)
      coordinates.push_back(d == kDim ? k
                            : d == panel.rowDim
                                ? add(row, i * 64)
                                : arith::IndexCastUIOp::create(
                                      b, loc, b.getI32Type(), range.group[d])
                                      .getResult());
    Value target = LLVM::AddrSpaceCastOp::create(
        b, loc, LLVM::LLVMPointerType::get(b.getContext(), 7),
        sharedAt(add(stage, panel.offset + i * 64 * 128)));
    NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp::create(
        b, loc, target, panel.tensorMap, coordinates, full, ValueRange{}, mask,
        Value(), NVVM::TMALoadMode::TILE, /*isCTAOnly=*/false,
        NVVM::CTAGroupKindAttr(), Value());
  }
}

Value GPUContractEmitter::produceTile(const BlockRange &range, Value tiles,
                                      Value used) {
  // A tile without rows has no rows to look at either.
  when(lessThan(c(0), tiles), [&] { fillStages(range, tiles, used); });
  return add(used, tiles);
}

void GPUContractEmitter::fillStages(const BlockRange &range, Value tiles,
                                    Value used) {
  // Pieces at a time whose loads overlap; more take too many registers.
  constexpr size_t together = 4;
  SmallVector<Piece> positions[2];
  for (Panel *panel : {&left, &right}) {
    if (isTma(*panel))
      continue;
    positions[panel == &right] = pieces(*panel, range);
    if (panel->async)
      panel->pointer = stager.globalPointer(b, panel->inputs.front());
  }
  loop(c(0), tiles, 1, {}, [&](Value t, ValueRange) {
    Value use = add(used, t), stage = stageOf(use);
    Value k = mad(t, kTile, range.kBegin);
    // The first time round a stage is empty without having been released.
    await(emptyBarrier(use), bitXor(parity(use), c(1)));
    auto bulk = [&] {
      int64_t bytes =
          (isTma(left) ? left.bytes : 0) + (isTma(right) ? right.bytes : 0);
      Value full = fullBarrier(use);
      NVVM::MBarrierArriveExpectTxOp::create(b, loc, Type(), full, c(bytes),
                                             NVVM::MemScopeKind::CTA, false,
                                             Value());
      for (Panel *panel : {&left, &right})
        if (isTma(*panel))
          copyTensor(*panel, range, k, stage, full);
    };
    if (isTma(left) || isTma(right))
      when(arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, tid, c(0)),
           bulk);
    if (!isCopied())
      return SmallVector<Value>();
    for (Panel *panel : {&left, &right}) {
      ArrayRef<Piece> all = positions[panel == &right];
      if (panel->async)
        copyAsync(*panel, range, all, k, stage);
      else
        for (; !all.empty();
             all = all.drop_front(std::min(together, all.size()))) {
          ArrayRef<Piece> some = all.take_front(together);
          store(*panel, range, some, k, load(*panel, range, some, k), stage);
        }
    }
    int64_t lag = copyLag();
    if (left.async || right.async) {
      NVVM::CpAsyncCommitGroupOp::create(b, loc);
      NVVM::CpAsyncWaitGroupOp::create(b, loc, lag);
    }
    NVVM::FenceProxyOp::create(
        b, loc, NVVM::ProxyKind::async_shared,
        NVVM::SharedSpaceAttr::get(b.getContext(),
                                   NVVM::SharedSpace::shared_cta));
    if (lag)
      when(lessThan(c(lag - 1), use),
           [&] { arrive(fullBarrier(add(use, -lag))); });
    else
      arrive(fullBarrier(use));
    return SmallVector<Value>();
  });
}

/// The last stages, for which no later one arrived.
void GPUContractEmitter::endProduction(Value used) {
  int64_t lag = copyLag();
  if (!isCopied() || !lag)
    return;
  NVVM::CpAsyncWaitGroupOp::create(b, loc, 0);
  NVVM::FenceProxyOp::create(
      b, loc, NVVM::ProxyKind::async_shared,
      NVVM::SharedSpaceAttr::get(b.getContext(),
                                 NVVM::SharedSpace::shared_cta));
  for (int64_t late = lag; late > 0; --late)
    when(lessThan(c(late - 1), used),
         [&] { arrive(fullBarrier(add(used, -late))); });
}

} // namespace moec::gpu
