//===- RouterBalance.h - balance losses of a router -------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_OPS_ROUTERBALANCE_H
#define MOEC_LIB_IMPORT_OPS_ROUTERBALANCE_H

#include "lib/Import/Ops.h"

namespace moec::import {

/// Logits of a router whose items choose, f32 [items, experts]: clean, with
/// noise, and, where that is learned, the standard deviations of the noise.
struct RouterLogits {
  mlir::Value clean, noisy, stds;
};

/// Tells the values `importance`, `load`, `switch` and `router_z` of a node,
/// f32 scalars, where they are wanted, from its `gates`, f32 [items, experts].
///
/// `importance` and `load` are the squared coefficient of variation of what the
/// experts sum up to, or, with "balance": "cv", its root. The importance is of
/// the gates without noise, the load the chance to be chosen under fresh noise
/// (V-MoE, arXiv 2106.05974, A). With a softmax over the chosen, the importance
/// is of these gates (arXiv 1701.06538, equation 6).
///
/// `switch` is experts * sum_e f_e P_e (arXiv 2101.03961, equation 4, without
/// alpha), with f_e the share of the items whose first choice, noise included,
/// is expert e, through which no gradient flows, and P_e the mean of their
/// gates, a softmax over all experts without noise. `router_z` is the mean over
/// the items of the square of ln(sum_e exp(logit_e)), without noise (arXiv
/// 2202.08906, equation 5).
void tellBalance(NodeBuild &build, const RouterLogits &logits,
                 mlir::Value gates);

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_OPS_ROUTERBALANCE_H
