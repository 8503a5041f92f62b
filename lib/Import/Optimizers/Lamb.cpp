//===- Lamb.cpp - lamb ----------------------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Optimizers.h"

using namespace moec;
using namespace moec::import;

/// Each layer of a repeated block has a ratio of its own.
static moe::OptimizerOpInterface build(UpdateBuild &u) {
  return moe::LambUpdateOp::create(
      u.b, u.loc, u.types(), u.types(), u.types(), u.params, u.grads,
      u.moments[0], u.moments[1], u.rate, u.step, u.gradScale,
      u.b.getDenseI64ArrayAttr(u.layers), u.attr("beta1"), u.attr("beta2"),
      u.attr("eps"), u.number(u.weightDecay));
}

const OptimizerDef moec::import::lambOptimizer = {
    "lamb",
    "Adam whose step is as long as the parameter of a layer is large (arXiv "
    "1904.00962)",
    {AttrDef::decay("beta1", 0.9, "decay of the mean"),
     AttrDef::decay("beta2", 0.999, "decay of the variance"),
     AttrDef::positive("eps", 1e-6, "added to the root of the variance")},
    {"mean", "variance"},
    /*countsSteps=*/true,
    build};
