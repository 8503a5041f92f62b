//===- Choice.cpp - Choices that hang on a rounding
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Evaluator.h"
#include <random>

using namespace moec::reference;

/// The plan that the scores lead to; for accuracy and signs it is who wins each
/// row.
static std::vector<int32_t> planOf(const Choice &choice,
                                   const std::vector<double> &scores) {
  int64_t choices =
      choice.items * (choice.optionsChoose ? choice.options : choice.k);
  // As long as plans are at most; what is not used stays 0.
  std::vector<int32_t> plan(choice.options + 1 + 4 * choices);
  if (choice.optionsChoose) {
    routeExperts(scores.data(), choice.items, choice.options, choice.groups,
                 choice.capacity, plan.data());
    return plan;
  }
  std::vector<double> weights(choices);
  routeTopK(scores.data(), choice.items, choice.options, choice.k,
            choice.groups, choice.capacity, choice.byImportance, weights.data(),
            plan.data());
  return plan;
}

bool moec::reference::isSteady(const Choice &choice, llvm::ArrayRef<double> by,
                               int tries) {
  std::vector<int32_t> plan = planOf(choice, choice.scores);
  std::mt19937_64 random(choice.scores.size());
  for (int i = 0; i < tries; ++i) {
    std::vector<double> moved = choice.scores;
    // At the ends of the range, where nearly equal numbers change places best.
    for (auto [score, most] : llvm::zip(moved, by))
      score += (random() & 1) ? most : -most;
    if (planOf(choice, moved) != plan)
      return false;
  }
  return true;
}
