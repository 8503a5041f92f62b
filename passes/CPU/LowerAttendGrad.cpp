//===- LowerAttendGrad.cpp - kernel.attend_grad to loops over vectors -----===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   kernel.attend_grad dims [g, s, e, t, d] .. schedule <tile = [ST, TT], ..>
// becomes
//   for groups:
//     for blocks of TT keys:
//       pack keys and values
//       for blocks of ST rows:
//         pack query and gradient
//         weights = query * keys; changes = gradient * values
//         weights = exp(weights - logSumExp)
//         changes = weights * (changes - delta)
//         value sums += weights^T * gradient
//         key sums   += changes^T * query
//         query sums += changes * keys
//       store key and value sums
//     store query sums
// each product by register tiles, as those of contractions. Sums of which one
// product is all are stored as they come.
//
// Shown by test/passes/CPU/lower-attend-grad.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/CPU/RegisterTile.h"
#include "passes/Codegen/KernelFunction.h"
#include "passes/Codegen/PointEmitter.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moec::cpu {
#define GEN_PASS_DEF_LOWERATTENDGRADPASS
#include "passes/CPU/Passes.h.inc"

namespace {
/// Emits `kernel.attend_grad`: see the description of moec-lower-attend-grad. A
/// block of the grid is a group. In scratch, all f32:
///   query:    [ST][stride]        times the scale: the left operand of the
///                                 scores, the right one of the key's sums
///   gradient: [ST][stride]        left of the changes, right of the value's
///   keys:     [TT / nr][D][nr]    right of the scores
///   values:   [TT / nr][E][nr]    right of the changes
///   keyRows:  [TT][stride]        times the scale: right of the query's sums
///   weights, changes: [ST][stride]
///   sums of each out: [columns / nr][rows / mr][mr][nr], or one [mr][nr]
class AttendGradEmitter : IndexMath {
public:
  AttendGradEmitter(kernel::AttendGradOp op, KernelFunction &kernel,
                    int64_t lanes)
      : IndexMath(op, IndexType::get(op.getContext())), op(op), kernel(kernel),
        vl(lanes), packer(op, operands, lanes), scratch(kernel.scratch) {}

  /// Emits everything before the op and finishes the kernel function.
  LogicalResult emit();

private:
  kernel::AttendGradOp op;
  KernelFunction &kernel;
  KernelOperands operands;
  int64_t vl; ///< f32 lanes of a vector
  PanelPacker packer;
  ScratchAllocator scratch;
  bool broken = false; ///< an error was reported

  int64_t S, E, T, D;   ///< extents
  int64_t sTile, tTile; ///< rows and keys at a time
  RegisterTile tile;    ///< of the strip that is emitted
  int64_t mr, nr;       ///< its rows and columns, but for a last strip
  Panel query, gradient, keys, values, keyRows;
  int64_t scoreStride;
  Value weights, changes;

  /// What is added up for an out.
  struct Sums {
    unsigned out;
    kernel::AttendGradOp::Sum dims;
    int64_t columns; ///< extent
    int64_t tiles;   ///< of rows that are in the buffer together
    bool atOnce;     ///< one product is all of it: one register tile, stored
    Value buffer;
  };
  SmallVector<Sums, 3> sums; ///< of query, key and value

  /// A block of rows or keys.
  struct Range {
    Value begin, end;
  };
  /// A factor of a product, from one register tile to the next `tile` elements
  /// apart; its rows, if it is a left one, and the steps along the depth.
  struct Factor {
    Value buffer;
    int64_t tile, row, step;
  };

