//===- Evaluate.cpp - Accuracy and loss on a dataset ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/train/Evaluate.h"
#include "runtime/core/Fail.h"
#include "runtime/train/Feed.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

namespace moec::rt {

int64_t pickInferEntry(const Module &module, int64_t batch) {
  if (batch)
    return module.requireEntry("infer", batch);
  int64_t best = module.requireEntry("infer");
  const std::vector<Entry> &entries = module.manifest().entries;
  for (size_t i = 0; i < entries.size(); ++i)
    if (entries[i].name == "infer" && entries[i].batch > entries[best].batch)
      best = int64_t(i);
  return best;
}

/// log(sum(exp(row))) - row[label]
static double crossEntropy(const float *row, int64_t classes, int32_t label) {
  double most = *std::max_element(row, row + classes), sum = 0;
  for (int64_t c = 0; c < classes; ++c)
    sum += std::exp(double(row[c]) - most);
  return std::log(sum) + most - double(row[label]);
}

Evaluation evaluate(Session &session, int64_t entryIndex, const Dataset &data) {
  const Entry &entry = session.manifest().entries.at(entryIndex);
  if (entry.outputs.empty() || entry.outputs[0].dtype != DType::F32 ||
      entry.outputs[0].shape.size() != 2 ||
      entry.outputs[0].shape[0] != entry.batch || entry.outputs[0].shape[1] < 1)
    fail("entry {}: evaluation needs a first output f32 [{}, classes]",
         entry.name, entry.batch);
  int64_t classes = entry.outputs[0].shape[1];
  checkLabels(data, classes);
  Feed feed(session, entryIndex, data);
  std::vector<int64_t> order(data.count);
  std::iota(order.begin(), order.end(), 0);

  auto start = std::chrono::steady_clock::now();
  Evaluation result;
  result.count = data.count;
  double sum = 0;
  for (int64_t begin = 0; begin < data.count; begin += feed.batch()) {
    feed.fill(order, begin, data.count);
    session.run(entryIndex);
    auto *logits = static_cast<const float *>(session.output(entryIndex, 0));
    int64_t rows = std::min(feed.batch(), data.count - begin);
    for (int64_t r = 0; r < rows; ++r) {
      const float *row = logits + r * classes;
      int32_t label = data.labels[begin + r];
      result.correct += std::max_element(row, row + classes) - row == label;
      sum += crossEntropy(row, classes, label);
    }
  }
  result.loss = data.count ? sum / double(data.count) : 0;
  result.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  return result;
}

} // namespace moec::rt
