//===- LowerRows.cpp - kernel.rows to vector loops ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/CPU/LowerRowsGrid.h"
#include "passes/CPU/Passes.h"

using namespace mlir;

namespace moec::cpu {
#define GEN_PASS_DEF_LOWERROWSPASS
#include "passes/CPU/Passes.h.inc"

namespace {
/// Accumulators of a value along a row: enough to hide the latency of an add.
constexpr unsigned rowAccumulators = 4;
/// Vectors of columns that one block reduces together.
constexpr int64_t maxColumnVectors = 4;
/// Registers for the sums of those columns.
constexpr int64_t maxColumnSums = 16;
/// Units that leave the threads something to share out.
constexpr int64_t minUnits = 4;
/// Steps of a reduction that are written out instead of looped over.
constexpr int64_t reductionUnroll = 8;

/// Ops that are written out for more than one column vector.
constexpr int64_t maxWrittenOps = 64;

using Values = SmallVector<Value>;

/// Lowers one op. A row is reduced either along its lanes (the vector loop is
/// the reduction, with one horizontal step at the end), or many rows side by
/// side, one a lane.
class RowsLowering {
public:
  RowsLowering(KernelFunction kernel, RowSpace &space, KernelOperands &operands,
               ImplicitLocOpBuilder &b, unsigned v, unsigned lanes)
      : kernel(kernel), op(cast<kernel::RowsOp>(kernel.op)), space(space), b(b),
        emitter(b, space, operands, v, lanes), v(v), lanes(lanes) {}

  FailureOr<int64_t> run() {
    return space.dims[v].reduction ? alongLanes() : acrossLanes();
  }

private:
  KernelFunction kernel;
  kernel::RowsOp op;
  RowSpace &space;
  ImplicitLocOpBuilder &b;
  PointEmitter emitter;
  unsigned v, lanes;

  kernel::Combiner combiner(unsigned phase) {
    return cast<kernel::CombinerAttr>(op.getCombiners()[phase]).getValue();
  }
  static TypeRange yieldTypes(Region &region) {
    return region.front().getTerminator()->getOperandTypes();
  }
  unsigned numFinishOuts() { return op.getNumRowOuts(); }
  bool hasEmit() { return !yieldTypes(op.getEmit()).empty(); }

  /// Evaluates `emit` at all points, then stores: an out may be an input.
  void emitPoints(MutableArrayRef<Point> points, ArrayRef<Values> statistics) {
    SmallVector<Values> results;
    for (auto [i, point] : llvm::enumerate(points))
      results.push_back(emitter.evaluate(
          op.getEmit(), point,
          statistics.size() == 1 ? statistics[0] : statistics[i]));
    for (auto [point, values] : llvm::zip_equal(points, results))
      for (auto [out, value] : llvm::enumerate(values))
        emitter.store(numFinishOuts() + out, value, point);
  }

  FailureOr<int64_t> alongLanes() {
    SmallVector<unsigned> outer = space.select(/*reduction=*/true, v);
    UnitGrid grid(space, space.select(/*reduction=*/false), /*chunks=*/1);
    grid.emit(emitter, kernel.begin, kernel.end, [&](Point &row, Value) {
      emitter.preload(row);
      Values statistics;
      for (auto [i, phase] : llvm::enumerate(op.getPhases()))
        llvm::append_range(statistics,
                           reduceRow(i, phase, row, outer, statistics));
      for (auto [out, value] :
           llvm::enumerate(emitter.evaluate(op.getFinish(), row, statistics)))
        emitter.store(out, value, row);
      if (!hasEmit())
        return;
      emitter.nest(outer, row, {}, 1, [&](Point &point, ValueRange) {
        return emitter.vectorLoop(
            emitter.range(v, point), point, rowAccumulators, {},
            [&](MutableArrayRef<Point> points, ValueRange) {
              emitPoints(points, statistics);
              return Values();
            });
      });
    });
    if (emitter.failed)
      return failure();
    return grid.blocks();
  }

