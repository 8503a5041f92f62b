//===- AdamW.cpp - adamw --------------------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Optimizers.h"

using namespace moec;
using namespace moec::import;

static moe::OptimizerOpInterface build(UpdateBuild &u) {
  return moe::AdamWUpdateOp::create(
      u.b, u.loc, u.types(), u.types(), u.types(), u.params, u.grads,
      u.moments[0], u.moments[1], u.rate, u.step, u.gradScale, u.attr("beta1"),
      u.attr("beta2"), u.attr("eps"), u.number(u.weightDecay));
}

const OptimizerDef moec::import::adamwOptimizer = {
    "adamw",
    "Adam with decoupled weight decay (arXiv 1711.05101)",
    {AttrDef::decay("beta1", 0.9, "decay of the mean"),
     AttrDef::decay("beta2", 0.999, "decay of the variance"),
     AttrDef::positive("eps", 1e-8, "added to the root of the variance")},
    {"mean", "variance"},
    /*countsSteps=*/true,
    build};
