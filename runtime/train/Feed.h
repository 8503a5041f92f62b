//===- Feed.h - Batches of images for an entry ------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_TRAIN_FEED_H
#define MOEC_RUNTIME_TRAIN_FEED_H

#include "runtime/core/Session.h"
#include "runtime/data/Dataset.h"

namespace moec::rt {

/// The order in which an epoch visits `count` images: a function of seed and
/// epoch alone, which is why a run can resume anywhere.
std::vector<int64_t> shuffledOrder(int64_t count, uint64_t seed, int64_t epoch);

/// Index of the output of an entry that says the class: the one `data.logits`
/// names, else "logits"; -1 when there is none.
int64_t logitsOutput(const Manifest &manifest, const Entry &entry);

/// Index of an entry with that output: one `infer`, else one `eval`; -1 when
/// there is none.
int64_t findLogitsEntry(const Manifest &manifest);

/// Number of classes the module predicts: `data.classes` of the manifest, else
/// the last dimension of the logits; 0 when neither says.
int64_t moduleClasses(const Manifest &manifest);

/// Index of the field of an entry that is the image: the one `data.image`
/// names, else "image", else the only u8 field. Throws Error when there is
/// none.
int64_t imageInput(const Manifest &manifest, const Entry &entry);
/// Likewise for the label: `data.label`, else "label"; -1 when there is none.
int64_t labelInput(const Manifest &manifest, const Entry &entry);

/// Fills image and label inputs of an entry from a dataset.
class Feed {
public:
  /// Throws Error when the images do not fit the entry, it has a field that is
  /// neither image nor label, or a label is out of range.
  Feed(Session &session, int64_t entry, const Dataset &data);

  /// Images order[begin] ... order[end - 1], at most a batch, at least one.
  /// Fewer than a batch stand several times, evenly and next to each other: row
  /// r is the image begin + r * (end - begin) / batch, rounded down. So experts
  /// are as crowded as by a batch of just these images.
  void fill(const std::vector<int64_t> &order, int64_t begin, int64_t end);
  /// The first row of the `index`-th of `count` images that fill() was given.
  int64_t row(int64_t index, int64_t count) const {
    return (index * batchSize + count - 1) / count;
  }
  int64_t batch() const { return batchSize; }

private:
  Session &session;
  int64_t entry;
  const Dataset &data;
  int64_t batchSize, image, label;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_TRAIN_FEED_H
