//===- Lion.cpp - lion ----------------------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Optimizers.h"

using namespace moec;
using namespace moec::import;

static moe::OptimizerOpInterface build(UpdateBuild &u) {
  return moe::LionUpdateOp::create(
      u.b, u.loc, u.types(), u.types(), u.params, u.grads, u.moments[0], u.rate,
      u.gradScale, u.attr("beta1"), u.attr("beta2"), u.number(u.weightDecay));
}

const OptimizerDef moec::import::lionOptimizer = {
    "lion",
    "the sign of an average of gradients, with decoupled weight decay (arXiv "
    "2302.06675)",
    {AttrDef::decay("beta1", 0.9, "decay of the mean in the step's sign"),
     AttrDef::decay("beta2", 0.99, "decay of the mean that is kept")},
    {"mean"},
    /*countsSteps=*/false,
    build};
