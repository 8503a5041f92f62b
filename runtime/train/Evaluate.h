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

#include <functional>

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

/// The entry that gives the logits: `eval` in a module whose `infer` leaves
/// them out, else `infer`. Batch sizes as above.
int64_t pickEvalEntry(const Module &module, int64_t batch = 0);

/// The output of an entry that gives the logits. Throws Error when evaluate()
/// could not use this entry and these images, so that a training run learns of
/// it before its first step.
int64_t checkEvaluation(Session &session, int64_t entry, const Dataset &data);

/// Told of every image, in order, while its batch is in the session: the image,
/// its row in the batch, its logits.
using ImageFn =
    std::function<void(int64_t image, int64_t row, const float *logits)>;
/// Asked between the batches of an evaluation, with the images done so far;
/// true ends it.
using StopEvaluation = std::function<bool(int64_t)>;

/// Runs an entry that gives logits, f32 [batch, classes], over all images. The
/// last batch begins early enough to be full, with images that count already;
/// fewer images than a batch stand several times (Feed::fill). The class is the
/// argmax (the lowest of equal ones); the loss is computed in double. Where
/// `stop` ended it, `count` is less than the images there are. Throws Error for
/// logits that are not finite.
Evaluation evaluate(Session &session, int64_t entry, const Dataset &data,
                    const ImageFn &onImage = nullptr,
                    const StopEvaluation &stop = nullptr);

} // namespace moec::rt

#endif // MOEC_RUNTIME_TRAIN_EVALUATE_H
