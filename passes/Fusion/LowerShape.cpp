//===- LowerShape.cpp - Shapes, parts, sums over axes, patches ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Fusion/LowerToKernel.h"

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using namespace moec::kernel;

/// Reads `input` at `exprs` for every element of the result: all that
/// broadcast and transpose are.
static Value copyFrom(OpBuilder &builder, Location loc, Value input,
                      ArrayRef<AffineExpr> exprs, ArrayRef<int64_t> shape) {
  KernelSpec spec(loc, elementSpace(shape));
  spec.input(input, exprs);
  spec.result(builder, shape, identity(loc.getContext(), shape.size()),
              getElementTypeOrSelf(input));
  return spec.map(builder, [](ScalarBuilder &, ValueRange args) {
    return SmallVector<Value>{args[0]};
  })[0];
}

static Lowered lowerReshape(OpBuilder &builder, moe::ReshapeOp op,
                            moe::ReshapeOp::Adaptor adaptor) {
  return SmallVector<Value>{reshape(builder, op.getLoc(), adaptor.getInput(),
                                    shapeOf(op.getResult()))};
}

static Lowered lowerTranspose(OpBuilder &builder, moe::TransposeOp op,
                              moe::TransposeOp::Adaptor adaptor) {
  SmallVector<AffineExpr> exprs(shapeOf(adaptor.getInput()).size());
  for (auto [axis, from] : llvm::enumerate(op.getPermutation()))
    exprs[from] = builder.getAffineDimExpr(axis);
  return SmallVector<Value>{copyFrom(builder, op.getLoc(), adaptor.getInput(),
                                     exprs, shapeOf(op.getResult()))};
}

static Lowered lowerBroadcast(OpBuilder &builder, moe::BroadcastOp op,
                              moe::BroadcastOp::Adaptor adaptor) {
  ArrayRef<int64_t> shape = shapeOf(op.getResult());
  SmallVector<AffineExpr> exprs;
  for (int64_t axis = 0, e = shape.size(); axis < e; ++axis)
    if (!llvm::is_contained(op.getAxes(), axis))
      exprs.push_back(builder.getAffineDimExpr(axis));
  return SmallVector<Value>{
      copyFrom(builder, op.getLoc(), adaptor.getInput(), exprs, shape)};
}

static Lowered lowerSlice(OpBuilder &builder, moe::SliceOp op,
                          moe::SliceOp::Adaptor adaptor) {
  ArrayRef<int64_t> shape = shapeOf(op.getResult());
  SmallVector<AffineExpr> exprs = identity(builder.getContext(), shape.size());
  exprs[op.getAxis()] = exprs[op.getAxis()] + int64_t(op.getBegin());
  return SmallVector<Value>{
      copyFrom(builder, op.getLoc(), adaptor.getInput(), exprs, shape)};
}

/// Reads all inputs at each element and picks the one that it is of; the others
/// are read somewhere, turned back into their bounds by mod.
static Lowered lowerConcat(OpBuilder &builder, moe::ConcatOp op,
                           moe::ConcatOp::Adaptor adaptor) {
  MLIRContext *context = builder.getContext();
  ArrayRef<int64_t> shape = shapeOf(op.getResult());
  unsigned axis = op.getAxis();
  KernelSpec spec(op.getLoc(), elementSpace(shape));
  SmallVector<int64_t> begins;
  int64_t begin = 0;
  for (Value input : adaptor.getInputs()) {
    int64_t size = shapeOf(input)[axis];
    SmallVector<AffineExpr> exprs = identity(context, shape.size());
    // d - begin, and at least 0.
    int64_t shift = (size - begin % size) % size;
    exprs[axis] = size == 1 ? getAffineConstantExpr(0, context)
                            : (exprs[axis] + shift) % size;
    spec.input(input, exprs);
    begins.push_back(begin);
    begin += size;
  }
  spec.result(builder, shape, identity(context, shape.size()));
  return SmallVector<Value>(spec.map(
      builder, [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        Value picked = args[0];
        for (size_t i = 1; i < begins.size(); ++i)
          picked =
              s.select(s.compareI32(arith::CmpIPredicate::sge, s.index(axis),
                                    s.constantI32(begins[i])),
                       args[i], picked);
        return {picked};
      }));
}

