//===- LayOut.cpp - JSON as people write it -------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Zoo/Family.h"

using namespace moec::zoo;

/// { "a": 1, "b": [1, 2] }
static std::string onOneLine(const Json &json) {
  if (!json.is_structured() || json.empty())
    return json.dump();
  std::string text;
  for (auto &[key, item] : json.items()) {
    text += text.empty() ? "" : ", ";
    if (json.is_object())
      text += Json(key).dump() + ": ";
    text += onOneLine(item);
  }
  return json.is_object() ? "{ " + text + " }" : "[" + text + "]";
}

/// `indent`: where the lines of what does not fit begin; `used`: what stands
/// ahead of the value on its line.
static std::string layOut(const Json &json, size_t indent, size_t used) {
  constexpr size_t width = 120;
  std::string line = onOneLine(json);
  if (!json.is_structured() || (indent && used + line.size() < width))
    return line;
  std::string margin(indent + 2, ' '), text;
  for (auto &[key, item] : json.items()) {
    std::string start = margin;
    if (json.is_object())
      start += Json(key).dump() + ": ";
    text += (text.empty() ? "" : ",\n") + start +
            layOut(item, indent + 2, start.size());
  }
  text = "\n" + text + "\n" + std::string(indent, ' ');
  return json.is_object() ? "{" + text + "}" : "[" + text + "]";
}

std::string moec::zoo::layOut(const Json &json) {
  return ::layOut(json, 0, 0) + "\n";
}
