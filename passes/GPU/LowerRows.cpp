//===- LowerRows.cpp - kernel.rows to GPU threads -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   kernel.rows dims [6272, 96] ins(%x ..) outs(%s ..) combiners [add]
//     phases { yield %a } finish { yield %sum } emit { yield }
// becomes, for a warp a row,
//   %sum = scf.for %c = %lane to 96 step 32 iter_args(%s) { %s + load %x[..] }
//   5 times: %sum = %sum + gpu.shuffle xor %sum
//   scf.if %lane == 0 { store %sum }
//
// Shown by test/passes/GPU/lower-rows.mlir.
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/EmitTile.h"

using namespace mlir;

namespace moec::gpu {
#define GEN_PASS_DEF_LOWERROWSPASS
#include "passes/GPU/Passes.h.inc"

namespace {
/// Accumulators of a member: loads that are on their way at the same time.
constexpr int64_t memberAccumulators = 4;
/// Steps of a reduction by a single thread that are written out.
constexpr int64_t unrollSteps = 8;

using Values = SmallVector<Value>;

class RowsLowering {
public:
  RowsLowering(KernelFunction kernel, RowSpace &space, KernelOperands &operands,
               ImplicitLocOpBuilder &b, unsigned threadLoop, int reduced,
               std::optional<EmitTile> tile)
      : kernel(kernel), op(cast<kernel::RowsOp>(kernel.op)), space(space), b(b),
        emitter(b, space, operands, reduced < 0 ? threadLoop : reduced,
                /*lanes=*/0),
        threadLoop(threadLoop), reduced(reduced), tile(tile),
        team(tile ? tile->team
                  : chooseTeam(space, operands, threadLoop, reduced)) {}

  FailureOr<LaunchShape> run() {
    thread = threadId(b, b.getLoc());
    Point row = bindRow();
    emitter.preload(row);
    TeamReduction reduction(emitter, team, thread, shared);
    Values statistics;
    for (auto [i, phase] : llvm::enumerate(op.getPhases())) {
      kernel::Combiner how =
          cast<kernel::CombinerAttr>(op.getCombiners()[i]).getValue();
      for (Value value : reduceMember(how, phase, row, statistics))
        sums.push_back(reduction.run(how, value));
      statistics.append(sums);
      sums.clear();
    }
    when(isFirst(), [&] {
      Point point = row;
      for (auto [out, value] :
           llvm::enumerate(emitter.evaluate(op.getFinish(), point, statistics)))
        emitter.store(out, value, point);
    });
    once = op.getNumRowOuts();
    if (tile)
      emitAcross(row, statistics);
    else if (op.getEmit().front().getTerminator()->getNumOperands())
      when(valid, [&] {
        overRow(row, {}, 1, [&](MutableArrayRef<Point> points, ValueRange) {
          // All are evaluated before any is stored: an out may be an input.
          SmallVector<Values> results;
          for (Point &point : points)
            results.push_back(
                emitter.evaluate(op.getEmit(), point, statistics));
          for (auto [point, values] : llvm::zip_equal(points, results))
            for (auto [out, value] : llvm::enumerate(values))
              emitter.store(once + out, value, point);
          return Values();
        });
      });
    if (emitter.failed)
      return failure();
    shape.shared = shared.bytes();
    return shape;
  }

private:
  KernelFunction kernel;
  kernel::RowsOp op;
  RowSpace &space;
  ImplicitLocOpBuilder &b;
  PointEmitter emitter;
  unsigned threadLoop;
  int reduced;
  std::optional<EmitTile> tile;
  RowTeam team;
  SharedAllocator shared;
  LaunchShape shape;
  unsigned once = 0;           // outs that are stored once a row
  Value thread, member, valid; // valid: i1, null for all
  Value firstRow, rowInBlock;  // with a tile: positions of rows
  Values sums;

