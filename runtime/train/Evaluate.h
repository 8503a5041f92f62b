//===- Evaluate.h - Accuracy and loss on a dataset --------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TRAIN_EVALUATE_H
#define MOEC_RUNTIME_TRAIN_EVALUATE_H

#include "runtime/core/Session.h"
#include "runtime/data/Dataset.h"

namespace moec::rt {

struct Evaluation {
  int64_t count = 0;
  int64_t correct = 0;
  double loss = 0; ///< mean cross-entropy
  double seconds = 0;
  double accuracy() const {
    return count ? double(correct) / double(count) : 0;
  }
};

/// The `infer` entry with this batch size; 0 picks the largest. Throws Error
/// when the module has none.
int64_t pickInferEntry(const Module &module, int64_t batch = 0);

/// Runs an infer entry, whose first output must be f32 [batch, classes], over
/// all images. The last batch is filled up with zero images that do not count.
/// The class is the argmax (the lowest of equal ones); the loss is computed in
/// double.
Evaluation evaluate(Session &session, int64_t entry, const Dataset &data);

} // namespace moec::rt

#endif // MOEC_RUNTIME_TRAIN_EVALUATE_H
