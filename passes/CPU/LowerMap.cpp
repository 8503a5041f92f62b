//===- LowerMap.cpp - kernel.map to vector loops --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/CPU/LowerRowsGrid.h"
#include "passes/CPU/Passes.h"

using namespace mlir;

namespace moec::cpu {
#define GEN_PASS_DEF_LOWERMAPPASS
#include "passes/CPU/Passes.h.inc"

namespace {
/// Vectors that are loaded before the first of them is stored.
constexpr unsigned mapUnroll = 4;

/// Orders `loops` so that the innermost one moves the least in the first out:
/// stores to lines far apart wait for each other, loads do not.
void sortForStores(SmallVectorImpl<unsigned> &loops, const RowSpace &space) {
  auto strideOf = [&](unsigned d) {
    return std::abs(space.along(space.numInputs, d).stride);
  };
  bool known = llvm::all_of(loops, [&](unsigned d) {
    return space.along(space.numInputs, d).kind != LaneKind::Irregular;
  });
  if (known && space.raggedDim() < 0)
    llvm::stable_sort(loops, [&](unsigned a, unsigned b) {
      return strideOf(a) > strideOf(b);
    });
}

LogicalResult lowerMap(kernel::MapOp op, KernelFunction &kernel,
                       unsigned hardwareLanes) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  FailureOr<KernelOperands> operands = KernelOperands::create(b, op);
  if (failed(operands))
    return failure();
  RowSpace space(op, *operands);
  unsigned v = space.chooseVectorDim(hardwareLanes);
  unsigned lanes = lanesFor(space.dims[v].extent, hardwareLanes);
  remarkSlowAccesses(op, space, v);

  // A long vector loop is cut so that there are enough units for the grid;
  // pieces are whole steps of the unrolled loop.
  SmallVector<unsigned> others = space.select(/*reduction=*/false, v);
  sortForStores(others, space);
  int64_t rows = 1;
  for (unsigned d : others)
    rows *= std::max<int64_t>(space.dims[d].extent, 1);
  int64_t extent = space.dims[v].extent;
  int64_t wanted = llvm::divideCeil(targetBlocks(space.work()), rows);
  int64_t size = std::max<int64_t>(
      llvm::alignTo(llvm::divideCeil(extent, wanted), mapUnroll * lanes), 1);
  int64_t chunks = llvm::divideCeil(extent, size);

  UnitGrid grid(space, others, chunks);
  PointEmitter emitter(b, space, *operands, v, lanes);
  grid.emit(emitter, kernel.begin, kernel.end, [&](Point &row, Value chunk) {
    LoopRange range{0, extent, {}, {}};
    if (chunks > 1) {
      range.dynamicLo = arith::MulIOp::create(b, chunk, emitter.constant(size));
      range.dynamicHi = arith::MinUIOp::create(
          b, emitter.add(range.dynamicLo, size), emitter.constant(extent));
    }
    emitter.vectorLoop(
        range, row, mapUnroll, {},
        [&](MutableArrayRef<Point> points, ValueRange) {
          // All loads come before the stores: an out may be an input.
          SmallVector<SmallVector<Value>> results;
          for (Point &point : points)
            results.push_back(emitter.evaluate(op.getBody(), point));
          for (auto [point, values] : llvm::zip_equal(points, results))
            for (auto [out, value] : llvm::enumerate(values))
              emitter.store(out, value, point);
          return SmallVector<Value>();
        });
  });
  if (emitter.failed)
    return failure();
  kernel.finish(grid.blocks(), /*scratchBytes=*/0);
  return success();
}

struct LowerMapPass : impl::LowerMapPassBase<LowerMapPass> {
  void runOnOperation() override {
    auto lower = [&](kernel::MapOp op, KernelFunction &kernel) {
      auto cpu = kernel::getMachine<kernel::CpuAttr>(op);
      return cpu ? lowerMap(op, kernel, cpu.getLanes()) : failure();
    };
    if (failed(KernelFunction::lower<kernel::MapOp>(getOperation(), lower)))
      signalPassFailure();
  }
};
} // namespace
} // namespace moec::cpu