  void both(Value &condition, Value more) {
    condition = condition && more
                    ? arith::AndIOp::create(b, condition, more).getResult()
                : more ? more
                       : condition;
  }
  void when(Value condition, llvm::function_ref<void()> body) {
    if (!condition)
      return body();
    auto branch = scf::IfOp::create(b, condition);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    body();
  }
  Value below(Value index, int64_t bound) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, index,
                                 emitter.constant(bound));
  }
  /// The digit of `number` after those that count `inner`, of `count` values.
  Value digit(Value number, int64_t inner, int64_t count) {
    if (count == 1)
      return emitter.constant(0);
    if (inner > 1)
      number = arith::DivUIOp::create(b, number, emitter.constant(inner));
    if (inner * count < team.blockThreads())
      number = arith::RemUIOp::create(b, number, emitter.constant(count));
    return number;
  }

  /// Binds the parallel loops. Threads without a row take the last one, so that
  /// all of them come to the shuffles and barriers; they store nothing.
  Point bindRow() {
    if (tile)
      return bindTileRow();
    bool isColumn = !space.dims[threadLoop].reduction;
    ThreadGrid grid(space, isColumn ? int(threadLoop) : -1, team.columns);
    shape.threads = team.blockThreads();
    shape.grid = llvm::divideCeil(grid.points(), team.rows);
    Value column = digit(thread, 1, team.columns);
    member = digit(thread, team.columns, team.threads);
    Value number = blockId(b, b.getLoc());
    if (team.rows > 1)
      number = arith::AddIOp::create(
          b, arith::MulIOp::create(b, number, emitter.constant(team.rows)),
          digit(thread, team.columns * team.threads, team.rows));
    if (grid.points() != shape.grid * team.rows) {
      both(valid, below(number, grid.points()));
      number = arith::MinUIOp::create(b, number,
                                      emitter.constant(grid.points() - 1));
    }
    Point row = emitter.emptyPoint();
    both(valid, grid.bind(emitter, row, number));
    if (team.columns > 1) {
      Value &index = row.index[threadLoop];
      int64_t extent = space.dims[threadLoop].extent;
      index = arith::AddIOp::create(b, index, column);
      if (extent % team.columns) {
        both(valid, below(index, extent));
        index = arith::MinUIOp::create(b, index, emitter.constant(extent - 1));
      }
    }
    return row;
  }

  /// The rows of a tile lie along one loop.
  Point bindTileRow() {
    ThreadGrid grid(space, tile->across, tile->rows);
    shape.threads = team.blockThreads();
    shape.grid = grid.points();
    member = digit(thread, 1, team.threads);
    rowInBlock = digit(thread, team.threads, team.rows);
    Point row = emitter.emptyPoint();
    grid.bind(emitter, row, blockId(b, b.getLoc()));
    Value &index = row.index[tile->across];
    firstRow = index;
    index = arith::AddIOp::create(b, index, rowInBlock);
    int64_t extent = space.dims[tile->across].extent;
    if (team.rows != tile->rows)
      both(valid, below(rowInBlock, tile->rows));
    if (extent % tile->rows)
      both(valid, below(index, extent));
    if (valid)
      index = arith::MinUIOp::create(b, index, emitter.constant(extent - 1));
    return row;
  }

