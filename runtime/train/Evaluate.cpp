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
  return pickEntry(module, "eval", batch);
}

int64_t pickLogitsEntry(const Module &module, int64_t batch) {
  const Manifest &manifest = module.manifest();
  int64_t index = findLogitsEntry(manifest);
  if (index < 0)
    fail("no entry of module {} has an output that says the class; name it in "
         "the loss of the model's training section, or call it \"logits\"",
         module.name());
  return pickEntry(module, manifest.entries[index].name.c_str(), batch);
}

int64_t runOverImages(Session &session, int64_t entry, const Dataset &data,
                      const ImageFn &onImage, const StopEvaluation &stop) {
  const Entry &info = session.manifest().entries.at(size_t(entry));
  for (const InputInfo &input : info.inputs)
    if (input.source == InputSource::Host)
      fail("entry {} has an input \"{}\" of the training loop; images alone do "
           "not fill it",
           info.name, input.name);
  Feed feed(session, entry, data);
  std::vector<int64_t> order(size_t(data.count()));
  std::iota(order.begin(), order.end(), 0);
  for (int64_t next = 0; next < data.count();) {
    int64_t end = std::min(next + feed.batch(), data.count());
    int64_t begin = std::max<int64_t>(end - feed.batch(), 0);
    feed.fill(order, begin, end);
    session.run(entry);
    for (; next < end; ++next)
      onImage(next, feed.row(next - begin, end - begin));
    if (stop && stop(end))
      return end;
  }
  return data.count();
}

/// Index of a metric with one value for each image, or -1.
static int64_t findMetric(const Entry &entry, const char *name) {
  int64_t index = entry.findOutput(name);
  if (index < 0)
    return -1;
  const OutputInfo &info = entry.outputs[index];
  if (info.kind != OutputKind::Metric || info.dtype != DType::F32 ||
      info.shape != std::vector<int64_t>{entry.batch})
    fail("entry {}: evaluation needs the metric \"{}\" as f32 [{}], but it is "
         "{} {}{}",
         entry.name, name, entry.batch, dtypeName(info.dtype),
         shapeText(info.shape),
         info.kind == OutputKind::Metric ? "" : ", no metric");
  return index;
}

static int64_t requireLoss(const Entry &entry) {
  int64_t index = findMetric(entry, "loss");
  if (index < 0)
    fail("entry {} has no metric \"loss\", which evaluation needs", entry.name);
  return index;
}

std::string Evaluation::accuracyText() const {
  return correct ? fmt::format("accuracy {:.2f} % ", accuracy() * 100) : "";
}

std::string Evaluation::countText() const {
  return correct ? fmt::format("{}/{}", *correct, count)
                 : std::to_string(count);
}

void checkEvaluation(Session &session, int64_t entryIndex,
                     const Dataset &data) {
  const Entry &entry = session.manifest().entries.at(entryIndex);
  requireLoss(entry);
  findMetric(entry, "accuracy");
  Feed(session, entryIndex, data);
}

Evaluation evaluate(Session &session, int64_t entryIndex, const Dataset &data,
                    const StopEvaluation &stop) {
  const Entry &entry = session.manifest().entries.at(entryIndex);
  int64_t loss = requireLoss(entry);
  int64_t accuracy = findMetric(entry, "accuracy");
  auto valueOf = [&](int64_t output, int64_t row) {
    return static_cast<const float *>(session.output(entryIndex, output))[row];
  };
  auto start = std::chrono::steady_clock::now();
  Evaluation result;
  if (accuracy >= 0)
    result.correct = 0;
  double sum = 0;
  MeanMetrics metrics(entry);
  auto onImage = [&](int64_t image, int64_t row) {
    float value = valueOf(loss, row);
    if (!std::isfinite(value))
      fail("\"{}\" of image {} of {} is {}: these weights, or the model, "
           "compute no finite numbers, so there is {} to count",
           entry.outputs[loss].name, image, data.name(), value,
           accuracy >= 0 ? "no class" : "nothing");
    sum += double(value);
    if (accuracy >= 0)
      *result.correct += valueOf(accuracy, row) == 1.0f;
  };
  auto batchDone = [&](int64_t done) {
    metrics.add(session, entryIndex);
    return stop && stop(done);
  };
  result.count = runOverImages(session, entryIndex, data, onImage, batchDone);
  result.loss = result.count ? sum / double(result.count) : 0;
  result.routing = metrics.routing();
  result.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  return result;
}

} // namespace moec::rt