  /// The values of one phase over one row, as scalars.
  Values reduceRow(unsigned number, Region &phase, Point &row,
                   ArrayRef<unsigned> outer, const Values &statistics) {
    kernel::Combiner how = combiner(number);
    Values start;
    for (unsigned set = 0; set < rowAccumulators; ++set)
      for (Type type : yieldTypes(phase))
        start.push_back(emitter.neutral(how, emitter.vectorOf(type)));
    auto step = [&](MutableArrayRef<Point> points, ValueRange sums) {
      Values next;
      for (Point &point : points)
        for (Value value : emitter.evaluate(phase, point, statistics)) {
          value = toVector(b, b.getLoc(), value, lanes);
          if (point.mask)
            value = arith::SelectOp::create(
                b, point.mask, value, emitter.neutral(how, value.getType()));
          next.push_back(emitter.combine(how, sums[next.size()], value));
        }
      return next;
    };
    Values sums = emitter.nest(
        outer, row, start, 1, [&](Point &point, ValueRange carried) {
          return emitter.vectorLoop(emitter.range(v, point), point,
                                    rowAccumulators, carried, step);
        });
    unsigned count = yieldTypes(phase).size();
    for (unsigned sets = rowAccumulators / 2; sets; sets /= 2)
      for (unsigned i = 0; i < sets * count; ++i)
        sums[i] = emitter.combine(how, sums[i], sums[i + sets * count]);
    Values result;
    for (unsigned i = 0; i < count; ++i)
      result.push_back(emitter.reduceLanes(how, sums[i]));
    return result;
  }

  FailureOr<int64_t> acrossLanes() {
    SmallVector<unsigned> others = space.select(/*reduction=*/false, v);
    int64_t extent = space.dims[v].extent;
    int64_t vectors = llvm::divideCeil(extent, lanes);
    int64_t rows = 1;
    for (unsigned d : others)
      rows *= std::max<int64_t>(space.dims[d].extent, 1);
    // As many columns a unit as leave enough units for the grid, in equal
    // shares where possible.
    int64_t wanted = targetBlocks(space.work());
    // What does not fit a core's cache comes in lines that lie side by side:
    // whole rows are read fastest, and processors fetch lines at least in
    // pairs, so that a single column vector would throw half away.
    constexpr int64_t privateCacheElements = 256 * 1024;
    int64_t narrowest = 1, widest = maxColumnVectors;
    if (space.volume() > privateCacheElements) {
      int64_t sums = 1;
      for (Region &phase : op.getPhases())
        sums = std::max<int64_t>(sums, yieldTypes(phase).size());
      widest = std::max(widest, maxColumnSums / sums);
      narrowest = std::min(widest, vectors);
      while (narrowest > 2 &&
             rows * llvm::divideCeil(vectors, narrowest) < minUnits)
        --narrowest;
    }
    int64_t width = std::max(vectors * rows / wanted, narrowest);
    width = std::min({width, widest, vectors});
    // A short reduction is written out: that is parallel work enough, and more
    // columns would only spill registers.
    int64_t steps = 1;
    for (unsigned d : space.select(/*reduction=*/true))
      steps *= space.dims[d].extent;
    if (steps <= reductionUnroll && steps * space.opsPerPoint() > maxWrittenOps)
      width = 1;
    while (vectors % width)
      --width;
    for (int64_t w = narrowest;
         steps > reductionUnroll && width < narrowest && w <= widest; ++w)
      if (vectors % w == 0)
        width = w;
    int64_t size = width * lanes, chunks = vectors / width;
    UnitGrid grid(space, others, chunks);
    grid.emit(emitter, kernel.begin, kernel.end, [&](Point &row, Value chunk) {
      emitter.preload(row);
      if (extent % lanes == 0 || chunks == 1) {
        Value start =
            chunks == 1
                ? emitter.constant(0)
                : arith::MulIOp::create(b, chunk, emitter.constant(size))
                      .getResult();
        columns(row, start, width, extent % lanes ? extent : size);
        return;
      }
      // The last chunk has a cut vector.
      Value isLast = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, chunk,
                                           emitter.constant(chunks - 1));
      auto branch = scf::IfOp::create(b, TypeRange(), isLast,
                                      /*withElseRegion=*/true);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(branch.thenBlock());
      columns(row, emitter.constant((chunks - 1) * size), width,
              extent - (chunks - 1) * size);
      b.setInsertionPointToStart(branch.elseBlock());
      Value start = arith::MulIOp::create(b, chunk, emitter.constant(size));
      columns(row, start, width, size);
    });
    if (emitter.failed)
      return failure();
    return grid.blocks();
  }