  /// Members take the elements of their row in turn, as they read them; then
  /// the block stores what lies in shared memory row by row.
  void emitAcross(const Point &row, const Values &statistics) {
    SmallVector<Value> buffers;
    for (unsigned out : tile->outs)
      buffers.push_back(
          shared.allocate(b, b.getLoc(), {tile->columns * tile->pitch},
                          emitter.operands.elementType(space.numInputs + out)));
    Value pitch = emitter.constant(tile->pitch);
    int64_t extent = space.dims[reduced].extent;
    auto place = [&](Value column, Value rowNumber) {
      return arith::AddIOp::create(b, arith::MulIOp::create(b, column, pitch),
                                   rowNumber);
    };
    auto part = [&](Value lo, ValueRange) {
      Value end = arith::MinUIOp::create(b, emitter.add(lo, tile->columns),
                                         emitter.constant(extent));
      Value first = arith::AddIOp::create(b, lo, member);
      emitter.loop(first, end, team.threads, {}, [&](Value at, ValueRange) {
        Point point = row;
        point.index[reduced] = at;
        Values values = emitter.evaluate(op.getEmit(), point, statistics);
        Value column = arith::SubIOp::create(b, at, lo);
        for (auto [out, buffer] : llvm::zip_equal(tile->outs, buffers))
          memref::StoreOp::create(b, values[out - once], buffer,
                                  place(column, rowInBlock).getResult());
        when(valid, [&] {
          for (auto [out, value] : llvm::enumerate(values))
            if (!tile->isStaged(once + out))
              emitter.store(once + out, value, point);
        });
        return Values();
      });
      mlir::gpu::BarrierOp::create(b);
      Value count = arith::MulIOp::create(b, arith::SubIOp::create(b, end, lo),
                                          emitter.constant(tile->rows));
      emitter.loop(thread, count, shape.threads, {},
                   [&](Value number, ValueRange) {
                     storeAcross(row, lo, number, buffers, place);
                     return Values();
                   });
      if (tile->columns < extent)
        mlir::gpu::BarrierOp::create(b);
      return Values();
    };
    if (tile->columns < extent)
      emitter.loop(emitter.constant(0), emitter.constant(extent), tile->columns,
                   {}, part);
    else
      part(emitter.constant(0), {});
  }

  void storeAcross(const Point &row, Value lo, Value number,
                   ArrayRef<Value> buffers,
                   llvm::function_ref<Value(Value, Value)> place) {
    Value rows = emitter.constant(tile->rows);
    Value column = arith::DivUIOp::create(b, number, rows);
    Value rowNumber = arith::RemUIOp::create(b, number, rows);
    SmallVector<Value> index = row.index;
    index[tile->across] = arith::AddIOp::create(b, firstRow, rowNumber);
    index[reduced] = arith::AddIOp::create(b, lo, column);
    int64_t extent = space.dims[tile->across].extent;
    Value exists =
        extent % tile->rows ? below(index[tile->across], extent) : Value();
    when(exists, [&] {
      for (auto [out, buffer] : llvm::zip_equal(tile->outs, buffers)) {
        Value value =
            memref::LoadOp::create(b, buffer, place(column, rowNumber));
        RowCursor cursor = emitter.operands.row(
            b, b.getLoc(), space.numInputs + out, index, index.size());
        emitter.operands.storeScalar(b, b.getLoc(), cursor, emitter.constant(0),
                                     value);
      }
    });
  }

  /// Whether this thread stores what there is once a row.
  Value isFirst() {
    Value first = valid;
    if (team.threads > 1)
      both(first, arith::CmpIOp::create(b, arith::CmpIPredicate::eq, member,
                                        emitter.constant(0)));
    return first;
  }

  /// The part of this member in all values of a phase.
  Values reduceMember(kernel::Combiner how, Region &phase, const Point &row,
                      const Values &statistics) {
    TypeRange types = phase.front().getTerminator()->getOperandTypes();
    unsigned sets = needsSets() ? memberAccumulators : 1;
    Values start;
    for (unsigned set = 0; set < sets; ++set)
      for (Type type : types)
        start.push_back(emitter.neutral(how, type));
    Values parts = overRow(
        row, start, sets,
        [&](MutableArrayRef<Point> points, ValueRange carried) {
          Values next;
          for (Point &point : points)
            for (Value value : emitter.evaluate(phase, point, statistics))
              next.push_back(emitter.combine(how, carried[next.size()], value));
          return next;
        });
    for (; sets > 1; sets /= 2)
      for (unsigned i = 0; i < sets / 2 * types.size(); ++i)
        parts[i] =
            emitter.combine(how, parts[i], parts[i + sets / 2 * types.size()]);
    parts.resize(types.size());
    return parts;
  }

