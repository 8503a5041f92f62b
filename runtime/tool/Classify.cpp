//===- Classify.cpp - The command classify --------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Fail.h"
#include "runtime/data/Dataset.h"
#include "runtime/tool/Say.h"
#include "runtime/tool/Tool.h"
#include "runtime/train/Feed.h"
#include "runtime/train/Metrics.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace moec::rt {

/// One character for two pixels above each other: characters are about twice
/// as high as wide.
static std::string imageText(const Dataset &data, int64_t index) {
  static const char shades[] = " .:-=+*#%@";
  int64_t field = data.findField("image");
  TensorInfo info = field < 0 ? TensorInfo() : data.fields()[size_t(field)];
  if (!isImage(info))
    return "";
  std::vector<uint8_t> image(size_t(info.elements));
  data.read({index}, size_t(field), image.data());
  int64_t height = info.shape[0], width = info.shape[1];
  int64_t channels = info.shape[2], row = width * channels;
  std::string text;
  for (int64_t y = 0; y < height; y += 2) {
    std::string line;
    for (int64_t x = 0; x < width; ++x) {
      int64_t sum = 0, count = 0;
      for (int64_t dy = y; dy < std::min(y + 2, height); ++dy)
        for (int64_t c = 0; c < channels; ++c, ++count)
          sum += image[size_t(dy * row + x * channels + c)];
      line += shades[sum * 9 / (count * 255)];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += "  " + line + "\n";
  }
  return text;
}

static std::string className(const Manifest &manifest, int64_t index) {
  const std::vector<std::string> &names = manifest.data.classNames;
  return index < int64_t(names.size())
             ? fmt::format("{} ({})", index, escapeControls(names[index]))
             : std::to_string(index);
}

/// Outputs of expert layers are called after them, "moe.experts".
static bool isExperts(const TensorInfo &tensor, const Entry &entry) {
  static const std::string suffix = ".experts";
  return tensor.name.size() > suffix.size() &&
         tensor.name.compare(tensor.name.size() - suffix.size(), suffix.size(),
                             suffix) == 0 &&
         tensor.shape.size() == 2 && tensor.shape[0] == entry.batch &&
         tensor.dtype != DType::U8;
}

/// What the output of an expert layer says of one image: of f32 the largest
/// shares, of i32 how often each value occurs (-1: dropped, left out).
static std::string expertsText(const TensorInfo &tensor, const void *data,
                               int64_t row) {
  int64_t width = tensor.elements / tensor.shape[0];
  std::vector<std::pair<double, int64_t>> shares;
  if (tensor.dtype == DType::F32) {
    auto *values = static_cast<const float *>(data) + row * width;
    double sum = 0;
    for (int64_t i = 0; i < width; ++i)
      sum += values[i];
    for (int64_t i = 0; i < width; ++i)
      shares.emplace_back(sum != 0 ? values[i] / sum : 0, i);
  } else {
    auto *values = static_cast<const int32_t *>(data) + row * width;
    std::map<int32_t, int64_t> counts;
    for (int64_t i = 0; i < width; ++i)
      if (values[i] >= 0)
        ++counts[values[i]];
    for (auto [value, count] : counts)
      shares.emplace_back(double(count) / double(width), value);
  }
  // Largest first; equal ones by number.
  std::stable_sort(shares.begin(), shares.end(),
                   [](auto &a, auto &b) { return a.first > b.first; });
  constexpr size_t most = 4;
  std::vector<std::string> texts;
  for (size_t i = 0; i < std::min(most, shares.size()); ++i)
    texts.push_back(
        fmt::format("{} {:.0f} %", shares[i].second, 100 * shares[i].first));
  return fmt::format("  {}: {}\n", tensor.name, fmt::join(texts, ", "));
}

/// Index of the output that holds f32 [batch, classes].
static int64_t requireLogits(const Manifest &manifest, const Entry &entry) {
  int64_t index = logitsOutput(manifest, entry);
  const TensorInfo &info = entry.outputs[size_t(index)];
  if (info.dtype != DType::F32 || info.shape.size() != 2 ||
      info.shape[0] != entry.batch || info.shape[1] < 1)
    fail("entry {}: classification needs logits f32 [{}, classes], but \"{}\" "
         "is {} {}",
         entry.name, entry.batch, info.name, dtypeName(info.dtype),
         shapeText(info.shape));
  return index;
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
           output, image, data.name(), row[c], c);
}

int classifyCommand(std::shared_ptr<const Module> module,
                    const ClassifyOptions &options) {
  int64_t index = pickLogitsEntry(*module, options.batch);
  const Manifest &manifest = module->manifest();
  const Entry &entry = manifest.entries[index];
  DatasetRef data = CommandData(options.data).test();
  const Dataset &test = *data;
  if (options.first >= test.count())
    fail("--first {}: {} has {} images", options.first, test.name(),
         test.count());
  int64_t logits = requireLogits(manifest, entry);
  int64_t classes = entry.outputs[size_t(logits)].shape[1], correct = 0;
  checkLabels(test, classes);
  std::unique_ptr<Session> session = makeSession(module, options);
  int64_t end = std::min(test.count(), options.first + options.count);
  std::string texts;
  MeanMetrics metrics(entry);
  auto describe = [&](int64_t image, int64_t row) {
    auto *values = static_cast<const float *>(session->output(index, logits)) +
                   row * classes;
    checkFinite(values, classes, entry.outputs[size_t(logits)].name, test,
                image);
    const float *last = values + classes;
    const float *best = std::max_element(values, last);
    int32_t label = labelOf(test, image);
    bool right = best - values == label;
    correct += right;
    if (image < options.first || image >= end)
      return;
    double sum = 0;
    for (const float *value = values; value != last; ++value)
      sum += std::exp(double(*value) - double(*best));
    texts += fmt::format("\nimage {}\n{}  predicted {}, {:.0f} % sure; true "
                         "class {}: {}\n",
                         image, imageText(test, image),
                         className(manifest, best - values), 100 / sum,
                         className(manifest, label), right ? "right" : "WRONG");
    for (size_t o = 0; o < entry.outputs.size(); ++o) {
      const TensorInfo &tensor = entry.outputs[o];
      if (isExperts(tensor, entry))
        texts += expertsText(tensor, session->output(index, int64_t(o)), row);
    }
  };
  auto batchDone = [&](int64_t) {
    metrics.add(*session, index);
    return false;
  };
  int64_t count = runOverImages(*session, index, test, describe, batchDone);
  say("{} of {} test images are right ({:.2f} %); some of them:\n{}", correct,
      count, 100 * double(correct) / double(count), texts);
  if (std::vector<std::string> table = routingTable(metrics.routing());
      !table.empty())
    say("\n{}\n", fmt::join(table, "\n"));
  return 0;
}

} // namespace moec::rt
