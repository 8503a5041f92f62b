//===- PointEmitter.cpp - Points of a row or map kernel -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Codegen/PointEmitter.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace moec::codegen;
using moec::kernel::Combiner;

/// Vectors of a row that are written out instead of looped over.
static constexpr int64_t maxInline = 8;
/// Ops of the regions that are written out one point after the other: more
/// hide no latency, and passes over one long block take too long.
static constexpr int64_t maxWritten = 1024;

bool PointEmitter::mayWrite(int64_t points) const {
  return points <= maxWritten / std::max<int64_t>(space.opsPerPoint(), 1);
}

Point PointEmitter::emptyPoint() const {
  Point point;
  point.index.resize(space.dims.size());
  point.cursor.resize(space.operands.size());
  point.loaded.resize(space.operands.size());
  return point;
}

Value PointEmitter::constant(int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

Value PointEmitter::add(Value index, int64_t offset) {
  if (offset == 0)
    return index;
  if (std::optional<int64_t> c = getConstantIntValue(index))
    return constant(*c + offset);
  return arith::AddIOp::create(b, index, constant(offset));
}

Point PointEmitter::vectorPoint(const Point &point, Value start, int64_t offset,
                                int64_t remaining) {
  Point next = point;
  next.index[vectorDim] = add(start, offset);
  if (remaining < lanes)
    next.mask = vector::ConstantMaskOp::create(b, vectorOf(b.getI1Type()),
                                               ArrayRef<int64_t>{remaining});
  return next;
}

//===----------------------------------------------------------------------===//
// Operands and regions
//===----------------------------------------------------------------------===//

Lanes PointEmitter::lanesOf(const Point &point) const {
  return {point.index, vectorDim, lanes, point.mask};
}

bool PointEmitter::isBound(unsigned operand, const Point &point,
                           bool butVector) const {
  for (unsigned d = 0; d < space.dims.size(); ++d)
    if (!point.index[d] && !(butVector && d == vectorDim) &&
        operands.dependsOn(operand, d))
      return false;
  return true;
}

void PointEmitter::preload(Point &point) {
  for (unsigned i = 0; i < space.operands.size(); ++i) {
    if (i < space.numInputs && !space.operands[i].used)
      continue;
    if (!point.cursor[i] && isBound(i, point, /*butVector=*/true))
      point.cursor[i] = operands.row(b, b.getLoc(), i, point.index, vectorDim);
    if (i >= space.numInputs || point.loaded[i] || !isBound(i, point, false))
      continue;
    // A row without lanes: the load does not look at the position.
    Lanes where = lanesOf(point);
    if (!where.values[vectorDim])
      where.values[vectorDim] = constant(0);
    point.loaded[i] = operands.load(b, b.getLoc(), *point.cursor[i], where);
  }
}

SmallVector<Value> PointEmitter::evaluate(Region &region, Point &point,
                                          ValueRange extra) {
  preload(point);
  SmallVector<Value> arguments;
  for (unsigned i = 0; i < space.numInputs; ++i)
    arguments.push_back(region.getArgument(i).use_empty() ? Value()
                                                          : point.loaded[i]);
  llvm::append_range(arguments, extra);
  LoopSpace loops{space.extents(), space.original};
  FailureOr<SmallVector<Value>> results =
      inlineRegion(b, region, arguments, lanesOf(point), &loops);
  if (succeeded(results))
    return *results;
  failed = true;
  // Keeps the code well formed up to where the caller looks at `failed`.
  SmallVector<Value> none;
  for (Type type : region.front().getTerminator()->getOperandTypes())
    none.push_back(arith::ConstantOp::create(b, b.getZeroAttr(type)));
  return none;
}

void PointEmitter::store(unsigned out, Value value, const Point &point) {
  unsigned i = space.numInputs + out;
  RowCursor cursor =
      point.cursor[i] ? *point.cursor[i]
                      : operands.row(b, b.getLoc(), i, point.index, vectorDim);
  Value position = point.index[vectorDim];
  if (position && lanes)
    operands.storeVector(b, b.getLoc(), cursor, lanesOf(point), value);
  else
    operands.storeScalar(b, b.getLoc(), cursor,
                         position ? position : constant(0), value);
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

LoopRange PointEmitter::range(unsigned d, const Point &point) {
  LoopRange range{0, space.dims[d].extent, {}, {}};
  if (!space.dims[d].ragged)
    return range;
  auto bound = [&](Value group) -> Value {
    return arith::IndexCastOp::create(
        b, b.getIndexType(), operands.groupOffset(b, b.getLoc(), group));
  };
  range.dynamicLo = bound(point.index[0]);
  range.dynamicHi = bound(add(point.index[0], 1));
  return range;
}

SmallVector<Value>
PointEmitter::loop(Value lo, Value hi, int64_t step, ValueRange carried,
                   llvm::function_ref<Values(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(
      b, lo, hi, constant(step), carried,
      [&](OpBuilder &, Location, Value iv, ValueRange values) {
        // The same builder as outside: it stands in the loop's body now.
        scf::YieldOp::create(b, body(iv, values));
      });
  return llvm::to_vector(ValueRange(loop.getResults()));
}

SmallVector<Value> PointEmitter::nest(ArrayRef<unsigned> loops,
                                      const Point &outside, ValueRange carried,
                                      int64_t unroll, Body body,
                                      int64_t written) {
  Point point = outside;
  preload(point);
  if (loops.empty())
    return body(point, carried);
  unsigned d = loops.front();
  LoopRange bounds = range(d, point);
  bool unrolls = bounds.isStatic() && bounds.hi <= unroll &&
                 (bounds.hi == 1 || mayWrite(written * bounds.hi));
  if (unrolls)
    written *= bounds.hi;
  auto step = [&](Value index, ValueRange values) {
    Point inner = point;
    inner.index[d] = index;
    return nest(loops.drop_front(), inner, values, unroll, body, written);
  };
  if (unrolls) {
    Values values = llvm::to_vector(carried);
    for (int64_t i = 0; i < bounds.hi; ++i)
      values = step(constant(i), values);
    return values;
  }
  Value lo = bounds.isStatic() ? constant(bounds.lo) : bounds.dynamicLo;
  Value hi = bounds.isStatic() ? constant(bounds.hi) : bounds.dynamicHi;
  return loop(lo, hi, 1, carried, step);
}

SmallVector<Value> PointEmitter::vectorLoop(LoopRange range,
                                            const Point &outside, unsigned sets,
                                            ValueRange carried,
                                            VectorBody body) {
  Point point = outside;
  preload(point);
  Values values = llvm::to_vector(carried);
  unsigned perSet = sets ? values.size() / sets : 0;
  // Runs the body on vectors first .. first + count of `start`.
  auto run = [&](Value start, int64_t first, int64_t count, int64_t extent) {
    SmallVector<Point, 4> points;
    Values group;
    for (int64_t i = 0; i < count; ++i) {
      int64_t offset = (first + i) * lanes;
      points.push_back(vectorPoint(point, start, offset, extent - offset));
      unsigned set = (first + i) % sets;
      group.append(values.begin() + set * perSet,
                   values.begin() + (set + 1) * perSet);
    }
    Values next = body(points, group);
    for (int64_t i = 0; i < count; ++i)
      for (unsigned v = 0; v < perSet; ++v)
        values[(first + i) % sets * perSet + v] = next[i * perSet + v];
  };
  auto mainLoop = [&](Value lo, Value hi, int64_t vectors) {
    values =
        loop(lo, hi, vectors * lanes, values, [&](Value iv, ValueRange inner) {
          Values saved = values;
          values = llvm::to_vector(inner);
          run(iv, 0, vectors, vectors * lanes);
          std::swap(saved, values);
          return saved;
        });
  };

  if (range.isStatic()) {
    int64_t extent = range.hi, vectors = llvm::divideCeil(extent, lanes);
    int64_t done = 0;
    if (vectors > maxInline || (vectors > sets && !mayWrite(vectors))) {
      done = extent / (sets * lanes) * sets;
      mainLoop(constant(0), constant(done * lanes), sets);
    }
    for (; done < vectors; done += sets)
      run(constant(0), done, std::min<int64_t>(sets, vectors - done), extent);
    return values;
  }

  Value lo = range.dynamicLo, hi = range.dynamicHi;
  Value count = arith::SubIOp::create(b, hi, lo);
  auto roundedEnd = [&](int64_t unit) -> Value {
    Value rest = arith::RemUIOp::create(b, count, constant(unit));
    return arith::SubIOp::create(b, hi, rest);
  };
  Value start = lo;
  if (sets > 1) {
    Value end = roundedEnd(sets * lanes);
    mainLoop(start, end, sets);
    start = end;
  }
  Value end = roundedEnd(lanes);
  mainLoop(start, end, 1);
  // The last, cut vector; a branch because it may be as dear as a whole one.
  Value left = arith::SubIOp::create(b, hi, end);
  Value any =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ugt, left, constant(0));
  ValueRange before(values);
  auto branch = scf::IfOp::create(b, before.getTypes(), any,
                                  /*withElseRegion=*/!values.empty());
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  Point last = point;
  last.index[vectorDim] = end;
  last.mask = laneMask(b, b.getLoc(), left, lanes);
  Values next = values;
  Values first = body(last, ValueRange(values).take_front(perSet));
  llvm::copy(first, next.begin());
  if (!values.empty()) {
    scf::YieldOp::create(b, next);
    b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(b, values);
  }
  return llvm::to_vector(ValueRange(branch.getResults()));
}

//===----------------------------------------------------------------------===//
// Combiners
//===----------------------------------------------------------------------===//

Value moec::codegen::combine(OpBuilder &b, Location loc, Combiner combiner,
                             Value l, Value r) {
  if (combiner == Combiner::Add)
    return arith::AddFOp::create(b, loc, l, r);
  // One instruction, unlike arith.maximumf. Where it loses a NaN, the
  // exponentials that are taken of the distances to the maximum still show it.
  Value greater =
      arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, l, r);
  return arith::SelectOp::create(b, loc, greater, l, r);
}

Value moec::codegen::neutral(OpBuilder &b, Location loc, Combiner combiner,
                             Type type) {
  auto element = cast<FloatType>(getElementTypeOrSelf(type));
  const llvm::fltSemantics &semantics = element.getFloatSemantics();
  TypedAttr attr = b.getFloatAttr(
      element, combiner == Combiner::Add ? APFloat::getZero(semantics)
                                         : APFloat::getInf(semantics, true));
  if (auto vector = dyn_cast<VectorType>(type))
    attr = DenseElementsAttr::get(vector, Attribute(attr));
  return arith::ConstantOp::create(b, loc, attr);
}

Value moec::codegen::reduceLanes(OpBuilder &b, Location loc, Combiner combiner,
                                 Value vector) {
  int64_t lanes = cast<VectorType>(vector.getType()).getNumElements();
  for (int64_t width = lanes; width > 1; width /= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t i = 0; i < width / 2; ++i) {
      low.push_back(i);
      high.push_back(i + width / 2);
    }
    Value l = vector::ShuffleOp::create(b, loc, vector, vector, low);
    Value h = vector::ShuffleOp::create(b, loc, vector, vector, high);
    vector = codegen::combine(b, loc, combiner, l, h);
  }
  return vector::ExtractOp::create(b, loc, vector, ArrayRef<int64_t>{0});
}

Value moec::codegen::expOfDistance(OpBuilder &b, Location loc, Value x, Value m,
                                   arith::FastMathFlags flags) {
  TypedAttr attr = b.getF32FloatAttr(1.4426950408889634);
  if (auto vector = dyn_cast<VectorType>(x.getType()))
    attr = DenseElementsAttr::get(vector, Attribute(attr));
  Value log2e = arith::ConstantOp::create(b, loc, attr);
  Value distance = arith::SubFOp::create(b, loc, x, m);
  return math::Exp2Op::create(
      b, loc, arith::MulFOp::create(b, loc, distance, log2e), flags);
}
