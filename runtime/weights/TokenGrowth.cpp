//===- TokenGrowth.cpp - Layers over tokens for larger images -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/weights/TokenGrowth.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace moec::rt {

static int64_t rootOf(int64_t number) {
  auto root = int64_t(std::llround(std::sqrt(double(number))));
  return root * root == number ? root : 0;
}

GrownAxis::Place GrownAxis::place(int64_t index) const {
  int64_t side = rootOf(size);
  if (side == 0)
    return {index / size, index % size};
  int64_t row = index / (factor * side), column = index % (factor * side);
  return {row / side * factor + column / side,
          row % side * side + column % side};
}

std::optional<TokenGrowth> TokenGrowth::of(const std::vector<int64_t> &from,
                                           const std::vector<int64_t> &to,
                                           std::string &why) {
  const size_t rank = from.size(), inner = std::min<size_t>(rank, 2);
  if (rank == 0 || to.size() != rank || from == to ||
      !std::equal(from.begin(), from.end() - ptrdiff_t(inner), to.begin())) {
    why = "other axes than the last two differ";
    return std::nullopt;
  }
  int64_t factor = 1;
  auto axis = [&](size_t at) -> std::optional<GrownAxis> {
    if (from[at] == to[at])
      return GrownAxis{from[at]};
    int64_t own =
        from[at] && to[at] % from[at] == 0 ? rootOf(to[at] / from[at]) : 0;
    if (own < 2) {
      why = fmt::format("{} is not 4, 9 or another square times {}", to[at],
                        from[at]);
      return std::nullopt;
    }
    if (factor > 1 && own != factor) {
      why = fmt::format("one axis has {} times as many elements, the other {} "
                        "times",
                        factor * factor, own * own);
      return std::nullopt;
    }
    return GrownAxis{from[at], factor = own};
  };
  std::optional<GrownAxis> in = inner == 2 ? axis(rank - 2) : GrownAxis{1};
  if (!in)
    return std::nullopt;
  std::optional<GrownAxis> out = axis(rank - 1);
  if (!out)
    return std::nullopt;
  return TokenGrowth(*in, *out);
}

std::vector<float> TokenGrowth::row(const std::vector<float> &matrix,
                                    int64_t index) const {
  const GrownAxis::Place own = in.place(index);
  const float *from = matrix.data() + own.element * out.size;
  const bool inGrows = in.factor > 1, outGrows = out.factor > 1;
  const double share = 1.0 / double(in.factor * in.factor);
  std::vector<float> row(size_t(out.grown()));
  for (int64_t i = 0; i < out.grown(); ++i) {
    const GrownAxis::Place at = out.place(i);
    if (inGrows && outGrows)
      row[size_t(i)] = at.copy == own.copy ? from[at.element] : 0;
    else
      row[size_t(i)] = float(share * double(from[at.element]));
  }
  return row;
}

} // namespace moec::rt
