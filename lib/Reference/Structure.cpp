//===- Structure.cpp - Shapes, constants, random numbers
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Evaluator.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"
#include <numeric>

using namespace mlir;
using namespace moec;
using namespace moec::reference;

/// The same elements under the shape of the result (also plan to i32 buffer).
template <typename T>
static Status evalReshape(Operation *op, Frame<T> &frame) {
  TensorOf<T> result = frame.get(op->getOperand(0));
  result.shape = *shapeOf(op->getResult(0).getType());
  if (result.size() !=
      int64_t(result.isInt ? result.ints.size() : result.floats.size())) {
    op->emitError("expected a result with as many elements as the operand");
    return Status::Failed;
  }
  frame.set(op->getResult(0), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalTranspose(moe::TransposeOp op, Frame<T> &frame) {
  const TensorOf<T> &input = frame.get(op.getInput());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  SmallVector<int64_t, 4> from = stridesOf(input.shape);
  SmallVector<int64_t, 4> to = stridesOf(result.shape);
  ArrayRef<int64_t> permutation = op.getPermutation();
  for (int64_t flat = 0; flat < result.size(); ++flat) {
    int64_t source = 0;
    for (int64_t i = 0; i < result.rank(); ++i)
      source += flat / to[i] % result.shape[i] * from[permutation[i]];
    result.floats[flat] = input.floats[source];
  }
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalBroadcast(moe::BroadcastOp op, Frame<T> &frame) {
  const TensorOf<T> &input = frame.get(op.getInput());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  std::vector<int64_t> source = withoutAxes(result.shape, op.getAxes());
  for (int64_t i = 0; i < result.size(); ++i)
    if (result.isInt)
      result.ints[i] = input.ints[source[i]];
    else
      result.floats[i] = input.floats[source[i]];
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalReduce(moe::ReduceOp op, Frame<T> &frame) {
  const TensorOf<T> &input = frame.get(op.getInput());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  std::vector<int64_t> target = withoutAxes(input.shape, op.getAxes());
  for (int64_t i = 0; i < input.size(); ++i)
    result.floats[target[i]] += input.floats[i];
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalConcatAxis(moe::ConcatOp op, Frame<T> &frame) {
  TensorOf<T> result = zerosFor<T>(op.getResult());
  AxisView to(result.shape, op.getAxis());
  int64_t begin = 0;
  for (Value input : op.getInputs()) {
    const TensorOf<T> &part = frame.get(input);
    AxisView from(part.shape, op.getAxis());
    for (int64_t o = 0; o < from.outer; ++o)
      for (int64_t i = 0; i < from.extent; ++i)
        for (int64_t n = 0; n < from.inner; ++n)
          result.floats[to.at(o, begin + i, n)] = part.floats[from.at(o, i, n)];
    begin += from.extent;
  }
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalSliceAxis(moe::SliceOp op, Frame<T> &frame) {
  const TensorOf<T> &input = frame.get(op.getInput());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  AxisView from(input.shape, op.getAxis()), to(result.shape, op.getAxis());
  for (int64_t o = 0; o < to.outer; ++o)
    for (int64_t i = 0; i < to.extent; ++i)
      for (int64_t n = 0; n < to.inner; ++n)
        result.floats[to.at(o, i, n)] =
            input.floats[from.at(o, int64_t(op.getBegin()) + i, n)];
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T> static Status evalFill(moe::FillOp op, Frame<T> &frame) {
  auto type = cast<RankedTensorType>(op.getType());
  double value = op.getValue().convertToDouble();
  frame.set(op.getResult(),
            isIntegral(type)
                ? TensorOf<T>::integer(type.getShape(), int32_t(value))
                : TensorOf<T>::floating(type.getShape(), T(value)));
  return Status::Done;
}

template <typename T> static Status evalIota(moe::IotaOp op, Frame<T> &frame) {
  TensorOf<T> result = zerosFor<T>(op.getResult());
  std::iota(result.ints.begin(), result.ints.end(), 0);
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalConstant(arith::ConstantOp op, Frame<T> &frame) {
  auto elements = dyn_cast<DenseElementsAttr>(op.getValue());
  if (!elements) {
    op.emitError("expected a dense tensor, to interpret it");
    return Status::Failed;
  }
  TensorOf<T> result = zerosFor<T>(op.getResult());
  if (result.isInt)
    for (auto [to, from] : llvm::zip(result.ints, elements.getValues<APInt>()))
      to = from.getSExtValue();
  else
    for (auto [to, from] :
         llvm::zip(result.floats, elements.getValues<APFloat>()))
      to = T(from.convertToDouble());
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

/// Of flat tensors, as fusion joins and splits them.
template <typename T>
static Status evalConcat(tensor::ConcatOp op, Frame<T> &frame) {
  TensorOf<T> result = zerosFor<T>(op.getResult());
  if (result.rank() != 1 || result.isInt) {
    op.emitError("expected flat tensors of floats");
    return Status::Failed;
  }
  int64_t at = 0;
  for (Value part : op.getInputs())
    for (T value : frame.get(part).floats)
      result.floats[at++] = value;
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalSlice(tensor::ExtractSliceOp op, Frame<T> &frame) {
  TensorOf<T> result = zerosFor<T>(op.getResult());
  const TensorOf<T> &source = frame.get(op.getSource());
  if (result.rank() != 1 || source.rank() != 1 || result.isInt ||
      !op.hasUnitStride() || ShapedType::isDynamic(op.getStaticOffsets()[0])) {
    op.emitError("expected a slice of a flat tensor of floats");
    return Status::Failed;
  }
  int64_t first = op.getStaticOffsets()[0];
  for (int64_t i = 0; i < result.size(); ++i)
    result.floats[i] = source.floats[first + i];
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
Status moec::reference::evalStructure(Operation *op, Frame<T> &frame) {
  return llvm::TypeSwitch<Operation *, Status>(op)
      .Case([&](moe::TransposeOp op) { return evalTranspose(op, frame); })
      .Case([&](moe::BroadcastOp op) { return evalBroadcast(op, frame); })
      .Case([&](moe::ReduceOp op) { return evalReduce(op, frame); })
      .Case([&](moe::ConcatOp op) { return evalConcatAxis(op, frame); })
      .Case([&](moe::SliceOp op) { return evalSliceAxis(op, frame); })
      .Case([&](moe::StopGradientOp op) {
        frame.set(op.getResult(), TensorOf<T>(frame.get(op.getInput())));
        return Status::Done;
      })
      .Case([&](moe::FillOp op) { return evalFill(op, frame); })
      .Case([&](moe::IotaOp op) { return evalIota(op, frame); })
      .Case([&](tensor::ConcatOp op) { return evalConcat(op, frame); })
      .Case([&](tensor::ExtractSliceOp op) { return evalSlice(op, frame); })
      .Case([&](arith::ConstantOp op) { return evalConstant(op, frame); })
      .Case([&](tensor::EmptyOp op) {
        frame.set(op.getResult(), undefinedFor<T>(op.getResult()));
        return Status::Done;
      })
      .template Case<moe::ReshapeOp, tensor::ExpandShapeOp,
                     tensor::CollapseShapeOp, UnrealizedConversionCastOp>(
          [&](Operation *op) { return evalReshape(op, frame); })
      .Default([](Operation *) { return Status::NotMine; });
}
MOEC_REFERENCE_FAMILY(evalStructure)