static Lowered lowerStopGradient(OpBuilder &, moe::StopGradientOp,
                                 moe::StopGradientOp::Adaptor adaptor) {
  return SmallVector<Value>{adaptor.getInput()};
}

static Lowered lowerReduce(OpBuilder &builder, moe::ReduceOp op,
                           moe::ReduceOp::Adaptor adaptor) {
  if (op.getAxes().empty())
    return SmallVector<Value>{adaptor.getInput()};
  RowSpace space =
      rowsOver(builder.getContext(), shapeOf(adaptor.getInput()), op.getAxes());
  KernelSpec spec(op.getLoc(), space.dims);
  spec.input(adaptor.getInput(), space.element);
  spec.result(builder, space.shape, space.row);
  auto pick = [](unsigned i) {
    return [i](ScalarBuilder &, ValueRange args) {
      return SmallVector<Value>{args[i]};
    };
  };
  return SmallVector<Value>(
      spec.rows(builder, {{kernel::Combiner::Add, pick(0)}}, pick(1)));
}

/// Rows of one patch lie contiguous in the image and in the token, so the
/// innermost dimension runs over a row's pixels and channels.
static Lowered lowerPatchify(OpBuilder &builder, moe::PatchifyOp op,
                             moe::PatchifyOp::Adaptor adaptor) {
  Location loc = op.getLoc();
  ArrayRef<int64_t> image = shapeOf(adaptor.getImage());
  int64_t batch = image[0], channels = image[3], patch = op.getPatch();
  int64_t high = image[1] / patch, wide = image[2] / patch;
  int64_t run = patch * channels;
  Value rows = reshape(builder, loc, adaptor.getImage(),
                       {batch, image[1], image[2] * channels});

  // Where channels differ, they have a dimension of their own.
  bool differ = std::max(op.getMean().size(), op.getStd().size()) > 1;
  SmallVector<int64_t> dims = {batch, high, wide, patch, run};
  if (differ) {
    dims.back() = patch;
    dims.push_back(channels);
  }
  KernelSpec spec(loc, dims);
  AffineExpr b = spec.dim(0), i = spec.dim(1), j = spec.dim(2);
  AffineExpr y = spec.dim(3), x = spec.dim(4);
  if (differ)
    x = x * channels + spec.dim(5);
  auto isChannel = [&](ScalarBuilder &s, size_t c) {
    return s.compareI32(arith::CmpIPredicate::eq, s.index(5),
                        s.constantI32(int32_t(c)));
  };
  spec.input(rows, {b, i * patch + y, j * run + x});
  spec.result(builder, shapeOf(op.getResult()), {b, i * wide + j, y * run + x});

  bool bytes = getElementTypeOrSelf(adaptor.getImage()).isInteger(8);
  ArrayRef<double> means = op.getMean(), stds = op.getStd();
  auto body = [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    Value value = args[0];
    if (bytes) {
      value = s.op<arith::ExtUIOp>(builder.getI32Type(), value);
      value = s.toFloat(value);
    }
    // (v / 255 - mean) / std as one multiply-add.
    Value factor, offset;
    for (size_t c = 0, e = std::max(means.size(), stds.size()); c != e; ++c) {
      double mean = means[c % means.size()], std = stds[c % stds.size()];
      Value own = s.constant(1.0 / (bytes ? 255.0 * std : std));
      Value ownOffset = s.constant(-mean / std);
      Value is = c ? isChannel(s, c) : Value();
      factor = c ? s.select(is, own, factor) : own;
      offset = c ? s.select(is, ownOffset, offset) : ownOffset;
    }
    return {s.fma(value, factor, offset)};
  };
  return SmallVector<Value>(spec.map(builder, body));
}

void fusion::addShapeLowerings(LoweringPatterns &patterns) {
  patterns.add<moe::ReshapeOp>(lowerReshape);
  patterns.add<moe::TransposeOp>(lowerTranspose);
  patterns.add<moe::BroadcastOp>(lowerBroadcast);
  patterns.add<moe::ConcatOp>(lowerConcat);
  patterns.add<moe::SliceOp>(lowerSlice);
  patterns.add<moe::StopGradientOp>(lowerStopGradient);
  patterns.add<moe::ReduceOp>(lowerReduce);
  patterns.add<moe::PatchifyOp>(lowerPatchify);
}
