//===- Summary.h - What a data set holds, in numbers ---------- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_SUMMARY_H
#define MOEC_RUNTIME_DATA_SUMMARY_H

#include "runtime/data/Dataset.h"

#include <map>

namespace moec::rt {

/// What all items together are like.
struct DatasetSummary {
  /// Of the pictures of the field `image`, u8 or f32; else 0 and empty.
  int64_t leastHeight = 0, mostHeight = 0, leastWidth = 0, mostWidth = 0;
  /// Of all pixels of all pictures, for each channel: of pixel / 255 where they
  /// are u8, of the numbers themselves where they are f32; std is that of the
  /// population. What the op `normalize` of a model takes.
  std::vector<double> mean, std;
  /// The smallest and the largest of these numbers.
  double least = 0, most = 0;
  /// How many items have a label; empty without the field `label`.
  std::map<int32_t, int64_t> labels;
};

/// Reads all items, by as many threads as there are cores (OMP_NUM_THREADS).
/// The results do not depend on them.
DatasetSummary summarize(const Dataset &data);

/// A picture of pictures: a row for each label, 20 at most, with its first 10
/// pictures, each scaled to 64 pixels; RGB. Throws Error where the data have no
/// pictures of u8 with 1 or 3 channels.
Image contactSheet(const Dataset &data);

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_SUMMARY_H