  LogicalResult plan();
  Panel planPanel(Region &region, unsigned rowDim, unsigned depthDim,
                  bool isRight);
  /// A panel of rows as the left factor, and as the right one of a product
  /// whose depth are its rows.
  Factor rowsOf(const Panel &panel) {
    return {panel.buffer, panel.stripElements, panel.rowElements, 1};
  }
  Factor acrossRows(const Panel &panel) {
    return {panel.buffer, nr, 1, panel.rowElements};
  }
  Factor columnsOfPanel(const Panel &panel) {
    return {panel.buffer, panel.stripElements, 1, panel.stepElements};
  }
  void remarkSlowOperands();
  void emitGroup(Value block);
  /// Calls `body` for `extent` in blocks of `size`.
  void overBlocks(int64_t extent, int64_t size,
                  function_ref<void(const Range &)> body);
  void pack(const Panel &panel, const SmallVector<Value> &dims,
            const Range &rows, int64_t depth);
  Value tilesOf(const Range &range) {
    return ceilDiv(sub(range.end, range.begin), mr);
  }
  SmallVector<Value> product(const Factor &left, Value i, const Factor &right,
                             Value j, Value depth, ValueRange from);
  void emitScores(const Factor &left, const Factor &right, int64_t depth,
                  Value to, const Range &rows, const Range &columns);
  void emitChanges(const SmallVector<Value> &dims, const Range &rows,
                   const Range &columns);
  void startSums(const Sums &of);
  /// Adds left * right, over `depth`, to the rows `range`, whose first register
  /// tile is number `first`.
  void addProduct(const Sums &of, const SmallVector<Value> &dims,
                  const Range &range, Value first, const Factor &left,
                  const Factor &right, Value depth);
  void storeSums(const Sums &of, const SmallVector<Value> &dims,
                 const Range &range);
  void storeTile(const Sums &of, const SmallVector<Value> &dims,
                 const Range &range, Value i, Value j, int64_t rest,
                 Value base);

  VectorType vectorType() { return VectorType::get({vl}, b.getF32Type()); }
  Value zeroVector() {
    return arith::ConstantOp::create(b, loc, b.getZeroAttr(vectorType()));
  }
  Value loadVector(Value buffer, Value at) {
    return vector::LoadOp::create(b, loc, vectorType(), buffer, ValueRange{at});
  }
  void storeVector(Value vector, Value buffer, Value at) {
    vector::StoreOp::create(b, loc, vector, buffer, ValueRange{at});
  }
  void loop(Value from, Value to, int64_t step,
            function_ref<void(Value)> body) {
    emitLoop(b, loc, from, to, step, body);
  }
};
} // namespace

Panel AttendGradEmitter::planPanel(Region &region, unsigned rowDim,
                                   unsigned depthDim, bool isRight) {
  Panel panel;
  panel.region = &region;
  panel.rowDim = rowDim;
  panel.depthDim = depthDim;
  panel.isRight = isRight;
  panel.depth = operands.dims()[depthDim];
  panel.cutsRows = operands.dims()[rowDim] % nr;
  // A panel of rows is also read along them, so it is never laid out otherwise.
  panel.alongDepth = !isRight || operands.numApart(region, depthDim) <
                                     operands.numApart(region, rowDim);
  int64_t rows = rowDim == op.getTDim() ? tTile : sTile;
  // Register tiles read whole vectors past the last column.
  int64_t elements =
      layOutPanel(panel, isRight ? nr : mr, rows, *panel.depth, vl);
  panel.buffer = scratch.allocate(b, loc, elements, b.getF32Type());
  return panel;
}

