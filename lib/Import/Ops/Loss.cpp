//===- Loss.cpp - Cross-entropies, squared errors and accuracy ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "lib/Import/Ops/Order.h"
#include "llvm/Support/FormatVariadic.h"

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

/// False, with a problem, if input 1, the target, is not what input 0 is.
static bool expectTarget(NodeCheck &check) {
  const TensorInfo &prediction = check.input(0), &target = check.input(1);
  if (target == prediction)
    return true;
  Problem &problem =
      check.problem("inputs", "the target does not fit the prediction")
          .expected(toString(prediction) + " as input 1")
          .got(toString(target));
  if (target.dtype == DType::U8 || target.dtype == DType::Pixels)
    problem.fix("make numbers of the image with 'patchify'");
  return false;
}

/// Prediction and target, of any one shape, give a value per image.
static std::optional<TensorInfo> checkSquaredError(NodeCheck &check) {
  if (!check.expectDType(0, DType::F32))
    return std::nullopt;
  const TensorInfo &prediction = check.input(0);
  if (prediction.rank() == 0) {
    check.problem("inputs", "'squared_error' needs a value for each image")
        .expected("f32 [batch, ...] as input 0")
        .got(toString(prediction));
    return std::nullopt;
  }
  if (!expectTarget(check))
    return std::nullopt;
  return TensorInfo{{prediction.shape[0]}};
}

/// Squares of the differences of inputs 0 and 1.
static Value squares(NodeBuild &build) {
  Type type = build.inputs[0].getType();
  Value error = moec::moe::SubOp::create(build.b, build.loc, type,
                                         build.inputs[0], build.inputs[1]);
  return build.mul(error, error);
}

/// The mean over all axes but those before `first`.
static Value meanFrom(NodeBuild &build, Value value, int64_t first) {
  Shape shape(build.shape(value));
  // The last axis by itself, since then the squares are a part of its kernel.
  for (auto axis = static_cast<int64_t>(shape.size()) - 1; axis >= first;
       --axis)
    value = build.reduce(value, {axis});
  auto count =
      static_cast<double>(llvm::product_of(ArrayRef(shape).drop_front(first)));
  return count == 1 ? value : build.scale(value, 1 / count);
}

const OpDef moec::import::squaredErrorOp = {
    "squared_error",
    "mean square of what a prediction is off from a target, two f32 values "
    "[batch, ...] of one shape, a value per image",
    2,
    2,
    {},
    checkSquaredError,
    [](NodeBuild &build) { return meanFrom(build, squares(build), 1); }};

static std::optional<TensorInfo> checkMasked(NodeCheck &check) {
  if (!check.expectTokens() || !expectTarget(check))
    return std::nullopt;
  const TensorInfo &prediction = check.input(0);
  int64_t tokens = prediction.shape[1], visible = check.integer("visible");
  if (!expectOrder(check, 2, ArrayRef(prediction.shape).take_front(2)))
    return std::nullopt;
  if (visible >= tokens) {
    check.problem("visible", "no token is masked")
        .expected(llvm::formatv("fewer than the {0} tokens", tokens))
        .got(Twine(visible));
    return std::nullopt;
  }
  return TensorInfo{{prediction.shape[0]}};
}

/// The errors of tokens, in the order; those past the visible ones count.
static Value buildMasked(NodeBuild &build) {
  Value order = build.inputs[2], errors = meanFrom(build, squares(build), 2);
  ArrayRef<int64_t> shape = build.shape(errors);
  int64_t visible = build.integer("visible"), tokens = shape[1];
  errors = build.reshape(errors, {shape[0], tokens, 1});
  auto mean = [&](int64_t begin, int64_t size) {
    return meanFrom(build, gatherTokens(build, errors, order, begin, size), 1);
  };
  Value loss = mean(visible, tokens - visible);
  double weight = build.real("visible_weight");
  return weight == 0 ? loss
                     : build.add(loss, build.scale(mean(0, visible), weight));
}

const OpDef moec::import::maskedSquaredErrorOp = {
    "masked_squared_error",
    "squared_error over the tokens that an encoder has not seen (arXiv "
    "2111.06377): of a prediction and a target [batch, tokens, channels] and "
    "the order of which it saw the first, a value per image",
    3,
    3,
    {AttrDef::size("visible", "how many tokens it has seen"),
     AttrDef::nonNegative("visible_weight", 0,
                          "times the mean over those is added")},
    checkMasked,
    buildMasked};

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
