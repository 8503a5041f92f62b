//===- Sgd.cpp - sgd ------------------------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Optimizers.h"

using namespace moec;
using namespace moec::import;

static moe::OptimizerOpInterface build(UpdateBuild &u) {
  return moe::SgdUpdateOp::create(u.b, u.loc, u.types(), u.types(), u.params,
                                  u.grads, u.moments[0], u.rate, u.gradScale,
                                  u.attr("momentum"), u.number(u.weightDecay));
}

const OptimizerDef moec::import::sgdOptimizer = {
    "sgd",
    "stochastic gradient descent with momentum",
    {AttrDef::decay("momentum", 0.9, "decay of the sum of gradients")},
    {"momentum"},
    /*countsSteps=*/false,
    build};
