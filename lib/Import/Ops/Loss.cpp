//===- Loss.cpp - Cross-entropies, squared error and accuracy -----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "lib/Import/Ops.h"

using namespace mlir;
using namespace moec::import;

/// Logits and labels give a value per image.
static std::optional<TensorInfo> check(NodeCheck &check) {
  const TensorInfo &logits = check.input(0), &labels = check.input(1);
  if (logits.dtype != DType::F32 || logits.rank() != 2) {
    check
        .problem("inputs", Twine("'") + check.self().op->name +
                               "' needs logits as input 0")
        .expected("f32 [batch, classes]")
        .got(toString(logits));
    return std::nullopt;
  }
  TensorInfo wanted{{logits.shape[0]}, DType::I32};
  if (!(labels == wanted)) {
    check.problem("inputs", "the labels do not fit the logits")
        .expected(toString(wanted) + " as input 1, for logits " +
                  toString(logits.shape))
        .got(toString(labels));
    return std::nullopt;
  }
  return TensorInfo{wanted.shape};
}

/// The same, with a second label of each image and the share of the first
/// (arXiv 1710.09412), or without both.
static std::optional<TensorInfo> checkMixed(NodeCheck &node) {
  std::optional<TensorInfo> result = check(node);
  if (!result || node.inputCount() == 2)
    return result;
  Shape batch = result->shape;
  TensorInfo wanted[] = {{batch, DType::I32}, {batch, DType::F32}};
  if (node.inputCount() == 3) {
    node.problem("inputs", "two labels of an image need the share of the first")
        .expected("logits, label, label of the partner, " +
                  toString(wanted[1]) + " as input 3")
        .got("3 inputs")
        .fix("add an input \"share\", which the transform mixup fills");
    return std::nullopt;
  }
  for (size_t i = 0; i < 2; ++i) {
    if (node.input(2 + i) == wanted[i])
      continue;
    node.problem("inputs", i ? "the share does not fit the logits"
                             : "the labels of partners do not fit the logits")
        .expected(toString(wanted[i]) + " as input " + Twine(2 + i))
        .got(toString(node.input(2 + i)));
    return std::nullopt;
  }
  return result;
}

/// A cross-entropy is linear in its target, so that of a mixed one is that of
/// both labels in their shares.
template <Value (*ofLabel)(NodeBuild &, Value)>
static Value buildMixed(NodeBuild &build) {
  Value own = ofLabel(build, build.inputs[1]);
  if (build.inputs.size() == 2)
    return own;
  Value share = build.inputs[3];
  Value one = moec::moe::FillOp::create(build.b, build.loc, own.getType(),
                                        build.b.getF64FloatAttr(1));
  Value rest =
      moec::moe::SubOp::create(build.b, build.loc, own.getType(), one, share);
  Value other = build.mul(ofLabel(build, build.inputs[2]), rest);
  return build.add(build.mul(own, share), other);
}

static Value buildCrossEntropy(NodeBuild &build, Value labels) {
  OpBuilder &b = build.b;
  double smoothing = build.training ? build.real("label_smoothing") : 0;
  return moec::moe::SoftmaxCrossEntropyOp::create(
      b, build.loc, build.type(build.shape(build.inputs[0]).take_front()),
      build.inputs[0], labels, b.getF64FloatAttr(smoothing));
}

const OpDef moec::import::softmaxCrossEntropyOp = {
    "softmax_cross_entropy",
    "cross-entropy of logits [batch, classes] and i32 labels [batch], a value "
    "per image; in training with a second label of each image and the f32 "
    "share of the first [batch]",
    2,
    4,
    {AttrDef::share("label_smoothing", 0,
                    "share of the target that all classes get equally, in "
                    "training")},
    checkMixed,
    buildMixed<buildCrossEntropy>,
    /*classifies=*/true,
    /*evaluationInputs=*/2};

static Value buildSigmoidCrossEntropy(NodeBuild &build, Value labels) {
  return moec::moe::SigmoidCrossEntropyOp::create(
      build.b, build.loc, build.type(build.shape(build.inputs[0]).take_front()),
      build.inputs[0], labels);
}

const OpDef moec::import::sigmoidCrossEntropyOp = {
    "sigmoid_cross_entropy",
    "cross-entropy of each class against all others, summed over the classes; "
    "of logits [batch, classes] and i32 labels [batch], a value per image; in "
    "training with a second label of each image and the f32 share of the first "
    "[batch]",
    2,
    4,
    {},
    checkMixed,
    buildMixed<buildSigmoidCrossEntropy>,
    /*classifies=*/true,
    /*evaluationInputs=*/2};

/// Prediction and target, of any one shape, give a value per image.
static std::optional<TensorInfo> checkSquaredError(NodeCheck &check) {
  if (!check.expectDType(0, DType::F32))
    return std::nullopt;
  const TensorInfo &prediction = check.input(0), &target = check.input(1);
  if (prediction.rank() == 0) {
    check.problem("inputs", "'squared_error' needs a value for each image")
        .expected("f32 [batch, ...] as input 0")
        .got(toString(prediction));
    return std::nullopt;
  }
  if (!(target == prediction)) {
    Problem &problem =
        check.problem("inputs", "the target does not fit the prediction")
            .expected(toString(prediction) + " as input 1")
            .got(toString(target));
    if (target.dtype == DType::U8 || target.dtype == DType::Pixels)
      problem.fix("make numbers of the image with 'patchify'");
    return std::nullopt;
  }
  return TensorInfo{{prediction.shape[0]}};
}

static Value buildSquaredError(NodeBuild &build) {
  Value prediction = build.inputs[0];
  ArrayRef<int64_t> shape = build.shape(prediction);
  OpBuilder &b = build.b;
  Type type = prediction.getType();
  Value error =
      moec::moe::SubOp::create(b, build.loc, type, prediction, build.inputs[1]);
  Value sum = moec::moe::MulOp::create(b, build.loc, type, error, error);
  // The last axis by itself, since then the squares are a part of its kernel.
  for (auto axis = static_cast<int64_t>(shape.size()) - 1; axis > 0; --axis)
    sum = build.reduce(sum, {axis});
  double count = static_cast<double>(llvm::product_of(shape.drop_front()));
  return count == 1 ? sum : build.scale(sum, 1 / count);
}

const OpDef moec::import::squaredErrorOp = {
    "squared_error",
    "mean square of what a prediction is off from a target, two f32 values "
    "[batch, ...] of one shape, a value per image",
    2,
    2,
    {},
    checkSquaredError,
    buildSquaredError};

static Value buildAccuracy(NodeBuild &build) {
  return moec::moe::AccuracyOp::create(
      build.b, build.loc, build.type(build.shape(build.inputs[0]).take_front()),
      build.inputs[0], build.inputs[1]);
}

const OpDef moec::import::accuracyOp = {
    "accuracy",
    "1 for each image whose largest logit is that of its label, else 0; of "
    "logits [batch, classes] and i32 labels [batch]",
    2,
    2,
    {},
    check,
    buildAccuracy};
