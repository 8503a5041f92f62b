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
