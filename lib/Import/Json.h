//===- Json.h - JSON values that know where they stand ---------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_JSON_H
#define MOEC_LIB_IMPORT_JSON_H

#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>
#include <vector>

namespace moec::import {

class Problems;

/// A place in the model file; both count from 1.
struct Position {
  unsigned line = 1, column = 1;
};

struct JsonMember;

/// A JSON value with its position and its path ("$.nodes[2].op").
struct JsonValue {
  enum class Kind { Null, Bool, Integer, Real, String, Array, Object };
  Kind kind = Kind::Null;
  Position position;
  std::string path = "$";
  bool boolean = false;
  int64_t integer = 0;
  double real = 0; ///< also set for integers
  std::string text;
  std::vector<JsonValue> items;
  std::vector<JsonMember> members; ///< in the order of the file

  bool isString() const { return kind == Kind::String; }
  bool isInteger() const { return kind == Kind::Integer; }
  bool isNumber() const { return isInteger() || kind == Kind::Real; }
  bool isArray() const { return kind == Kind::Array; }
  bool isObject() const { return kind == Kind::Object; }
  /// The value of a key, or null. Only of objects.
  const JsonValue *find(llvm::StringRef key) const;
  /// What it is, for messages: "the string 'x'", "the number 3", "an array".
  std::string describe() const;
};

/// A number as people write it.
std::string number(double value);

struct JsonMember {
  std::string key;
  Position keyPosition;
  JsonValue value;
};

/// Reads a whole document. Syntax errors, keys that stand twice in one object
/// and nesting deeper than 64 levels go to `problems`; empty after those.
std::optional<JsonValue> parseJson(llvm::StringRef text, Problems &problems);

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_JSON_H
