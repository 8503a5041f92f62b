//===- Json.cpp - JSON values that know where they stand ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// nlohmann_json parses; the iterator that feeds it follows line and column and
// notes where the latest token began. The parser calls back right after each
// token, so that note is the position of the value.
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Json.h"
#include "lib/Import/Problems.h"
#include "lib/Import/SyntaxError.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <iterator>
#include <nlohmann/json.hpp>

using namespace moec::import;

namespace {

constexpr size_t maxDepth = 64;

/// Where the reader is, and where the latest token began.
struct Cursor {
  Position here, token;
  size_t offset = 0, tokenOffset = 0; ///< the same in bytes
  bool inString = false, escaped = false, inScalar = false;

  void pass(char c) {
    size_t at = offset++;
    bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (inString) {
      if (!escaped && c == '"')
        inString = false;
      escaped = !escaped && c == '\\';
    } else if (c == '"' || c == '{' || c == '[') {
      token = here;
      tokenOffset = at;
      inString = c == '"';
      inScalar = false;
    } else if (space || c == ',' || c == ':' || c == '}' || c == ']') {
      inScalar = false;
    } else if (!inScalar) {
      token = here;
      tokenOffset = at;
      inScalar = true;
    }
    // Columns count characters: the later bytes of a UTF-8 sequence do not
    // move on.
    if (c == '\n') {
      ++here.line;
      here.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++here.column;
    }
  }
};

class TrackingIterator {
public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char *;
  using reference = const char &;

  TrackingIterator(const char *at, Cursor *cursor) : at(at), cursor(cursor) {}
  reference operator*() const { return *at; }
  TrackingIterator &operator++() {
    cursor->pass(*at);
    ++at;
    return *this;
  }
  TrackingIterator operator++(int) {
    TrackingIterator old = *this;
    ++*this;
    return old;
  }
  bool operator==(const TrackingIterator &other) const {
    return at == other.at;
  }
  bool operator!=(const TrackingIterator &other) const {
    return at != other.at;
  }

private:
  const char *at;
  Cursor *cursor;
};

class TreeBuilder final : public nlohmann::json_sax<nlohmann::json> {
public:
  TreeBuilder(llvm::StringRef file, Cursor &cursor, Problems &problems)
      : file(file), cursor(cursor), problems(problems) {}

  JsonValue root;

  bool null() override { return add(JsonValue::Kind::Null) != nullptr; }
  bool boolean(bool value) override {
    add(JsonValue::Kind::Bool)->boolean = value;
    return true;
  }
  bool number_integer(int64_t value) override {
    JsonValue *v = add(JsonValue::Kind::Integer);
    v->integer = value;
    v->real = static_cast<double>(value);
    return true;
  }
  bool number_unsigned(uint64_t value) override {
    if (value <= static_cast<uint64_t>(INT64_MAX))
      return number_integer(static_cast<int64_t>(value));
    add(JsonValue::Kind::Real)->real = static_cast<double>(value);
    return true;
  }
  bool number_float(double value, const std::string &) override {
    add(JsonValue::Kind::Real)->real = value;
    return true;
  }
  bool string(std::string &value) override {
    add(JsonValue::Kind::String)->text = value;
    return true;
  }
  bool binary(binary_t &) override { return false; }

  bool start_object(size_t) override { return open(JsonValue::Kind::Object); }
  bool start_array(size_t) override { return open(JsonValue::Kind::Array); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string &name) override {
    JsonValue &object = *stack.back();
    auto [first, fresh] = keys.back().try_emplace(name, cursor.token);
    if (!fresh)
      problems
          .add(cursor.token, object.path + "." + name,
               "key '" + name + "' stands twice in one object")
          .got(llvm::formatv("first at line {0}", first->second.line))
          .fix("remove or rename one of them");
    object.members.push_back({name, cursor.token, {}});
    return true;
  }

