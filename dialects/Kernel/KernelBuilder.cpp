//===- KernelBuilder.cpp - Builds kernel ops ------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelBuilder.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace moec;
using namespace moec::kernel;

//===----------------------------------------------------------------------===//
// ScalarBuilder
//===----------------------------------------------------------------------===//

Value ScalarBuilder::constant(double value) {
  return arith::ConstantOp::create(
      builder, loc, builder.getF32FloatAttr(static_cast<float>(value)));
}
Value ScalarBuilder::constantI32(int64_t value) {
  // Philox's multipliers do not fit a signed 32-bit integer.
  return arith::ConstantOp::create(
      builder, loc,
      builder.getI32IntegerAttr(
          static_cast<int32_t>(static_cast<uint32_t>(value))));
}
Value ScalarBuilder::add(Value lhs, Value rhs) {
  return arith::AddFOp::create(builder, loc, lhs, rhs);
}
Value ScalarBuilder::sub(Value lhs, Value rhs) {
  return arith::SubFOp::create(builder, loc, lhs, rhs);
}
Value ScalarBuilder::mul(Value lhs, Value rhs) {
  return arith::MulFOp::create(builder, loc, lhs, rhs);
}
Value ScalarBuilder::mul(Value lhs, double rhs) {
  return mul(lhs, constant(rhs));
}
Value ScalarBuilder::div(Value lhs, Value rhs) {
  return arith::DivFOp::create(builder, loc, lhs, rhs);
}
Value ScalarBuilder::estimatedDiv(Value lhs, Value rhs) {
  auto flags = arith::FastMathFlags::arcp | arith::FastMathFlags::ninf |
               arith::FastMathFlags::contract;
  return arith::DivFOp::create(
      builder, loc, lhs, rhs,
      arith::FastMathFlagsAttr::get(builder.getContext(), flags));
}
Value ScalarBuilder::neg(Value value) {
  return arith::NegFOp::create(builder, loc, value);
}
Value ScalarBuilder::fma(Value a, Value b, Value c) {
  return math::FmaOp::create(builder, loc, a, b, c);
}
Value ScalarBuilder::compare(arith::CmpFPredicate predicate, Value lhs,
                             Value rhs) {
  return arith::CmpFOp::create(builder, loc, predicate, lhs, rhs);
}
Value ScalarBuilder::compareI32(arith::CmpIPredicate predicate, Value lhs,
                                Value rhs) {
  return arith::CmpIOp::create(builder, loc, predicate, lhs, rhs);
}
Value ScalarBuilder::select(Value condition, Value yes, Value no) {
  return arith::SelectOp::create(builder, loc, condition, yes, no);
}
std::pair<Value, Value> ScalarBuilder::mulWide(Value lhs, Value rhs) {
  auto product = arith::MulUIExtendedOp::create(builder, loc, lhs, rhs);
  return {product.getLow(), product.getHigh()};
}
Value ScalarBuilder::toFloat(Value value) {
  return arith::SIToFPOp::create(builder, loc, builder.getF32Type(), value);
}
Value ScalarBuilder::toI32(Value value) {
  return arith::FPToSIOp::create(builder, loc, builder.getI32Type(), value);
}
Value ScalarBuilder::index(unsigned dim) {
  return index(getAffineDimExpr(dim, builder.getContext()));
}
Value ScalarBuilder::index(AffineExpr expr) {
  return kernel::IndexOp::create(builder, loc, expr);
}

//===----------------------------------------------------------------------===//
// KernelSpec
//===----------------------------------------------------------------------===//

unsigned KernelSpec::input(Value value, ArrayRef<AffineExpr> exprs,
                           int32_t gather) {
  ins.push_back(value);
  inMaps.push_back(AffineMap::get(dims.size(), 0, exprs, loc.getContext()));
  gathers.push_back(gather);
  return ins.size() - 1;
}

void KernelSpec::result(OpBuilder &builder, ArrayRef<int64_t> shape,
                        ArrayRef<AffineExpr> exprs, Type element) {
  if (!element)
    element = builder.getF32Type();
  resultInto(tensor::EmptyOp::create(builder, loc, shape, element), exprs);
}

void KernelSpec::resultInto(Value init, ArrayRef<AffineExpr> exprs) {
  outs.push_back(init);
  outMaps.push_back(AffineMap::get(dims.size(), 0, exprs, loc.getContext()));
}

void KernelSpec::ragged(unsigned dim, unsigned offsetsInput) {
  raggedDim = dim;
  offsets = offsetsInput;
}

AffineExpr KernelSpec::dim(unsigned i) const {
  return getAffineDimExpr(i, loc.getContext());
}