  bool needsSets() {
    return reduced >= 0 &&
           space.dims[reduced].extent >= 2 * memberAccumulators * team.threads;
  }

  /// The elements of this member. `carried` holds `sets` groups of values; the
  /// body gets `sets` points at once, or one point and the first group.
  Values overRow(const Point &row, ValueRange carried, unsigned sets,
                 PointEmitter::VectorBody body) {
    if (reduced < 0 || (team.threads == 1 && sets == 1))
      return emitter.nest(
          space.select(/*reduction=*/true), row, carried, unrollSteps,
          [&](Point &point, ValueRange values) { return body(point, values); });
    return emitter.nest(space.select(/*reduction=*/true, reduced), row, carried,
                        1, [&](Point &point, ValueRange values) {
                          return overMember(point, values, sets, body);
                        });
  }

  Values overMember(const Point &outside, ValueRange carried, unsigned sets,
                    PointEmitter::VectorBody body) {
    Point point = outside;
    emitter.preload(point);
    LoopRange range = emitter.range(reduced, point);
    Value lo = range.isStatic() ? emitter.constant(0) : range.dynamicLo;
    Value hi = range.isStatic() ? emitter.constant(range.hi) : range.dynamicHi;
    Value first = arith::AddIOp::create(b, lo, member);
    Values values = llvm::to_vector(carried);
    unsigned perSet = values.size() / sets;
    if (sets > 1) {
      // As far as all members have `sets` elements each.
      int64_t stride = sets * team.threads;
      Value count = arith::SubIOp::create(b, hi, lo);
      Value rest = arith::RemUIOp::create(b, count, emitter.constant(stride));
      Value end = arith::SubIOp::create(b, hi, rest);
      values = emitter.loop(first, end, stride, values,
                            [&](Value position, ValueRange inner) {
                              SmallVector<Point, 4> points;
                              for (unsigned set = 0; set < sets; ++set) {
                                points.push_back(point);
                                points.back().index[reduced] =
                                    emitter.add(position, set * team.threads);
                              }
                              return body(points, inner);
                            });
      first = arith::AddIOp::create(b, end, member);
    }
    Values head(values.begin(), values.begin() + perSet);
    head = emitter.loop(first, hi, team.threads, head,
                        [&](Value position, ValueRange inner) {
                          Point next = point;
                          next.index[reduced] = position;
                          return body(next, inner);
                        });
    llvm::copy(head, values.begin());
    return values;
  }
};

LogicalResult lowerRows(kernel::RowsOp op, KernelFunction &kernel) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  FailureOr<KernelOperands> operands = KernelOperands::create(b, op);
  if (failed(operands))
    return failure();
  RowSpace space(op, *operands);
  unsigned threadLoop =
      chooseThreadLoop(space, *operands, /*parallelOnly=*/false);
  int reduced = -1;
  if (space.dims[threadLoop].reduction)
    reduced = threadLoop;
  else
    for (unsigned d : space.select(/*reduction=*/true))
      if (reduced < 0 || space.dims[d].extent > space.dims[reduced].extent)
        reduced = d;
  std::optional<EmitTile> tile = chooseEmitTile(space, *operands);
  if (tile)
    threadLoop = reduced = tile->reduced;
  if (!tile)
    remarkUncoalesced(op, space, *operands, threadLoop);
  RowsLowering lowering(kernel, space, *operands, b, threadLoop, reduced, tile);
  FailureOr<LaunchShape> shape = lowering.run();
  if (failed(shape))
    return failure();
  finishKernel(kernel, *shape);
  return success();
}

struct LowerRowsPass : impl::LowerRowsPassBase<LowerRowsPass> {
  void runOnOperation() override {
    if (failed(
            KernelFunction::lower<kernel::RowsOp>(getOperation(), lowerRows)))
      signalPassFailure();
  }
};
} // namespace
} // namespace moec::gpu
