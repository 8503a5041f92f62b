//===- LowerMapTranspose.cpp - Maps by tiles in shared memory -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   kernel.map dims [64, 64] ins(%x) outs(%y) body { yield f(%a) }
//     maps [(i, j) -> (j, i), (i, j) -> (i, j)]
// becomes, for one block a tile of 32 by 32,
//   for the points of this thread along i: tile[i][j] = load %x[j][i]
//   gpu.barrier
//   for the points of this thread along j: store f(tile[i][j]), %y[i][j]
//
// Shown by test/passes/GPU/lower-map-transpose.mlir.
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/LowerMapTranspose.h"

using namespace mlir;
using namespace moec;
using namespace moec::codegen;
using namespace moec::gpu;

/// Threads of a block where there is work for so many, and points of a thread
/// whose loads are on their way at the same time.
static constexpr int64_t blockThreads = 256, batch = 4;

namespace {
class TransposeLowering {
public:
  TransposeLowering(Region &body, PointEmitter &emitter,
                    const TransposeTile &tile)
      : body(body), emitter(emitter), b(emitter.b), space(emitter.space),
        tile(tile) {}

  LaunchShape run() {
    shape.threads =
        std::min<int64_t>(llvm::alignTo(tile.volume(), warpSize), blockThreads);
    shape.variant = "tile";
    thread = threadId(b, b.getLoc());
    bindTile();
    for (const StagedOperand &staged : tile.staged)
      buffers.push_back(
          shared.allocate(b, b.getLoc(), {staged.elements},
                          emitter.operands.elementType(staged.operand)));
    for (auto [staged, buffer] : llvm::zip_equal(tile.staged, buffers))
      if (staged.operand < space.numInputs)
        load(staged, buffer);
    mlir::gpu::BarrierOp::create(b);
    compute();
    bool stagesOuts = false;
    for (const StagedOperand &staged : tile.staged)
      stagesOuts |= staged.operand >= space.numInputs;
    if (stagesOuts)
      mlir::gpu::BarrierOp::create(b);
    for (auto [staged, buffer] : llvm::zip_equal(tile.staged, buffers))
      if (staged.operand >= space.numInputs)
        store(staged, buffer);
    shape.shared = shared.bytes();
    return shape;
  }

private:
  /// A point of the tile: where it stands in the space and in the tile, and
  /// whether it exists (null: always).
  struct TilePoint {
    SmallVector<Value> index, digits;
    Value exists;
  };
  using Points = SmallVector<TilePoint, batch>;

  Region &body;
  PointEmitter &emitter;
  ImplicitLocOpBuilder &b;
  const RowSpace &space;
  const TransposeTile &tile;
  LaunchShape shape;
  SharedAllocator shared;
  SmallVector<Value> origin, buffers;
  Value thread;

  Value mul(Value value, int64_t by) {
    return by == 1 ? value
                   : arith::MulIOp::create(b, value, emitter.constant(by))
                         .getResult();
  }
  void when(Value condition, llvm::function_ref<void()> work) {
    if (!condition)
      return work();
    auto branch = scf::IfOp::create(b, condition);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    work();
  }

  /// Where the tile of this block begins.
  void bindTile() {
    origin.resize(space.dims.size());
    Value rest = blockId(b, b.getLoc());
    for (unsigned d = space.dims.size(); d-- > 0;) {
      int64_t count = llvm::divideCeil(space.dims[d].extent, tile.sizes[d]);
      shape.grid *= count;
      if (count == 1) {
        origin[d] = emitter.constant(0);
        continue;
      }
      Value size = emitter.constant(count);
      origin[d] =
          mul(arith::RemUIOp::create(b, rest, size).getResult(), tile.sizes[d]);
      rest = arith::DivUIOp::create(b, rest, size);
    }
  }

  /// Point `number` of those that `order` counts. One that does not exist
  /// stands at the last that does, so that it can be loaded.
  TilePoint bind(ArrayRef<unsigned> order, Value number) {
    TilePoint point;
    point.index = origin;
    point.digits.assign(space.dims.size(), emitter.constant(0));
    Value rest = number;
    for (unsigned d : llvm::reverse(order)) {
      Value digit = rest;
      if (d != order.front()) {
        Value size = emitter.constant(tile.sizes[d]);
        digit = arith::RemUIOp::create(b, rest, size);
        rest = arith::DivUIOp::create(b, rest, size);
      }
      point.digits[d] = digit;
      Value &index = point.index[d];
      index = arith::AddIOp::create(b, index, digit);
      int64_t extent = space.dims[d].extent;
      if (extent % tile.sizes[d] == 0)
        continue;
      Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, index,
                                           emitter.constant(extent));
      point.exists =
          point.exists
              ? arith::AndIOp::create(b, point.exists, exists).getResult()
              : exists;
      index = arith::MinUIOp::create(b, index, emitter.constant(extent - 1));
    }
    return point;
  }

