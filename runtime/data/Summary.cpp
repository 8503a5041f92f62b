//===- Summary.cpp - What a data set holds, in numbers --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Summary.h"
#include "runtime/core/Threads.h"
#include "runtime/core/Workers.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>

namespace moec::rt {

namespace {
/// Of some pictures.
struct Sums {
  explicit Sums(size_t channels) : values(channels), squares(channels) {}
  void add(const Image &image) {
    for (size_t i = 0; i < image.pixels.size(); ++i) {
      uint64_t value = image.pixels[i];
      values[i % values.size()] += value;
      squares[i % values.size()] += value * value;
    }
    pixels += uint64_t(image.height * image.width);
    height = {std::min(height.first, image.height),
              std::max(height.second, image.height)};
    width = {std::min(width.first, image.width),
             std::max(width.second, image.width)};
  }
  void add(const Sums &other) {
    for (size_t c = 0; c < values.size(); ++c) {
      values[c] += other.values[c];
      squares[c] += other.squares[c];
    }
    pixels += other.pixels;
    height = {std::min(height.first, other.height.first),
              std::max(height.second, other.height.second)};
    width = {std::min(width.first, other.width.first),
             std::max(width.second, other.width.second)};
  }

  std::vector<uint64_t> values, squares;
  uint64_t pixels = 0;
  std::pair<int64_t, int64_t> height{INT64_MAX, 0}, width{INT64_MAX, 0};
};
} // namespace

static Sums sumUp(const Dataset &data, size_t field, size_t channels) {
  Sums all(channels);
  std::atomic<int64_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  auto work = [&] {
    Sums mine(channels);
    std::exception_ptr problem;
    try {
      for (int64_t i = next++; i < data.count(); i = next++)
        mine.add(data.readImage({i}, field));
    } catch (...) {
      problem = std::current_exception();
      next = data.count();
    }
    std::lock_guard<std::mutex> lock(mutex);
    all.add(mine);
    if (problem)
      failure = problem;
  };
  int64_t most = std::min<int64_t>(wantedThreads(0), data.count());
  std::vector<std::thread> helpers = startWorkers(int(most) - 1, work);
  work();
  for (std::thread &helper : helpers)
    helper.join();
  if (failure)
    std::rethrow_exception(failure);
  return all;
}

/// The field `image`, or -1 where it is none of u8.
static int64_t imageField(const Dataset &data) {
  int64_t field = data.findField("image");
  return field >= 0 && isImage(data.fields()[size_t(field)]) ? field : -1;
}

DatasetSummary summarize(const Dataset &data) {
  DatasetSummary summary;
  if (data.findField("label") >= 0)
    for (int64_t i = 0; i < data.count(); ++i)
      ++summary.labels[labelOf(data, i)];
  int64_t field = imageField(data);
  if (field < 0)
    return summary;
  auto channels = size_t(data.fields()[size_t(field)].shape[2]);
  Sums sums = sumUp(data, size_t(field), channels);
  summary.leastHeight = sums.height.first;
  summary.mostHeight = sums.height.second;
  summary.leastWidth = sums.width.first;
  summary.mostWidth = sums.width.second;
  for (size_t c = 0; c < channels; ++c) {
    double count = double(sums.pixels) * 255;
    double mean = double(sums.values[c]) / count;
    double square = double(sums.squares[c]) / (count * 255);
    summary.mean.push_back(mean);
    summary.std.push_back(std::sqrt(std::max(square - mean * mean, 0.0)));
  }
  return summary;
}

} // namespace moec::rt