  /// `width` vectors of rows from `start` on, of which `remaining` rows exist.
  void columns(Point &row, Value start, int64_t width, int64_t remaining) {
    SmallVector<unsigned> loops = space.select(/*reduction=*/true);
    SmallVector<Point, 4> points;
    for (int64_t i = 0; i < width; ++i) {
      points.push_back(
          emitter.vectorPoint(row, start, i * lanes, remaining - i * lanes));
      emitter.preload(points.back());
    }
    SmallVector<Values> statistics(width);
    for (unsigned i = 0; i < op.getPhases().size(); ++i) {
      Region &phase = op.getPhases()[i];
      kernel::Combiner how = combiner(i);
      Values sums;
      for (int64_t w = 0; w < width; ++w)
        for (Type type : yieldTypes(phase))
          sums.push_back(emitter.neutral(how, emitter.vectorOf(type)));
      sums = overRows(points, loops, sums,
                      [&](MutableArrayRef<Point> inner, ValueRange carried) {
                        Values next;
                        for (auto [w, point] : llvm::enumerate(inner))
                          for (Value value :
                               emitter.evaluate(phase, point, statistics[w])) {
                            value = toVector(b, b.getLoc(), value, lanes);
                            next.push_back(emitter.combine(
                                how, carried[next.size()], value));
                          }
                        return next;
                      });
      unsigned count = yieldTypes(phase).size();
      for (int64_t w = 0; w < width; ++w)
        statistics[w].append(sums.begin() + w * count,
                             sums.begin() + (w + 1) * count);
    }
    for (auto [w, point] : llvm::enumerate(points))
      for (auto [out, value] : llvm::enumerate(
               emitter.evaluate(op.getFinish(), point, statistics[w])))
        emitter.store(out, value, point);
    if (hasEmit())
      overRows(points, loops, {},
               [&](MutableArrayRef<Point> inner, ValueRange) {
                 emitPoints(inner, statistics);
                 return Values();
               });
  }

  /// The reduction loops around a body that works on all of `points`.
  Values overRows(ArrayRef<Point> points, ArrayRef<unsigned> loops,
                  ValueRange carried, PointEmitter::VectorBody body) {
    // What the loops add is in the point that they hand in; the rest is kept.
    return emitter.nest(loops, points.front(), carried, reductionUnroll,
                        [&](Point &position, ValueRange values) {
                          SmallVector<Point, 4> inner(points.begin(),
                                                      points.end());
                          for (Point &point : inner)
                            for (unsigned d : loops)
                              point.index[d] = position.index[d];
                          return body(inner, values);
                        });
  }
};

LogicalResult lowerRows(kernel::RowsOp op, KernelFunction &kernel,
                        unsigned hardwareLanes) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  FailureOr<KernelOperands> operands = KernelOperands::create(b, op);
  if (failed(operands))
    return failure();
  RowSpace space(op, *operands);
  unsigned v = space.chooseVectorDim(hardwareLanes);
  remarkSlowAccesses(op, space, v);
  RowsLowering lowering(kernel, space, *operands, b, v,
                        lanesFor(space.dims[v].extent, hardwareLanes));
  FailureOr<int64_t> blocks = lowering.run();
  if (failed(blocks))
    return failure();
  kernel.finish(*blocks, /*scratchBytes=*/0);
  return success();
}

struct LowerRowsPass : impl::LowerRowsPassBase<LowerRowsPass> {
  void runOnOperation() override {
    auto lower = [&](kernel::RowsOp op, KernelFunction &kernel) {
      auto cpu = kernel::getMachine<kernel::CpuAttr>(op);
      return cpu ? lowerRows(op, kernel, cpu.getLanes()) : failure();
    };
    if (failed(KernelFunction::lower<kernel::RowsOp>(getOperation(), lower)))
      signalPassFailure();
  }
};
} // namespace
} // namespace moec::cpu
