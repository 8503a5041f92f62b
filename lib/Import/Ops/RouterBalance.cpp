//===- RouterBalance.cpp - balance losses of a router ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Ops/RouterBalance.h"
#include "dialects/MoE/MoEOps.h"

using namespace mlir;
using namespace moec::import;

/// The square root of a squared coefficient of variation, with a slope at 0.
static Value rootOf(NodeBuild &build, Value squared) {
  Value inverse =
      moec::moe::RsqrtOp::create(build.b, build.loc, squared.getType(), squared,
                                 build.b.getF64FloatAttr(1e-12));
  return build.mul(squared, inverse);
}

/// ln(sum(exp)) of each row of logits [items, experts]: what the cross-entropy
/// against class 0 has beside that logit.
static Value logSumExp(NodeBuild &build, Value logits) {
  OpBuilder &b = build.b;
  int64_t items = build.shape(logits)[0];
  Value first = moec::moe::FillOp::create(
      b, build.loc, RankedTensorType::get({items}, b.getI32Type()),
      b.getF64FloatAttr(0));
  Value entropy = moec::moe::SoftmaxCrossEntropyOp::create(
      b, build.loc, build.type({items}), logits, first, b.getF64FloatAttr(0));
  return build.add(entropy,
                   build.reshape(build.slice(logits, 1, 0, 1), {items}));
}

/// experts * sum over experts of the share of the items that go there first
/// times their mean gate.
static Value switchLoss(NodeBuild &build, const RouterLogits &logits) {
  OpBuilder &b = build.b;
  double items = double(build.shape(logits.clean)[0]);
  double experts = double(build.shape(logits.clean)[1]);
  // A softmax over the largest logit alone is 1 there.
  Value first =
      moec::moe::TopKSoftmaxOp::create(b, build.loc, logits.noisy.getType(),
                                       logits.noisy, b.getI64IntegerAttr(1));
  first =
      moec::moe::StopGradientOp::create(b, build.loc, first.getType(), first);
  Value gates = build.softmax(logits.clean, {1});
  Value sum = build.reduce(
      build.mul(build.reduce(first, {0}), build.reduce(gates, {0})), {0});
  return build.scale(sum, experts / (items * items));
}

void moec::import::tellBalance(NodeBuild &build, const RouterLogits &logits,
                               Value gates) {
  OpBuilder &b = build.b;
  auto balance = [&](StringRef name, Value probabilities) {
    Value sums = build.reduce(probabilities, {0});
    Value cv =
        moec::moe::CvSquaredOp::create(b, build.loc, build.type({}), sums);
    build.tell(name, build.text("balance") == "cv" ? rootOf(build, cv) : cv);
  };
  if (build.wants("importance")) {
    bool noisyGates = build.noise() && build.text("gates") == "softmax";
    balance("importance",
            noisyGates ? build.softmax(logits.clean, {1}) : gates);
  }
  if (build.wants("switch"))
    build.tell("switch", switchLoss(build, logits));
  if (build.wants("router_z")) {
    Value z = logSumExp(build, logits.clean);
    build.tell("router_z", build.scale(build.reduce(build.mul(z, z), {0}),
                                       1.0 / double(build.shape(z)[0])));
  }
  if (!build.wants("load"))
    return;
  IntegerAttr k = b.getI64IntegerAttr(build.integer("k"));
  if (logits.stds)
    balance("load", moec::moe::LearnedLoadProbabilityOp::create(
                        b, build.loc, logits.clean.getType(), logits.clean,
                        logits.noisy, logits.stds, k));
  else
    balance("load",
            moec::moe::LoadProbabilityOp::create(
                b, build.loc, logits.clean.getType(), logits.clean,
                logits.noisy, k, b.getF64FloatAttr(build.node.noise->std)));
}