  bool parse_error(size_t, const std::string &,
                   const nlohmann::detail::exception &error) override {
    // "[json.exception...] parse error at line 1, column 2: syntax error while
    // ... - WHAT; last read: '...'; expected ...": the position is ours.
    llvm::StringRef what = error.what();
    what = what.split(": ").second;
    llvm::StringRef detail =
        what.contains(" - ") ? what.split(" - ").second : what;
    // What was read last may be the whole file.
    auto [words, rest] = detail.split("; last read: ");
    std::string shown = words.str();
    if (rest.contains("; expected "))
      shown += "; expected " + rest.rsplit("; expected ").second.str();
    bool ended = what.contains("unexpected end of input");
    size_t offset = ended || !cursor.offset ? file.size() : cursor.offset - 1;
    // What is whole but in the wrong place was read to its end.
    llvm::StringRef token = words.split("; ").first;
    if (!ended && token.starts_with("unexpected") && token.ends_with("literal"))
      offset = cursor.tokenOffset;
    SyntaxError wrong = explainSyntaxError(file, offset, shown);
    problems
        .add(positionOf(wrong.offset), stack.empty() ? "$" : stack.back()->path,
             "the file is not valid JSON: " + wrong.message)
        .source(sourceExcerpt(file, wrong.offset))
        .fix(wrong.fix);
    return false;
  }

private:
  Position positionOf(size_t offset) const {
    Cursor walk;
    for (char c : file.take_front(offset))
      walk.pass(c);
    return walk.here;
  }

  JsonValue *add(JsonValue::Kind kind) {
    JsonValue *value = &root;
    if (!stack.empty()) {
      JsonValue &parent = *stack.back();
      if (parent.isArray()) {
        parent.items.emplace_back();
        value = &parent.items.back();
        value->path =
            parent.path + "[" + std::to_string(parent.items.size() - 1) + "]";
      } else {
        value = &parent.members.back().value;
        value->path = parent.path + "." + parent.members.back().key;
      }
    }
    value->kind = kind;
    value->position = cursor.token;
    return value;
  }

  bool open(JsonValue::Kind kind) {
    JsonValue *value = add(kind);
    if (stack.size() == maxDepth) {
      problems.add(cursor.token, value->path.substr(0, 40) + "...",
                   llvm::formatv("nested deeper than {0} levels", maxDepth));
      return false;
    }
    // The parent does not grow while this is open, so the pointer stays good.
    stack.push_back(value);
    keys.emplace_back();
    return true;
  }
  bool close() {
    stack.pop_back();
    keys.pop_back();
    return true;
  }

  llvm::StringRef file; ///< the whole text
  Cursor &cursor;
  Problems &problems;
  std::vector<JsonValue *> stack;
  /// Where the keys of what is open were seen first.
  std::vector<llvm::StringMap<Position>> keys;
};

} // namespace

const JsonValue *JsonValue::find(llvm::StringRef key) const {
  for (const JsonMember &member : members)
    if (member.key == key)
      return &member.value;
  return nullptr;
}

std::string moec::import::number(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%g", value);
  return text;
}

std::string JsonValue::describe() const {
  switch (kind) {
  case Kind::Null:
    return "null";
  case Kind::Bool:
    return boolean ? "true" : "false";
  case Kind::Integer:
    return std::to_string(integer);
  case Kind::Real:
    return number(real);
  case Kind::String:
    return "'" + text.substr(0, 80) + "'";
  case Kind::Array:
    return "an array";
  case Kind::Object:
    return "an object";
  }
  return "?";
}

std::optional<JsonValue> moec::import::parseJson(llvm::StringRef text,
                                                 Problems &problems) {
  Cursor cursor;
  TreeBuilder tree(text, cursor, problems);
  size_t before = problems.size();
  TrackingIterator begin(text.data(), &cursor);
  TrackingIterator end(text.data() + text.size(), nullptr);
  if (!nlohmann::json::sax_parse(begin, end, &tree) ||
      problems.size() != before)
    return std::nullopt;
  return std::move(tree.root);
}