  /// Deals the points that `order` counts out to neighbouring threads.
  void forPoints(ArrayRef<unsigned> order,
                 llvm::function_ref<void(MutableArrayRef<TilePoint>)> work) {
    int64_t volume = 1;
    for (unsigned d : order)
      volume *= tile.sizes[d];
    int64_t rounds = volume / shape.threads;
    auto several = [&](Value first, int64_t count) {
      Points points;
      for (int64_t i = 0; i < count; ++i)
        points.push_back(bind(order, emitter.add(first, i * shape.threads)));
      work(points);
    };
    int64_t looped = rounds / batch * batch;
    if (looped == batch)
      several(thread, batch);
    else if (looped)
      emitter.loop(emitter.constant(0),
                   emitter.constant(looped * shape.threads),
                   batch * shape.threads, {}, [&](Value first, ValueRange) {
                     several(arith::AddIOp::create(b, first, thread), batch);
                     return PointEmitter::Values();
                   });
    if (rounds > looped)
      several(emitter.add(thread, looped * shape.threads), rounds - looped);
    if (int64_t rest = volume % shape.threads)
      when(arith::CmpIOp::create(b, arith::CmpIPredicate::ult, thread,
                                 emitter.constant(rest)),
           [&] { several(emitter.add(thread, rounds * shape.threads), 1); });
  }

  Value place(const StagedOperand &staged, const TilePoint &point) {
    Value at;
    for (auto [d, stride] : llvm::enumerate(staged.strides)) {
      if (!stride)
        continue;
      Value part = mul(point.digits[d], stride);
      at = at ? arith::AddIOp::create(b, at, part).getResult() : part;
    }
    return at;
  }
  RowCursor cursor(unsigned operand, const TilePoint &point) {
    return emitter.operands.row(b, b.getLoc(), operand, point.index,
                                /*laneDim=*/point.index.size());
  }

  void load(const StagedOperand &staged, Value buffer) {
    forPoints(staged.order, [&](MutableArrayRef<TilePoint> points) {
      SmallVector<Value> values;
      for (TilePoint &point : points)
        values.push_back(emitter.operands.loadScalar(
            b, b.getLoc(), cursor(staged.operand, point), emitter.constant(0)));
      for (auto [point, value] : llvm::zip_equal(points, values))
        memref::StoreOp::create(b, value, buffer, place(staged, point));
    });
  }

  void compute() {
    forPoints(tile.order, [&](MutableArrayRef<TilePoint> points) {
      // All are evaluated before any is stored: an out may be an input.
      SmallVector<PointEmitter::Values> results;
      for (TilePoint &here : points) {
        Point point = emitter.emptyPoint();
        point.index = here.index;
        for (auto [staged, buffer] : llvm::zip_equal(tile.staged, buffers))
          if (staged.operand < space.numInputs)
            point.loaded[staged.operand] =
                memref::LoadOp::create(b, buffer, place(staged, here));
        results.push_back(emitter.evaluate(body, point));
      }
      for (auto [here, values] : llvm::zip_equal(points, results)) {
        for (auto [out, value] : llvm::enumerate(values))
          if (const StagedOperand *staged = tile.find(space.numInputs + out))
            memref::StoreOp::create(b, value,
                                    buffers[staged - tile.staged.begin()],
                                    place(*staged, here));
        when(here.exists, [&, &here = here, &values = values] {
          for (auto [out, value] : llvm::enumerate(values))
            if (unsigned i = space.numInputs + out; !tile.find(i))
              emitter.operands.storeScalar(b, b.getLoc(), cursor(i, here),
                                           emitter.constant(0), value);
        });
      }
    });
  }

  void store(const StagedOperand &staged, Value buffer) {
    forPoints(staged.order, [&](MutableArrayRef<TilePoint> points) {
      for (TilePoint &point : points)
        when(point.exists, [&] {
          Value value = memref::LoadOp::create(b, buffer, place(staged, point));
          emitter.operands.storeScalar(b, b.getLoc(),
                                       cursor(staged.operand, point),
                                       emitter.constant(0), value);
        });
    });
  }
};
} // namespace

LaunchShape moec::gpu::lowerMapTranspose(Region &body, PointEmitter &emitter,
                                         const TransposeTile &tile) {
  return TransposeLowering(body, emitter, tile).run();
}
