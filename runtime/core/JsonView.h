//===- JsonView.h - JSON values that know their path ------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_JSONVIEW_H
#define MOEC_RUNTIME_CORE_JSONVIEW_H

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace moec::rt {

/// A JSON value with the path that led to it; every reader checks the type and
/// throws Error with that path.
class JsonView {
public:
  JsonView(const nlohmann::json &value, std::string path)
      : value(&value), path(std::move(path)) {}

  /// The member of an object; absent is an error.
  JsonView at(const char *key) const;
  /// The member of an object, or nothing.
  std::optional<JsonView> find(const char *key) const;
  /// All members of an object, in the order of their names.
  std::vector<std::pair<std::string, JsonView>> members() const;
  /// The elements of an array.
  std::vector<JsonView> items() const;

  int64_t integer(int64_t least, int64_t most) const;
  double number() const;
  std::string string() const;
  bool boolean() const;
  bool isString() const { return value->is_string(); }
  bool isObject() const { return value->is_object(); }
  /// A shape: integers >= 0; `elements` gets their product.
  std::vector<int64_t> shape(int64_t &elements) const;
  std::vector<std::string> strings() const;

  [[noreturn]] void error(const std::string &text) const;
  /// The value as JSON text.
  std::string dump() const { return value->dump(); }

private:
  [[noreturn]] void wrongType(const char *expected) const;

  const nlohmann::json *value;
  std::string path;
};

/// Parses text; `what` names it in the error.
nlohmann::json parseJson(std::string_view text, const char *what);

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_JSONVIEW_H
