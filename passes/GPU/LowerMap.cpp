//===- LowerMap.cpp - kernel.map to GPU threads ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   kernel.map dims [4, 8] ins(%x ..) outs(%y ..) body { %v = f(%a) .. }
// becomes, for one thread an element,
//   %n = gpu.block_id x * 32 + gpu.thread_id x
//   scf.if %n < 32 { memref.store f(memref.load %x[%n]), %y[%n] }
//
// Shown by test/passes/GPU/lower-map.mlir.
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/LaunchShape.h"
#include "passes/GPU/LowerMapTranspose.h"
#include "passes/GPU/ThreadGrid.h"

using namespace mlir;

namespace moec::gpu {
#define GEN_PASS_DEF_LOWERMAPPASS
#include "passes/GPU/Passes.h.inc"

namespace {
/// Threads of a block where there is work for so many.
constexpr int64_t blockThreads = 256;

LogicalResult lowerMap(kernel::MapOp op, KernelFunction &kernel) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  FailureOr<KernelOperands> operands = KernelOperands::create(b, op);
  if (failed(operands))
    return failure();
  RowSpace space(op, *operands);
  unsigned fastest = chooseThreadLoop(space, *operands, /*parallelOnly=*/false);
  PointEmitter emitter(b, space, *operands, fastest, /*lanes=*/0);
  if (auto tile = chooseTransposeTile(space, *operands, fastest)) {
    LaunchShape shape = lowerMapTranspose(op.getBody(), emitter, *tile);
    if (emitter.failed)
      return failure();
    finishKernel(kernel, shape);
    return success();
  }
  remarkUncoalesced(op, space, *operands, fastest);

  ThreadGrid grid(space, fastest);
  LaunchShape shape;
  shape.threads =
      std::min(llvm::alignTo(std::max<int64_t>(grid.points(), 1), warpSize),
               uint64_t(blockThreads));
  shape.grid =
      std::max<int64_t>(llvm::divideCeil(grid.points(), shape.threads), 1);

  auto body = [&](Value number) {
    Point point = emitter.emptyPoint();
    Value exists = grid.bind(emitter, point, number);
    auto work = [&] {
      // All loads come before the stores: an out may be an input.
      SmallVector<Value> values = emitter.evaluate(op.getBody(), point);
      for (auto [out, value] : llvm::enumerate(values))
        emitter.store(out, value, point);
    };
    if (!exists)
      return work();
    auto branch = scf::IfOp::create(b, exists);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    work();
  };
  Value number = arith::AddIOp::create(
      b,
      arith::MulIOp::create(b, blockId(b, b.getLoc()),
                            emitter.constant(shape.threads)),
      threadId(b, b.getLoc()));
  if (grid.points() == shape.grid * shape.threads) {
    body(number);
  } else {
    auto branch = scf::IfOp::create(
        b, arith::CmpIOp::create(b, arith::CmpIPredicate::ult, number,
                                 emitter.constant(grid.points())));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    body(number);
  }
  if (emitter.failed)
    return failure();
  finishKernel(kernel, shape);
  return success();
}

struct LowerMapPass : impl::LowerMapPassBase<LowerMapPass> {
  void runOnOperation() override {
    if (failed(KernelFunction::lower<kernel::MapOp>(getOperation(), lowerMap)))
      signalPassFailure();
  }
};
} // namespace
} // namespace moec::gpu
