//===- Classify.cpp - The command classify --------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Fail.h"
#include "runtime/data/Dataset.h"
#include "runtime/tool/Tool.h"
#include "runtime/train/Feed.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace moec::rt {

/// One character for two pixels above each other: characters are about twice
/// as high as wide.
static std::string imageText(const Dataset &data, int64_t index) {
  static const char shades[] = " .:-=+*#%@";
  const uint8_t *image = data.images.data() + index * data.imageBytes();
  int64_t row = data.width * data.channels;
  std::string text;
  for (int64_t y = 0; y < data.height; y += 2) {
    std::string line;
    for (int64_t x = 0; x < data.width; ++x) {
      int64_t sum = 0, count = 0;
      for (int64_t dy = y; dy < std::min(y + 2, data.height); ++dy)
        for (int64_t c = 0; c < data.channels; ++c, ++count)
          sum += image[dy * row + x * data.channels + c];
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
             ? fmt::format("{} ({})", index, names[index])
             : std::to_string(index);
}

/// What an output behind the first says of one image: of f32 the largest
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

int classifyCommand(std::shared_ptr<const Module> module,
                    const ClassifyOptions &options) {
  int64_t index = pickInferEntry(*module, options.batch);
  const Manifest &manifest = module->manifest();
  const Entry &entry = manifest.entries[index];
  Dataset test = readTestImages(options.data, options.testImages);
  if (options.first >= test.count)
    fail("--first {}: {} has {} images", options.first, test.name, test.count);
  std::unique_ptr<Session> session = makeSession(module, options);
  // The same checks, and the accuracy as the frame of what follows.
  Evaluation result = evaluate(*session, index, test);
  fmt::print("{} of {} test images are right ({:.2f} %); some of them:\n",
             result.correct, result.count, result.accuracy() * 100);
  Feed feed(*session, index, test);
  std::vector<int64_t> order(test.count);
  std::iota(order.begin(), order.end(), 0);
  int64_t end = std::min(test.count, options.first + options.count);
  int64_t classes = entry.outputs[0].shape[1];
  for (int64_t begin = options.first; begin < end; begin += feed.batch()) {
    feed.fill(order, begin, test.count);
    session->run(index);
    auto *logits = static_cast<const float *>(session->output(index, 0));
    for (int64_t i = begin; i < std::min(end, begin + feed.batch()); ++i) {
      const float *row = logits + (i - begin) * classes;
      const float *best = std::max_element(row, row + classes);
      double sum = 0;
      for (int64_t c = 0; c < classes; ++c)
        sum += std::exp(double(row[c]) - double(*best));
      bool right = best - row == test.labels[i];
      fmt::print("\nimage {}\n{}  predicted {}, {:.0f} % sure; true class {}: "
                 "{}\n",
                 i, imageText(test, i), className(manifest, best - row),
                 100 / sum, className(manifest, test.labels[i]),
                 right ? "right" : "WRONG");
      for (size_t o = 1; o < entry.outputs.size(); ++o) {
        const TensorInfo &tensor = entry.outputs[o];
        if (!tensor.shape.empty() && tensor.shape[0] == entry.batch &&
            tensor.dtype != DType::U8 && tensor.elements > 0)
          fmt::print("{}",
                     expertsText(tensor, session->output(index, int64_t(o)),
                                 i - begin));
      }
    }
  }
  return 0;
}

} // namespace moec::rt
