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

/// The largest of that name.
static int64_t pickEntry(const Module &module, const char *name,
                         int64_t batch) {
  if (batch)
    return module.requireEntry(name, batch);
  int64_t best = module.requireEntry(name);
  const std::vector<Entry> &entries = module.manifest().entries;
  for (size_t i = 0; i < entries.size(); ++i)
    if (entries[i].name == name && entries[i].batch > entries[best].batch)
      best = int64_t(i);
  return best;
}

int64_t pickInferEntry(const Module &module, int64_t batch) {
  return pickEntry(module, "infer", batch);
}

int64_t pickEvalEntry(const Module &module, int64_t batch) {
  bool own = module.manifest().findEntry("eval") >= 0;
  return pickEntry(module, own ? "eval" : "infer", batch);
}

/// log(sum(exp(row))) - row[label]
static double crossEntropy(const float *row, int64_t classes, int32_t label) {
  double most = *std::max_element(row, row + classes), sum = 0;
  for (int64_t c = 0; c < classes; ++c)
    sum += std::exp(double(row[c]) - most);
  return std::log(sum) + most - double(row[label]);
}

/// A NaN is neither larger nor smaller than anything: it would count as some
/// class.
static void checkFinite(const float *row, int64_t classes,
                        const std::string &output, const Dataset &data,
                        int64_t image) {
  for (int64_t c = 0; c < classes; ++c)
    if (!std::isfinite(row[c]))
      fail("\"{}\" of image {} of {} is {} for class {}: these weights, or the "
           "model, compute no finite numbers, so there is no class to count",
           output, image, data.name, row[c], c);
}

int64_t checkEvaluation(Session &session, int64_t entryIndex,
                        const Dataset &data) {
  const Entry &entry = session.manifest().entries.at(entryIndex);
  int64_t output = logitsOutput(session.manifest(), entry);
  if (output < 0)
    fail("entry {} has no output that says the class; name it in the loss of "
         "the model's training section, or call it \"logits\"",
         entry.name);
  const TensorInfo &info = entry.outputs[output];
  if (info.dtype != DType::F32 || info.shape.size() != 2 ||
      info.shape[0] != entry.batch || info.shape[1] < 1)
    fail("entry {}: evaluation needs logits f32 [{}, classes], but \"{}\" is "
         "{} {}",
         entry.name, entry.batch, info.name, dtypeName(info.dtype),
         shapeText(info.shape));
  checkLabels(data, info.shape[1]);
  Feed(session, entryIndex, data);
  return output;
}

Evaluation evaluate(Session &session, int64_t entryIndex, const Dataset &data,
                    const ImageFn &onImage, const StopEvaluation &stop) {
  int64_t output = checkEvaluation(session, entryIndex, data);
  const TensorInfo &info =
      session.manifest().entries[entryIndex].outputs[output];
  int64_t classes = info.shape[1];
  Feed feed(session, entryIndex, data);
  std::vector<int64_t> order(data.count);
  std::iota(order.begin(), order.end(), 0);

  auto start = std::chrono::steady_clock::now();
  Evaluation result;
  double sum = 0;
  for (int64_t next = 0; next < data.count;) {
    int64_t end = std::min(next + feed.batch(), data.count);
    int64_t begin = std::max<int64_t>(end - feed.batch(), 0);
    feed.fill(order, begin, end);
    session.run(entryIndex);
    auto *logits =
        static_cast<const float *>(session.output(entryIndex, output));
    for (; next < end; ++next) {
      int64_t at = feed.row(next - begin, end - begin);
      const float *row = logits + at * classes;
      checkFinite(row, classes, info.name, data, next);
      int32_t label = data.labels[next];
      result.correct += std::max_element(row, row + classes) - row == label;
      sum += crossEntropy(row, classes, label);
      if (onImage)
        onImage(next, at, row);
    }
    result.count = end;
    if (stop && stop(end))
      break;
  }
  result.loss = result.count ? sum / double(result.count) : 0;
  result.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  return result;
}

} // namespace moec::rt
