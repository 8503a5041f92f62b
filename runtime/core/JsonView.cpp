//===- JsonView.cpp - JSON values that know their path --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/JsonView.h"
#include "runtime/core/Fail.h"
#include "runtime/core/Limits.h"

#include <algorithm>
#include <cmath>
#include <limits>

using nlohmann::json;

namespace moec::rt {

void JsonView::error(const std::string &text) const {
  fail("{}: {}", path.empty() ? "/" : path, text);
}

void JsonView::wrongType(const char *expected) const {
  error(fmt::format("expected {}, got {}", expected, value->type_name()));
}

JsonView JsonView::at(const char *key) const {
  std::optional<JsonView> member = find(key);
  if (!member)
    error(fmt::format("member \"{}\" is missing", key));
  return *member;
}

std::optional<JsonView> JsonView::find(const char *key) const {
  if (!value->is_object())
    wrongType("an object");
  auto it = value->find(key);
  if (it == value->end())
    return std::nullopt;
  return JsonView(*it, path + "/" + key);
}

std::vector<std::pair<std::string, JsonView>> JsonView::members() const {
  if (!value->is_object())
    wrongType("an object");
  std::vector<std::pair<std::string, JsonView>> views;
  for (const auto &[name, member] : value->items())
    views.emplace_back(name, JsonView(member, path + "/" + name));
  return views;
}

std::vector<JsonView> JsonView::items() const {
  if (!value->is_array())
    wrongType("an array");
  std::vector<JsonView> views;
  views.reserve(value->size());
  for (size_t i = 0; i < value->size(); ++i)
    views.emplace_back((*value)[i], path + "/" + std::to_string(i));
  return views;
}

int64_t JsonView::integer(int64_t least, int64_t most) const {
  if (!value->is_number_integer())
    wrongType("an integer");
  bool tooLarge =
      value->is_number_unsigned() &&
      value->get<uint64_t>() > uint64_t(std::numeric_limits<int64_t>::max());
  int64_t result = tooLarge ? 0 : value->get<int64_t>();
  if (tooLarge || result < least || result > most)
    error(fmt::format("expected an integer from {} to {}, got {}", least, most,
                      value->dump()));
  return result;
}

double JsonView::number() const {
  if (!value->is_number())
    wrongType("a number");
  double result = value->get<double>();
  if (!std::isfinite(result))
    error("expected a finite number");
  return result;
}

std::string JsonView::string() const {
  if (!value->is_string())
    wrongType("a string");
  return value->get<std::string>();
}

bool JsonView::boolean() const {
  if (!value->is_boolean())
    wrongType("true or false");
  return value->get<bool>();
}

std::vector<int64_t> JsonView::shape(int64_t &elements) const {
  std::vector<int64_t> sizes;
  elements = 1;
  for (const JsonView &item : items()) {
    sizes.push_back(item.integer(0, maxElements));
    if (__builtin_mul_overflow(elements, sizes.back(), &elements) ||
        elements > maxElements)
      error(fmt::format("the shape has more than {} elements", maxElements));
  }
  return sizes;
}

std::vector<std::string> JsonView::strings() const {
  std::vector<std::string> result;
  for (const JsonView &item : items())
    result.push_back(item.string());
  return result;
}

/// How deep brackets are nested in a text that may be JSON.
static int nesting(std::string_view text) {
  int depth = 0, deepest = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\')
      ++i;
    else if (c == '"')
      quoted = !quoted;
    else if (!quoted && (c == '[' || c == '{'))
      deepest = std::max(deepest, ++depth);
    else if (!quoted && (c == ']' || c == '}'))
      --depth;
  }
  return deepest;
}

json parseJson(std::string_view text, const char *what) {
  // Values that are written or copied use the stack for each level.
  constexpr int most = 100;
  if (nesting(text) > most)
    fail("{} is nested more than {} levels deep", what, most);
  try {
    return json::parse(text.begin(), text.end());
  } catch (const json::exception &e) {
    fail("{} is not valid JSON: {}", what, e.what());
  }
}

} // namespace moec::rt
