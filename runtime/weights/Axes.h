//===- Axes.h - Other orders of a tensor's axes -----------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The notation of a name map for transposes, reshapes and splits, in the manner
// of Einstein summation: "(qkv out) in -> in out" takes a matrix whose rows are
// three blocks, and gives one of them, transposed. Left of the arrow stand the
// axes of the tensor as it is stored, right of it those of what is made. Names
// in parentheses are one axis that is made of several, the last of them the
// fastest; a 1 is an axis of that size. A name that stands on the left alone is
// one of which a part is taken.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_WEIGHTS_AXES_H
#define MOEC_RUNTIME_WEIGHTS_AXES_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace moec::rt {

/// Elements of a stored tensor in the order in which they are wanted: that of
/// `axes`, the last one fastest, from element `offset` on.
struct StridedView {
  struct Axis {
    int64_t size, stride; ///< in elements
  };
  int64_t offset = 0;
  std::vector<Axis> axes;
  std::vector<int64_t> shape; ///< of what they make, whatever `axes` are

  int64_t elements() const;
  /// Leaves out axes of one element, and joins those that run on into each
  /// other.
  void simplify();
};

/// How the axes of a tensor change. Nothing by default.
class AxesChange {
public:
  using Numbers = std::map<std::string, int64_t>;

  AxesChange() = default;
  /// `sizes`: of axes that no shape tells; `take`: which part of those that
  /// stand on the left alone, from 0. Throws Error for what is malformed.
  AxesChange(const std::string &text, Numbers sizes, Numbers take);

  /// The view of a tensor of this shape. Throws Error when the shape does not
  /// have these axes.
  StridedView apply(const std::vector<int64_t> &shape) const;

  /// Whether the two take different parts of the same axes.
  bool isDisjoint(const AxesChange &other) const;

private:
  using Groups = std::vector<std::vector<std::string>>;
  static Groups parseSide(const std::string &text);
  void check() const;

  bool changes = false;
  std::string text;
  Groups left, right;
  Numbers sizes, take;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_WEIGHTS_AXES_H