LogicalResult AttendGradEmitter::plan() {
  FailureOr<KernelOperands> found = KernelOperands::create(b, op);
  if (failed(found))
    return failure();
  operands = *found;
  unsigned s = op.getSDim(), e = op.getEDim(), t = op.getTDim(),
           d = op.getDDim();
  ArrayRef<int64_t> dims = operands.dims();
  S = dims[s], E = dims[e], T = dims[t], D = dims[d];
  kernel::ScheduleAttr schedule = op.getScheduleAttr();
  if (!schedule || schedule.getTile().size() != 2 ||
      schedule.getMicro().size() != 2)
    return op.emitOpError("needs #kernel.schedule<tile = [s, t], micro = "
                          "[rows, columns]>; run moec-assign-schedule first");
  FailureOr<RegisterTile> read = readRegisterTile(op, schedule, vl);
  if (failed(read))
    return failure();
  tile = *read;
  mr = tile.rows, nr = tile.columns();
  sTile = llvm::alignTo(std::min(schedule.getTile()[0], S), mr);
  tTile = llvm::alignTo(std::min(schedule.getTile()[1], T), nr);
  operands.setAligned(d, vl);

  query = planPanel(op.getQuery(), s, d, /*isRight=*/false);
  gradient = planPanel(op.getGradient(), s, e, /*isRight=*/false);
  keys = planPanel(op.getKey(), t, d, /*isRight=*/true);
  values = planPanel(op.getValue(), t, e, /*isRight=*/true);
  keyRows = planPanel(op.getKey(), t, d, /*isRight=*/false);
  query.scale = keyRows.scale = op.getScale().convertToDouble();

  auto allocate = [&](int64_t count) {
    return scratch.allocate(b, loc, count, b.getF32Type());
  };
  // Transposed, their columns are rows of register tiles. An odd multiple of a
  // cache line spreads rows over all sets.
  int64_t columns = llvm::alignTo(tTile, mr);
  scoreStride = (llvm::divideCeil(columns, vl) | 1) * vl;
  weights = allocate(sTile * scoreStride);
  changes = allocate(sTile * scoreStride);
  for (auto [number, of] : llvm::enumerate(op.getSums())) {
    Sums next{unsigned(number), of, dims[of.columnDim], 0, false, {}};
    bool ofRows = of.rowDim == s;
    next.atOnce = ofRows ? tTile >= T : sTile >= S;
    next.tiles = llvm::divideCeil(ofRows ? S : tTile, mr);
    next.buffer = allocate(
        mr * nr *
        (next.atOnce ? 1 : next.tiles * llvm::divideCeil(next.columns, nr)));
    sums.push_back(next);
  }
  return success();
}

void AttendGradEmitter::remarkSlowOperands() {
  StringRef names[] = {"query", "key", "value", "gradient"};
  const Panel *panels[] = {&query, &keys, &values, &gradient};
  for (auto [name, panel] : llvm::zip_equal(names, panels))
    for (unsigned input : usedArguments(*panel->region))
      remarkSlowOperand(op, operands, input,
                        panel->alongDepth ? panel->depthDim : panel->rowDim,
                        name, vl);
  StringRef outs[] = {"query_grad", "key_grad", "value_grad"};
  for (const Sums &of : sums) {
    for (unsigned input : usedArguments(*of.dims.region))
      if (input < operands.numInputs())
        remarkSlowOperand(op, operands, input, of.dims.columnDim, outs[of.out],
                          vl);
    remarkSlowOperand(op, operands, operands.numInputs() + of.out,
                      of.dims.columnDim, outs[of.out], vl);
  }
}

void AttendGradEmitter::overBlocks(int64_t extent, int64_t size,
                                   function_ref<void(const Range &)> body) {
  if (size >= extent)
    return body({c(0), c(extent)});
  loop(c(0), c(extent), size, [&](Value begin) {
    Value end = add(begin, size);
    body({begin, extent % size ? minimum(end, c(extent)) : end});
  });
}

void AttendGradEmitter::pack(const Panel &panel, const SmallVector<Value> &dims,
                             const Range &rows, int64_t depth) {
  packer.pack(b, panel, {dims, rows.begin, rows.end, c(0), c(depth)}, c(0));
}

SmallVector<Value> AttendGradEmitter::product(const Factor &left, Value i,
                                              const Factor &right, Value j,
                                              Value depth, ValueRange from) {
  TileFactors factors{left.buffer,  mul(i, left.tile),  left.row,  left.step,
                      right.buffer, mul(j, right.tile), right.step};
  return multiplyTile(b, loc, tile, factors, depth, from);
}

void AttendGradEmitter::emitScores(const Factor &left, const Factor &right,
                                   int64_t depth, Value to, const Range &rows,
                                   const Range &columns) {
  emitStrips(
      b, loc, tile, sub(columns.end, columns.begin), T, [&](Value j, int64_t) {
        SmallVector<Value> zeros(tile.sums(), zeroVector());
        loop(c(0), tilesOf(rows), 1, [&](Value i) {
          auto products = product(left, i, right, j, c(depth), zeros);
          Value base = mad(i, mr * scoreStride, mul(j, nr));
          for (auto [number, sum] : llvm::enumerate(products))
            storeVector(sum, to, add(base, tile.place(number, scoreStride)));
        });
      });
}

