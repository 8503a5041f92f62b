//===- Comparison.cpp - Differences of two files of weights ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/weights/Comparison.h"
#include "runtime/core/Fail.h"
#include "runtime/weights/Elements.h"

#include <algorithm>
#include <cmath>

namespace moec::rt {

static constexpr int64_t blockElements = 1 << 20;

namespace {
/// Elements of a tensor, a block at a time.
struct Block {
  const TensorFile &file;
  const StoredTensor &tensor;
  std::vector<char> bytes = {};

  void read(int64_t first, int64_t count) {
    bytes.resize(size_t(count * tensor.elementBytes));
    file.read(tensor, first, count, bytes.data());
  }
};
} // namespace

/// "[1, 2]" for the element at this place of a tensor.
static std::string indexText(int64_t flat, const std::vector<int64_t> &shape) {
  std::vector<int64_t> index(shape.size());
  for (size_t i = shape.size(); i-- > 0; flat /= shape[i])
    index[i] = flat % shape[i];
  return shapeText(index);
}

/// What differs between two tensors of one shape; "" if nothing does.
static std::string compareTensors(Block a, Block b, double atol, double rtol) {
  const ElementDecoder first = decoderOf(a.tensor.dtype),
                       second = decoderOf(b.tensor.dtype);
  const bool sameType = a.tensor.dtype == b.tensor.dtype;
  if (!sameType && (!first || !second))
    return "dtypes that cannot be compared";
  int64_t different = 0, worst = 0;
  double largest = -1, ours = 0, theirs = 0;
  for (int64_t at = 0; at < a.tensor.elements; at += blockElements) {
    int64_t count = std::min(blockElements, a.tensor.elements - at);
    a.read(at, count);
    b.read(at, count);
    if (sameType && a.bytes == b.bytes)
      continue;
    if (!first)
      return "bytes differ";
    for (int64_t i = 0; i < count; ++i) {
      double x = first(a.bytes.data() + i * a.tensor.elementBytes);
      double y = second(b.bytes.data() + i * b.tensor.elementBytes);
      if (x == y || (std::isnan(x) && std::isnan(y)))
        continue;
      double error = std::fabs(x - y);
      // A comparison with NaN is false, hence a difference.
      if (error <= atol + rtol * std::fabs(y))
        continue;
      ++different;
      error = std::isnan(error) ? INFINITY : error;
      if (error > largest) {
        largest = error;
        worst = at + i;
        ours = x;
        theirs = y;
      }
    }
  }
  if (different == 0)
    return "";
  return fmt::format("{} of {} elements differ, most by {:.3g} at {}: {:.9g} "
                     "and {:.9g}",
                     different, a.tensor.elements, largest,
                     indexText(worst, a.tensor.shape), ours, theirs);
}

std::vector<std::string> compareWeights(const TensorFile &a,
                                        const TensorFile &b, double atol,
                                        double rtol) {
  std::vector<std::string> lines;
  for (const StoredTensor &ours : a.tensors()) {
    const StoredTensor *theirs = b.find(ours.name);
    if (!theirs) {
      lines.push_back(fmt::format("\"{}\" {}: only in {}", ours.name,
                                  ours.text(), a.path()));
      continue;
    }
    std::string difference =
        ours.shape == theirs->shape
            ? compareTensors({a, ours}, {b, *theirs}, atol, rtol)
            : "shapes differ";
    if (!difference.empty())
      lines.push_back(fmt::format("\"{}\" {}{}: {}", ours.name, ours.text(),
                                  ours.text() == theirs->text()
                                      ? std::string()
                                      : " and " + theirs->text(),
                                  difference));
  }
  for (const StoredTensor &theirs : b.tensors())
    if (!a.find(theirs.name))
      lines.push_back(fmt::format("\"{}\" {}: only in {}", theirs.name,
                                  theirs.text(), b.path()));
  return lines;
}

} // namespace moec::rt
