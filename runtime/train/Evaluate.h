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
#include "runtime/train/Metrics.h"

#include <functional>
#include <optional>

namespace moec::rt {

struct Evaluation {
  int64_t count = 0;
  std::optional<int64_t> correct; ///< none: the model does not classify
  double loss = 0;                ///< mean over the images
  double seconds = 0;
  std::vector<RoutingLayer> routing; ///< means over the batches that were run
  double accuracy() const {
    return correct && count ? double(*correct) / double(count) : 0;
  }
  /// "accuracy 97.50 % ", or nothing.
  std::string accuracyText() const;
  /// "39/40", the right ones of all, or "40".
  std::string countText() const;
};

/// The entry `infer` with this batch size; 0 picks the largest. Throws Error
/// when the module has none.
int64_t pickInferEntry(const Module &module, int64_t batch = 0);

/// Likewise for `eval`.
int64_t pickEvalEntry(const Module &module, int64_t batch = 0);

/// Likewise for the entry that gives the logits: `infer`, or `eval` in a module
/// whose `infer` leaves them out.
int64_t pickLogitsEntry(const Module &module, int64_t batch = 0);

/// Told of every image, in order, while its batch is in the session: the image
/// and its row in the batch.
using ImageFn = std::function<void(int64_t image, int64_t row)>;
/// Asked between batches, with the images done so far; true ends it.
using StopEvaluation = std::function<bool(int64_t)>;

/// Runs an entry over all images and returns how many it came to. The last
/// batch begins early enough to be full, with images that were told of already;
/// fewer images than a batch stand several times (Feed::fill). Throws Error for
/// an entry with inputs of the training loop.
int64_t runOverImages(Session &session, int64_t entry, const Dataset &data,
                      const ImageFn &onImage,
                      const StopEvaluation &stop = nullptr);

/// Throws Error when evaluate() could not use this entry and these images, so
/// that a training run learns of it before its first step.
void checkEvaluation(Session &session, int64_t entry, const Dataset &data);

/// Runs an entry `eval` over all images. It has the metric `loss` and, of a
/// model that classifies, `accuracy`, each f32 [batch] with one value for each
/// image; they are summed in double. Where `stop` ended it, `count` is less
/// than the images there are. Throws Error for a loss that is not finite.
Evaluation evaluate(Session &session, int64_t entry, const Dataset &data,
                    const StopEvaluation &stop = nullptr);

} // namespace moec::rt

#endif // MOEC_RUNTIME_TRAIN_EVALUATE_H
