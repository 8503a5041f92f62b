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
/// Of some pictures. Sums of u8 are whole numbers, which doubles hold as they
/// are.
struct Sums {
  explicit Sums(size_t channels) : values(channels), squares(channels) {}
  template <typename Pixel>
  void add(const Pixel *from, int64_t itsHeight, int64_t itsWidth) {
    for (int64_t i = 0; i < itsHeight * itsWidth; ++i)
      for (size_t c = 0; c < values.size(); ++c) {
        double value = *from++;
        values[c] += value;
        squares[c] += value * value;
        range = {std::min(range.first, value), std::max(range.second, value)};
      }
    pixels += double(itsHeight * itsWidth);
    height = {std::min(height.first, itsHeight),
              std::max(height.second, itsHeight)};
    width = {std::min(width.first, itsWidth), std::max(width.second, itsWidth)};
  }
  void add(const Sums &other) {
    for (size_t c = 0; c < values.size(); ++c) {
      values[c] += other.values[c];
      squares[c] += other.squares[c];
    }
    pixels += other.pixels;
    range = {std::min(range.first, other.range.first),
             std::max(range.second, other.range.second)};
    height = {std::min(height.first, other.height.first),
              std::max(height.second, other.height.second)};
    width = {std::min(width.first, other.width.first),
             std::max(width.second, other.width.second)};
  }

  std::vector<double> values, squares;
  double pixels = 0;
  std::pair<double, double> range{INFINITY, -INFINITY};
  std::pair<int64_t, int64_t> height{INT64_MAX, 0}, width{INT64_MAX, 0};
};
} // namespace

/// Adds the pictures first <= i < end, one after the other.
static void addPictures(const Dataset &data, size_t field,
                        const TensorInfo &info, int64_t first, int64_t end,
                        Sums &sums) {
  std::vector<float> numbers(info.dtype == DType::F32 ? size_t(info.elements)
                                                      : 0);
  for (int64_t i = first; i < end; ++i)
    if (info.dtype == DType::F32) {
      data.read({i}, field, numbers.data());
      sums.add(numbers.data(), info.shape[0], info.shape[1]);
    } else {
      Image image = data.readImage({i}, field);
      sums.add(image.pixels.data(), image.height, image.width);
    }
}

/// Threads take groups of pictures, whose sums are added in order.
static Sums sumUp(const Dataset &data, size_t field, const TensorInfo &info) {
  constexpr int64_t size = 64;
  int64_t groups = (data.count() + size - 1) / size;
  Sums all(size_t(info.shape[2]));
  std::vector<Sums> parts(size_t(groups), all);
  std::atomic<int64_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  auto work = [&] {
    try {
      for (int64_t i = next++; i < groups; i = next++)
        addPictures(data, field, info, i * size,
                    std::min((i + 1) * size, data.count()), parts[size_t(i)]);
    } catch (...) {
      next = groups;
      std::lock_guard<std::mutex> lock(mutex);
      failure = std::current_exception();
    }
  };
  int64_t most = std::min<int64_t>(wantedThreads(0), groups);
  std::vector<std::thread> helpers = startWorkers(int(most) - 1, work);
  work();
  for (std::thread &helper : helpers)
    helper.join();
  if (failure)
    std::rethrow_exception(failure);
  for (const Sums &part : parts)
    all.add(part);
  return all;
}

DatasetSummary summarize(const Dataset &data) {
  DatasetSummary summary;
  if (data.findField("label") >= 0)
    for (int64_t i = 0; i < data.count(); ++i)
      ++summary.labels[labelOf(data, i)];
  int64_t field = data.findField("image");
  TensorInfo info = field < 0 ? TensorInfo() : data.fields()[size_t(field)];
  if (info.shape.size() != 3 || info.dtype == DType::I32)
    return summary;
  Sums sums = sumUp(data, size_t(field), info);
  summary.leastHeight = sums.height.first;
  summary.mostHeight = sums.height.second;
  summary.leastWidth = sums.width.first;
  summary.mostWidth = sums.width.second;
  double one = info.dtype == DType::U8 ? 255 : 1;
  summary.least = sums.range.first / one;
  summary.most = sums.range.second / one;
  for (size_t c = 0; c < sums.values.size(); ++c) {
    double mean = sums.values[c] / (sums.pixels * one);
    double square = sums.squares[c] / (sums.pixels * one * one);
    summary.mean.push_back(mean);
    summary.std.push_back(std::sqrt(std::max(square - mean * mean, 0.0)));
  }
  return summary;
}

} // namespace moec::rt