ArrayAttr KernelSpec::maps(OpBuilder &builder) const {
  SmallVector<AffineMap> all(inMaps);
  all.append(outMaps);
  return builder.getAffineMapArrayAttr(all);
}

IntegerAttr KernelSpec::optional(OpBuilder &builder,
                                 std::optional<unsigned> value) const {
  return value ? builder.getI64IntegerAttr(*value) : IntegerAttr();
}

SmallVector<Type> KernelSpec::inputScalars() const {
  return llvm::map_to_vector(
      ins, [](Value value) { return getElementTypeOrSelf(value.getType()); });
}

void KernelSpec::fill(OpBuilder &builder, Region &region,
                      ArrayRef<Type> arguments, const Body &body) const {
  OpBuilder::InsertionGuard guard(builder);
  SmallVector<Location> locs(arguments.size(), loc);
  Block *block = builder.createBlock(&region, {}, arguments, locs);
  ScalarBuilder scalars(builder, loc);
  SmallVector<Value> values;
  if (body)
    values = body(scalars, block->getArguments());
  kernel::YieldOp::create(builder, loc, values);
}

/// No gather is written as an empty list.
static ArrayRef<int32_t> gathersOrNone(ArrayRef<int32_t> gathers) {
  return llvm::all_of(gathers, [](int32_t g) { return g < 0; })
             ? ArrayRef<int32_t>()
             : gathers;
}

ValueRange KernelSpec::map(OpBuilder &builder, const Body &body) {
  auto op = kernel::MapOp::create(
      builder, loc, TypeRange(ValueRange(outs)), ins, outs, dims, maps(builder),
      gathersOrNone(gathers), optional(builder, raggedDim),
      optional(builder, offsets), kernel::ScheduleAttr());
  fill(builder, op.getBody(), inputScalars(), body);
  return op.getResults();
}

ValueRange KernelSpec::rows(OpBuilder &builder, ArrayRef<Phase> phases,
                            const Body &finish, const Body &emit) {
  auto combiners =
      llvm::map_to_vector(phases, [&](const Phase &) { return Attribute(); });
  for (auto [attr, phase] : llvm::zip(combiners, phases))
    attr = kernel::CombinerAttr::get(builder.getContext(), phase.combiner);
  auto op = kernel::RowsOp::create(
      builder, loc, TypeRange(ValueRange(outs)), ins, outs, dims, maps(builder),
      gathersOrNone(gathers), optional(builder, raggedDim),
      optional(builder, offsets), builder.getArrayAttr(combiners),
      kernel::ScheduleAttr(), phases.size());
  // A region sees the inputs, then every value of the phases before it.
  SmallVector<Type> arguments = inputScalars();
  for (auto [region, phase] : llvm::zip(op.getPhases(), phases)) {
    fill(builder, region, arguments, phase.body);
    arguments.append(region.front().getTerminator()->getNumOperands(),
                     builder.getF32Type());
  }
  fill(builder, op.getFinish(), arguments, finish);
  fill(builder, op.getEmit(), arguments, emit);
  return op.getResults();
}

/// Yields argument `i` as it is.
static Body argument(unsigned i) {
  return [i](ScalarBuilder &, ValueRange args) {
    return SmallVector<Value>{args[i]};
  };
}

ValueRange KernelSpec::contract(OpBuilder &builder, const Body &epilogue) {
  auto op = kernel::ContractOp::create(
      builder, loc, TypeRange(ValueRange(outs)), ins, outs, dims, maps(builder),
      gathersOrNone(gathers), optional(builder, raggedDim),
      optional(builder, offsets), kernel::ScheduleAttr());
  SmallVector<Type> arguments = inputScalars();
  for (auto [i, region] : llvm::enumerate(op.getFactors()))
    fill(builder, *region, arguments, argument(i));
  arguments.push_back(builder.getF32Type());
  fill(builder, op.getEpilogue(), arguments, epilogue);
  return op.getResults();
}

ValueRange KernelSpec::attend(OpBuilder &builder, double scale) {
  auto op = kernel::AttendOp::create(
      builder, loc, TypeRange(ValueRange(outs)), ins, outs, dims, maps(builder),
      gathersOrNone(gathers), llvm::APFloat(scale), kernel::ScheduleAttr());
  SmallVector<Type> arguments = inputScalars();
  for (auto [i, region] : llvm::enumerate(op.getFactors()))
    fill(builder, *region, arguments, argument(i));
  arguments.push_back(builder.getF32Type());
  fill(builder, op.getEpilogue(), arguments, argument(ins.size()));
  return op.getResults();
}