/// Of the scores and of the gradients of their weights in `changes`, the
/// weights and the gradients of the scores.
void AttendGradEmitter::emitChanges(const SmallVector<Value> &dims,
                                    const Range &rows, const Range &columns) {
  // Vectors that do not wait for each other.
  constexpr int64_t together = 4;
  Value vectors = ceilDiv(sub(columns.end, columns.begin), vl);
  Value many = mul(div(vectors, together), together * vl);
  Region &region = op.getStatistics();
  unsigned s = op.getSDim();
  loop(c(0), sub(rows.end, rows.begin), 1, [&](Value row) {
    SmallVector<Value> point = dims;
    point[s] = add(rows.begin, row);
    SmallVector<Value> arguments;
    for (auto &cursor : cursorsOf(b, loc, operands, region, point, s))
      arguments.push_back(
          cursor ? operands.loadScalar(b, loc, *cursor, point[s]) : Value());
    auto statistics =
        inlineRegion(b, region, arguments, Lanes{point, s, /*count=*/0});
    if (failed(statistics)) {
      broken = true;
      return;
    }
    Value logSumExp = toVector(b, loc, (*statistics)[0], vl);
    Value delta = toVector(b, loc, (*statistics)[1], vl);
    Value start = mul(row, scoreStride);
    auto change = [&](Value at) {
      Value score = loadVector(weights, at), slope = loadVector(changes, at);
      Value weight =
          expOfDistance(b, loc, score, logSumExp, arith::FastMathFlags::ninf);
      slope = arith::SubFOp::create(b, loc, slope, delta);
      storeVector(weight, weights, at);
      storeVector(arith::MulFOp::create(b, loc, weight, slope), changes, at);
    };
    loop(c(0), many, together * vl, [&](Value column) {
      for (int64_t i = 0; i < together; ++i)
        change(add(add(start, column), i * vl));
    });
    loop(many, mul(vectors, vl), vl,
         [&](Value column) { change(add(start, column)); });
  });
}

void AttendGradEmitter::startSums(const Sums &of) {
  if (of.atOnce)
    return;
  int64_t count = llvm::divideCeil(of.columns, nr) * of.tiles * mr * nr;
  Value zero = zeroVector();
  loop(c(0), c(count), vl, [&](Value at) { storeVector(zero, of.buffer, at); });
}

void AttendGradEmitter::addProduct(const Sums &of,
                                   const SmallVector<Value> &dims,
                                   const Range &range, Value first,
                                   const Factor &left, const Factor &right,
                                   Value depth) {
  emitStrips(
      b, loc, tile, c(of.columns), of.columns, [&](Value j, int64_t rest) {
        loop(c(0), tilesOf(range), 1, [&](Value i) {
          Value base =
              of.atOnce ? c(0) : mul(mad(j, of.tiles, add(first, i)), mr * nr);
          SmallVector<Value> from;
          for (int64_t v = 0; v < tile.sums(); ++v)
            from.push_back(
                of.atOnce
                    ? zeroVector()
                    : loadVector(of.buffer, add(base, tile.place(v, nr))));
          for (auto [v, sum] :
               llvm::enumerate(product(left, i, right, j, depth, from)))
            storeVector(sum, of.buffer, add(base, tile.place(v, nr)));
          if (of.atOnce)
            storeTile(of, dims, range, i, j, rest, base);
        });
      });
}

void AttendGradEmitter::storeSums(const Sums &of,
                                  const SmallVector<Value> &dims,
                                  const Range &range) {
  if (of.atOnce)
    return;
  emitStrips(b, loc, tile, c(of.columns), of.columns,
             [&](Value j, int64_t rest) {
               loop(c(0), tilesOf(range), 1, [&](Value i) {
                 storeTile(of, dims, range, i, j, rest,
                           mul(mad(j, of.tiles, i), mr * nr));
               });
             });
}

