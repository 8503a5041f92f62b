//===- Loss.cpp - Cross-entropies and accuracy --------------------------===//
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

static Value buildCrossEntropy(NodeBuild &build) {
  OpBuilder &b = build.b;
  double smoothing = build.training ? build.real("label_smoothing") : 0;
  return moec::moe::SoftmaxCrossEntropyOp::create(
      b, build.loc, build.type(build.shape(build.inputs[0]).take_front()),
      build.inputs[0], build.inputs[1], b.getF64FloatAttr(smoothing));
}

const OpDef moec::import::softmaxCrossEntropyOp = {
    "softmax_cross_entropy",
    "cross-entropy of logits [batch, classes] and i32 labels [batch], a value "
    "per image",
    2,
    2,
    {AttrDef::share("label_smoothing", 0,
                    "share of the target that all classes get equally, in "
                    "training")},
    check,
    buildCrossEntropy,
    /*classifies=*/true};

static Value buildSigmoidCrossEntropy(NodeBuild &build) {
  return moec::moe::SigmoidCrossEntropyOp::create(
      build.b, build.loc, build.type(build.shape(build.inputs[0]).take_front()),
      build.inputs[0], build.inputs[1]);
}

const OpDef moec::import::sigmoidCrossEntropyOp = {
    "sigmoid_cross_entropy",
    "cross-entropy of each class against all others, summed over the classes; "
    "of logits [batch, classes] and i32 labels [batch], a value per image",
    2,
    2,
    {},
    check,
    buildSigmoidCrossEntropy,
    /*classifies=*/true};

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
