//===- Axes.cpp - Other orders of a tensor's axes -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/weights/Axes.h"
#include "runtime/core/Fail.h"
#include "runtime/core/Limits.h"

#include <algorithm>
#include <set>

namespace moec::rt {

int64_t StridedView::elements() const {
  int64_t count = 1;
  for (const Axis &axis : axes)
    count *= axis.size;
  return count;
}

void StridedView::simplify() {
  std::vector<Axis> simple;
  for (const Axis &axis : axes) {
    if (axis.size == 1)
      continue;
    if (!simple.empty() && simple.back().stride == axis.size * axis.stride)
      simple.back() = {simple.back().size * axis.size, axis.stride};
    else
      simple.push_back(axis);
  }
  axes = std::move(simple);
}

static bool isNameCharacter(char c, bool first) {
  return (c >= 'a' && c <= 'z') || c == '_' || (!first && c >= '0' && c <= '9');
}

/// Each axis of a side with the names that it is made of; none for a 1.
AxesChange::Groups AxesChange::parseSide(const std::string &text) {
  Groups groups;
  bool open = false;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == ' ') {
      ++at;
    } else if (c == '(' && !open) {
      open = true;
      groups.emplace_back();
      ++at;
    } else if (c == ')' && open && !groups.back().empty()) {
      open = false;
      ++at;
    } else if (c == '1' && !open) {
      groups.emplace_back();
      ++at;
    } else if (isNameCharacter(c, /*first=*/true)) {
      size_t end = at;
      while (end < text.size() && isNameCharacter(text[end], end == at))
        ++end;
      if (!open)
        groups.emplace_back();
      groups.back().push_back(text.substr(at, end - at));
      at = end;
    } else {
      fail(
          "expected names of axes (a to z, 0 to 9, _), each once or several in "
          "( ), or 1, got '{}' in \"{}\"",
          text.substr(at, 1), text);
    }
  }
  if (open)
    fail("expected a ) in \"{}\"", text);
  return groups;
}

AxesChange::AxesChange(const std::string &whole, Numbers sizes, Numbers take)
    : changes(true), text(whole), sizes(std::move(sizes)),
      take(std::move(take)) {
  const std::string arrow = "->";
  size_t at = text.find(arrow);
  if (at == std::string::npos || text.find(arrow, at + 1) != std::string::npos)
    fail("expected axes of the tensor, an arrow, and the axes wanted, such as "
         "\"out in -> in out\", got \"{}\"",
         text);
  left = parseSide(text.substr(0, at));
  right = parseSide(text.substr(at + arrow.size()));
  check();
}

void AxesChange::check() const {
  auto namesOf = [&](const Groups &groups) {
    std::set<std::string> names;
    for (const std::vector<std::string> &group : groups)
      for (const std::string &name : group)
        if (!names.insert(name).second)
          fail("axis '{}' stands twice on one side of \"{}\"", name, text);
    return names;
  };
  std::set<std::string> stored = namesOf(left), wanted = namesOf(right);
  for (const std::string &name : wanted)
    if (!stored.count(name))
      fail("axis '{}' stands on the right of \"{}\" alone", name, text);
  for (const std::string &name : stored)
    if (!wanted.count(name) && !take.count(name))
      fail(
          "axis '{}' stands on the left of \"{}\" alone; say in \"take\" which "
          "part of it is wanted",
          name, text);
  for (const auto &[name, index] : take) {
    if (!stored.count(name) || wanted.count(name))
      fail("\"take\" names '{}'; expected an axis that stands on the left of "
           "\"{}\" alone",
           name, text);
    auto size = sizes.find(name);
    if (size != sizes.end() && index >= size->second)
      fail("\"take\": part {} of '{}', which has {}, counted from 0", index,
           name, size->second);
  }
  for (const auto &[name, size] : sizes)
    if (!stored.count(name))
      fail("\"sizes\" names '{}', which is no axis of \"{}\"", name, text);
  for (const std::vector<std::string> &group : left)
    if (std::count_if(group.begin(), group.end(), [&](const std::string &name) {
          return !sizes.count(name);
        }) > 1)
      fail("\"sizes\" should tell all but one of the axes in ({})",
           fmt::join(group, " "));
}

StridedView AxesChange::apply(const std::vector<int64_t> &shape) const {
  StridedView view;
  if (!changes) {
    int64_t stride = 1;
    for (int64_t size : shape)
      stride *= size;
    for (int64_t size : shape) {
      stride = size ? stride / size : 0;
      view.axes.push_back({size, stride});
    }
    view.shape = shape;
    return view;
  }
  if (shape.size() != left.size())
    fail("expected {} axes, as in \"{}\", got {}", left.size(), text,
         shapeText(shape));
  std::map<std::string, StridedView::Axis> axes;
  int64_t stride = 1;
  for (size_t i = left.size(); i-- > 0;) {
    int64_t known = 1;
    bool small = true;
    for (const std::string &name : left[i])
      if (auto size = sizes.find(name); size != sizes.end())
        small = small && !__builtin_mul_overflow(known, size->second, &known) &&
                known <= maxElements;
    bool all =
        std::all_of(left[i].begin(), left[i].end(),
                    [&](const std::string &name) { return sizes.count(name); });
    if (!small || (all ? shape[i] != known : shape[i] % known != 0))
      fail("axis {} of {} should be {}{}, as in \"{}\"", i, shapeText(shape),
           all ? "" : "a multiple of ", known, text);
    for (size_t j = left[i].size(); j-- > 0;) {
      auto size = sizes.find(left[i][j]);
      int64_t extent = size == sizes.end() ? shape[i] / known : size->second;
      axes[left[i][j]] = {extent, stride};
      stride *= extent;
    }
  }
  for (const auto &[name, index] : take) {
    if (index >= axes[name].size)
      fail("\"take\": part {} of '{}', which has {} in {}, counted from 0",
           index, name, axes[name].size, shapeText(shape));
    view.offset += index * axes[name].stride;
  }
  for (const std::vector<std::string> &group : right) {
    int64_t extent = 1;
    for (const std::string &name : group) {
      view.axes.push_back(axes[name]);
      extent *= axes[name].size;
    }
    view.shape.push_back(extent);
  }
  return view;
}

bool AxesChange::isDisjoint(const AxesChange &other) const {
  if (left != other.left || sizes != other.sizes)
    return false;
  return std::any_of(take.begin(), take.end(), [&](const auto &part) {
    auto theirs = other.take.find(part.first);
    return theirs != other.take.end() && theirs->second != part.second;
  });
}

} // namespace moec::rt
