//===- ExtentDraw.h - Random operands for kernel tests ---------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_PASSES_CODEGEN_EXTENTDRAW_H
#define MOEC_TEST_PASSES_CODEGEN_EXTENTDRAW_H

#include "test/passes/Codegen/KernelSource.h"
#include <algorithm>
#include <random>

namespace moec::test {

/// A dimension of a kernel op, as its maps call it.
struct Axis {
  std::string name;
  int64_t extent;
  int64_t split = 0; ///< an operand has it as (d floordiv split, d mod split)
};

/// An operand with these axes in the order of memory. Its last axis is `pad`
/// elements longer than the dimension and is used from element `start` on, so
/// that rows begin anywhere.
inline OperandSource layOut(const std::vector<Axis> &axes, const char *type,
                            int64_t pad = 0, int64_t start = 0) {
  OperandSource operand;
  auto add = [&](int64_t extent, const std::string &result) {
    operand.type += std::to_string(extent) + "x";
    operand.map += (operand.map.empty() ? "" : ", ") + result;
  };
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto &[name, extent, split] = axes[i];
    bool last = i + 1 == axes.size();
    if (split) {
      std::string by = std::to_string(split);
      add((extent + split - 1) / split, name + " floordiv " + by);
      add(split, name + " mod " + by);
    } else if (last && pad) {
      add(extent + pad, name + " + " + std::to_string(start));
    } else {
      add(extent, name);
    }
  }
  operand.type += type;
  return operand;
}

/// The same with the row of the first axis looked up: `rows` are there.
inline OperandSource layOutRows(int64_t rows, const std::vector<Axis> &axes,
                                const char *type, int64_t pad = 0,
                                int64_t start = 0) {
  OperandSource operand = layOut(axes, type, pad, start);
  operand.type = std::to_string(rows) + "x" + operand.type;
  operand.map = operand.map.empty() ? "0" : "0, " + operand.map;
  return operand;
}

/// Integer operands: numbers of rows, some of them of none, and offsets of
/// groups, some of them empty.
struct IndexOperand {
  unsigned number;
  int64_t rows;
  bool offsets = false;
};

/// Numbers that are the same on every machine.
class Draw {
public:
  explicit Draw(uint32_t seed) : random(seed) {}

  int64_t below(int64_t n) { return int64_t(random() % uint64_t(n)); }
  bool oneIn(int64_t n) { return below(n) == 0; }
  template <typename T> T pick(const std::vector<T> &from) {
    return from[below(from.size())];
  }
  /// 1 in a third of all draws; small, odd, prime, and whole vectors and tiles.
  int64_t extent(int64_t most) {
    static const std::vector<int64_t> all = {1,  1,  1,  1,  1,  2,   3,
                                             5,  7,  8,  16, 17, 24,  31,
                                             32, 64, 72, 96, 97, 128, 200};
    for (;;)
      if (int64_t drawn = pick(all); drawn <= most)
        return drawn;
  }
  /// Some of `axes` in any order, the others left out, so that the operand
  /// repeats along them; sometimes split in two.
  std::vector<Axis> some(std::vector<Axis> axes, int64_t leaveOutOneIn) {
    std::vector<Axis> chosen;
    for (const Axis &axis : axes)
      if (!oneIn(leaveOutOneIn))
        chosen.push_back(axis);
    return turned(std::move(chosen));
  }
  std::vector<Axis> turned(std::vector<Axis> axes) {
    if (oneIn(2))
      for (size_t i = axes.size(); i > 1; --i)
        std::swap(axes[i - 1], axes[below(i)]);
    for (Axis &axis : axes)
      if (oneIn(6))
        axis.split = pick<int64_t>({1, 3, 8, axis.extent});
    return axes;
  }
  /// An operand whose rows begin at multiples of a vector or do not.
  OperandSource operand(const std::vector<Axis> &axes, const char *type) {
    int64_t pad = oneIn(3) ? pick<int64_t>({1, 3, 8}) : 0;
    return layOut(axes, type, pad, below(pad + 1));
  }
  template <typename Harness>
  void fill(Harness &harness, const std::vector<IndexOperand> &indices) {
    for (const IndexOperand &index : indices) {
      int32_t *data = harness.template data<int32_t>(index.number);
      int64_t count = harness.size(index.number);
      for (int64_t i = 0; i < count; ++i)
        data[i] = index.offsets ? int32_t(below(index.rows + 1))
                  : oneIn(6)    ? -1
                                : int32_t(below(index.rows));
      if (!index.offsets)
        continue;
      std::sort(data, data + count);
      // Mostly all rows are someone's.
      if (!oneIn(3)) {
        data[0] = 0;
        data[count - 1] = int32_t(index.rows);
      }
    }
  }

private:
  std::mt19937 random;
};

} // namespace moec::test

#endif // MOEC_TEST_PASSES_CODEGEN_EXTENTDRAW_H