ValueRange KernelSpec::attendGrad(OpBuilder &builder, double scale) {
  auto op = kernel::AttendGradOp::create(
      builder, loc, TypeRange(ValueRange(outs)), ins, outs, dims, maps(builder),
      gathersOrNone(gathers), llvm::APFloat(scale), kernel::ScheduleAttr());
  SmallVector<Type> arguments = inputScalars();
  for (auto [i, region] : llvm::enumerate(op.getFactors()))
    fill(builder, *region, arguments, argument(i));
  fill(builder, op.getStatistics(), arguments,
       [](ScalarBuilder &, ValueRange args) {
         return SmallVector<Value>{args[4], args[5]};
       });
  arguments.push_back(builder.getF32Type());
  for (const kernel::AttendGradOp::Sum &sum : op.getSums())
    fill(builder, *sum.region, arguments, argument(ins.size()));
  return op.getResults();
}

//===----------------------------------------------------------------------===//
// Iteration spaces and shapes
//===----------------------------------------------------------------------===//

SmallVector<AffineExpr> kernel::delinearize(AffineExpr position,
                                            ArrayRef<int64_t> extents) {
  SmallVector<AffineExpr> exprs(extents.size());
  int64_t stride = 1;
  // The outermost axis longer than 1 needs no mod.
  unsigned first = 0;
  while (first + 1 < extents.size() && extents[first] == 1)
    ++first;
  for (unsigned i = extents.size(); i-- > 0;) {
    if (extents[i] == 1) {
      exprs[i] = getAffineConstantExpr(0, position.getContext());
      continue;
    }
    AffineExpr expr = position.floorDiv(stride);
    exprs[i] = i == first ? expr : expr % extents[i];
    stride *= extents[i];
  }
  return exprs;
}

RowSpace kernel::rowsOver(MLIRContext *context, ArrayRef<int64_t> shape,
                          ArrayRef<int64_t> axes) {
  RowSpace space;
  space.element.resize(shape.size());
  SmallVector<int64_t> extents;
  for (auto [axis, extent] : llvm::enumerate(shape)) {
    if (llvm::is_contained(axes, static_cast<int64_t>(axis))) {
      extents.push_back(extent);
      space.extent *= extent;
      continue;
    }
    AffineExpr dim = getAffineDimExpr(space.dims.size(), context);
    space.element[axis] = dim;
    space.row.push_back(dim);
    space.rowOfElement.push_back(getAffineDimExpr(axis, context));
    space.dims.push_back(extent);
    space.shape.push_back(extent);
  }
  if (space.dims.empty())
    space.dims.push_back(1);
  AffineExpr reduced = getAffineDimExpr(space.dims.size(), context);
  space.dims.push_back(space.extent);
  SmallVector<AffineExpr> parts = delinearize(reduced, extents);
  unsigned next = 0;
  for (AffineExpr &expr : space.element)
    if (!expr)
      expr = parts[next++];
  return space;
}

SmallVector<AffineExpr> kernel::identity(MLIRContext *context, unsigned rank) {
  SmallVector<AffineExpr> exprs;
  for (unsigned i = 0; i < rank; ++i)
    exprs.push_back(getAffineDimExpr(i, context));
  return exprs;
}

SmallVector<int64_t> kernel::elementSpace(ArrayRef<int64_t> shape) {
  if (shape.empty())
    return {1};
  return SmallVector<int64_t>(shape);
}

/// Reassociation between `wide` and the shape `narrow` that collapses groups of
/// its axes, if it is one. A scalar collapses everything.
static std::optional<SmallVector<ReassociationIndices>>
reassociation(RankedTensorType wide, RankedTensorType narrow) {
  if (narrow.getRank() == 0)
    return SmallVector<ReassociationIndices>();
  return getReassociationIndicesForCollapse(wide.getShape(), narrow.getShape());
}

Value kernel::reshape(OpBuilder &builder, Location loc, Value value,
                      ArrayRef<int64_t> shape) {
  auto from = cast<RankedTensorType>(value.getType());
  auto to = RankedTensorType::get(shape, from.getElementType());
  if (from == to)
    return value;
  if (from.getRank() > to.getRank())
    if (auto groups = reassociation(from, to))
      return tensor::CollapseShapeOp::create(builder, loc, to, value, *groups);
  if (from.getRank() < to.getRank())
    if (auto groups = reassociation(to, from))
      return tensor::ExpandShapeOp::create(builder, loc, to, value, *groups);
  // Neither: through one flat axis.
  int64_t elements = from.getNumElements();
  Value flat = reshape(builder, loc, value, {elements});
  return reshape(builder, loc, flat, shape);
}