void AttendGradEmitter::storeTile(const Sums &of,
                                  const SmallVector<Value> &dims,
                                  const Range &range, Value i, Value j,
                                  int64_t rest, Value base) {
  Value row = add(range.begin, mul(i, mr)), column = mul(j, nr);
  TileColumns columns =
      columnsOf(b, loc, tile, of.dims.columnDim, column, rest);
  loop(c(0), minimum(c(mr), sub(range.end, row)), 1, [&](Value r) {
    SmallVector<Value> point = dims;
    point[of.dims.rowDim] = add(row, r);
    point[of.dims.columnDim] = column;
    auto sum = [&](int64_t v) {
      return loadVector(of.buffer, add(mad(r, nr, base), v * vl));
    };
    broken |= failed(storeTileRow(b, loc, tile, operands, *of.dims.region,
                                  point, columns, sum, of.out));
  });
}

void AttendGradEmitter::emitGroup(Value block) {
  SmallVector<Value> dims(op.getDims().size());
  for (unsigned g = op.getSDim(); g-- > 0;) {
    dims[g] = rem(block, op.getDims()[g]);
    block = div(block, op.getDims()[g]);
  }
  const Sums &ofQuery = sums[0], &ofKey = sums[1], &ofValue = sums[2];
  Factor transposedWeights{weights, mr, 1, scoreStride};
  Factor transposedChanges{changes, mr, 1, scoreStride};
  Factor rowsOfChanges{changes, mr * scoreStride, scoreStride, 1};
  startSums(ofQuery);
  overBlocks(T, tTile, [&](const Range &columns) {
    pack(keys, dims, columns, D);
    pack(values, dims, columns, E);
    pack(keyRows, dims, columns, D);
    startSums(ofKey);
    startSums(ofValue);
    overBlocks(S, sTile, [&](const Range &rows) {
      pack(query, dims, rows, D);
      pack(gradient, dims, rows, E);
      emitScores(rowsOf(query), columnsOfPanel(keys), D, weights, rows,
                 columns);
      emitScores(rowsOf(gradient), columnsOfPanel(values), E, changes, rows,
                 columns);
      emitChanges(dims, rows, columns);
      Value height = sub(rows.end, rows.begin);
      addProduct(ofValue, dims, columns, c(0), transposedWeights,
                 acrossRows(gradient), height);
      addProduct(ofKey, dims, columns, c(0), transposedChanges,
                 acrossRows(query), height);
      addProduct(ofQuery, dims, rows, div(rows.begin, mr), rowsOfChanges,
                 acrossRows(keyRows), sub(columns.end, columns.begin));
    });
    storeSums(ofKey, dims, columns);
    storeSums(ofValue, dims, columns);
  });
  storeSums(ofQuery, dims, {c(0), c(S)});
}

LogicalResult AttendGradEmitter::emit() {
  if (failed(plan()))
    return failure();
  remarkSlowOperands();
  loop(kernel.begin, kernel.end, 1, [&](Value block) { emitGroup(block); });
  if (broken || packer.failed)
    return failure();
  moec::kernel::attr::variant.set(
      kernel.func, b.getStringAttr(llvm::formatv("tile {0}x{1}, micro {2}x{3}",
                                                 sTile, tTile, mr, nr)));
  kernel.finish(llvm::product_of(op.getDims().drop_back(4)), scratch.bytes());
  return success();
}

namespace {
struct LowerAttendGradPass
    : impl::LowerAttendGradPassBase<LowerAttendGradPass> {
  void runOnOperation() override {
    auto lower = [&](kernel::AttendGradOp op, KernelFunction &kernel) {
      auto cpu = kernel::getMachine<kernel::CpuAttr>(op);
      return cpu ? AttendGradEmitter(op, kernel, cpu.getLanes()).emit()
                 : failure();
    };
    if (failed(
            KernelFunction::lower<kernel::AttendGradOp>(getOperation(), lower)))
      signalPassFailure();
  }
};
} // namespace
} // namespace moec::cpu
